"""What the graph's tests share: a small unbalanced dataset, a scripted model, and a conversation to drive."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from finetune_coverage.graph.build import build_graph
from finetune_coverage.tools.dataset.importer import import_files
from finetune_coverage.tools.models.scripted import ScriptedChatModel
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.settings import Settings
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from ..prepared import fill_store
from ..readings import READS, TRANSLATES, scripted_reading, translation_of
from .studio_server import STUDIO, StudioServer, serving

WORKFLOW = "wf-1"
SIZES = {"billing_questions": 24, "technical_issues": 8, "account_management": 48}


@pytest.fixture(scope="session")
def writing() -> ModuleType:
    """The module `writer` beside this file; tests run with import-mode importlib, so it is loaded by path."""
    path = Path(__file__).with_name("writer.py")
    spec = importlib.util.spec_from_file_location("graph_writer", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["graph_writer"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, writing: ModuleType) -> Iterator[StudioServer]:
    """One for all modules: it takes ten seconds of a core to start. Its settings let Studio's page in, and a proxy."""
    named = {
        "FINETUNE_COVERAGE_SERVER_ORIGINS": STUDIO,
        "FINETUNE_COVERAGE_SERVER_HOSTS": "agent.example.com",
    }
    yield from serving(tmp_path_factory.mktemp("studio"), writing.Writer(), named)


@pytest.fixture
def dataset(tmp_path: Path, writing: ModuleType) -> Callable[..., Path]:
    """Writes a dataset with so many records per topic."""

    def write(sizes: dict[str, int] | None = None, name: str = "data.jsonl") -> Path:
        path = tmp_path / name
        sizes = SIZES if sizes is None else sizes
        lines = [json.dumps(writing.record(t, number)) for t, size in sizes.items() for number in range(size)]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return write


@pytest.fixture
def writer(writing: ModuleType) -> Any:
    """What the scripted model writes when it is asked for a record."""
    return writing.Writer()


class ReadingModel(ScriptedChatModel):
    """Reads the sentences of the tests as `readings` says, and what is not among them as its queue does.

    Attributes:
        translate: puts a line into another language; not at all unless a test says how.
    """

    translate: Callable[[str], str] = str

    def _next(self, messages: list[BaseMessage]) -> Any:
        if messages[0].text.startswith(TRANSLATES):
            self.history.append(list(messages))
            told = translation_of(messages[1].text)
            return json.dumps({**told, "lines": [self.translate(line) for line in told["lines"]]})
        if not messages[0].text.startswith(READS):
            return super()._next(messages)
        read = scripted_reading(messages)
        is_known = bool(read.tool_calls) or messages[-1].type == "tool"
        if self.queue and (messages[-1].type != "human" or not is_known):
            return super()._next(messages)
        self.history.append(list(messages))
        return read


@pytest.fixture
def model(writer: Any) -> ScriptedChatModel:
    return ReadingModel(default=writer)


@pytest.fixture
def empty_services(tmp_path: Path, model: ScriptedChatModel, writing: ModuleType) -> Services:
    """A store without any workflow."""
    return Services(
        Settings(home=tmp_path / "home", model="scripted", max_concurrency=2, minimum_per_topic=20),
        make_chat_model=lambda _: model,
        make_embeddings=lambda _: writing.WordEmbeddings(),
    )


@pytest.fixture
def services(empty_services: Services, dataset: Callable[..., Path]) -> Services:
    """A store with the workflow wf-1: 24, 8 and 48 records."""
    file = dataset()
    fill_store("three topics", lambda store: import_files(store, WORKFLOW, [file]), empty_services.settings)
    return empty_services


class Chat:
    """A conversation with the graph, as a terminal holds it."""

    def __init__(self, graph: Any, thread: str = "thread-1", **context: Any) -> None:
        self.graph = graph
        self.config = {"configurable": {"thread_id": thread}}
        self.context = context or None
        self.events: list[Any] = []

    async def _run(self, what: Any) -> str:
        stream = self.graph.astream(
            what, self.config, context=self.context, stream_mode=["updates", "custom"], durability="sync"
        )
        async for mode, event in stream:
            self.events.append((mode, event))
        return await self.said()

    async def new(self, text: str = "", **values: Any) -> str:
        """New input: how a chat page sends what is typed."""
        return await self._run({"messages": [HumanMessage(text)] if text else [], **values})

    async def answer(self, answer: Any) -> str:
        """The answer to the interrupt."""
        return await self._run(Command(resume=answer))

    async def go_on(self) -> str:
        return await self._run(None)

    async def state(self) -> Any:
        return await self.graph.aget_state(self.config)

    async def values(self) -> dict[str, Any]:
        return dict((await self.state()).values)

    async def asked(self) -> dict[str, Any] | None:
        """What the interrupt carries, when one waits."""
        interrupts = (await self.state()).interrupts
        assert len(interrupts) <= 1
        return interrupts[0].value if interrupts else None

    async def said(self) -> str:
        """What the agent said last."""
        messages = (await self.values()).get("messages", [])
        return next((m.text for m in reversed(messages) if isinstance(m, AIMessage) and m.text), "")

    async def tool_calls(self) -> list[str]:
        """Names of the tools called, each with its result."""
        messages = (await self.values())["messages"]
        calls = [call for m in messages if isinstance(m, AIMessage) for call in m.tool_calls]
        results = [m for m in messages if isinstance(m, ToolMessage)]
        assert [call["id"] for call in calls] == [result.tool_call_id for result in results]
        return [call["name"] for call in calls]


@pytest.fixture
def chat(services: Services) -> Chat:
    """A conversation about the only workflow there is."""
    return Chat(build_graph(services, checkpointer=InMemorySaver()))


@pytest.fixture
def make_chat() -> Callable[..., Chat]:
    return Chat
