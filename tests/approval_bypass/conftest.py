"""Attempts to get generation without a person's yes to exactly that plan.

Each attempt is a row of a table or a test of its own, made through public faces: the conversation's
graph, the tool, the command line, the Python that a host program calls. After each of them nobody's
yes is stored, no job began, no record was made and the endpoint was asked for none; where an
approval was given, nothing more came of it than it says.

- `test_dataset_texts`: orders in records (user turns, replies, system prompts, tool calls and
  results), topics, descriptions, file names, fields beside the messages, rejection reasons, drafts
  of the model; shown, reviewed, dropped.
- `test_words`: a yes that is doubtful, conditional, asked, somebody else's, quoted, pasted, in
  markup or in letters that look alike; a yes before the plan was shown, after a no, to a plan
  before a change; a workflow called yes.
- `test_model`: every intent with every translation, a yes that only the model understands, tool
  calls beside and instead of an answer, answers in the shape of our own replies.
- `test_edits`: counts that are negative, huge, fractions, words, booleans, of other scripts;
  topics, strategies, workflows and actions that only look alike; arguments that approve, name a
  plan, or raise a cap; beyond the cap.
- `test_resumes`: decisions that name a stale plan, another conversation's or another workflow's; a
  plan's id alone; decisions that do not fit; an older question's id; a dataset that changed.
- `test_tools`: values beside the approved ones, claims of an approval, guessed approvals and items,
  plans that nobody answered, caps that are none.
- `test_replays`: the same call, resume, click or history again; after an undo, a shortfall, a
  cancellation, a no; every earlier checkpoint forked; a conversation's state copied into another.
- `test_races`: five answers from threads, processes and within a conversation; yes and no at once;
  yes while the plan is changed; five callers with one approval.
- `test_states`: `update_state`, commands that go to a node or bring an update, parent graphs that
  hand an approval or an old yes down, rows of the database that were changed before and after the
  yes, raised caps.
- `terminal`: yes through a pipe, in the environment, in `--json`, typed before the plan is shown;
  commands that come near.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from finetune_coverage.graph.build import build_graph
from finetune_coverage.tools.dataset.importer import import_files
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.settings import Settings
from finetune_coverage.tools.store.journal_tables import approvals, jobs
from finetune_coverage.tools.store.records import load_records
from langgraph.checkpoint.memory import InMemorySaver
from sqlalchemy import func, select

from ..graph.conftest import Chat, dataset, writing
from ..mock_openai.server import MockOpenAI
from ..prepared import fill_store
from ..readings import READS, TRANSLATES, endpoint_reading

__all__ = ["Chat", "dataset", "writing"]

CALL: dict[str, Any] = {
    "workflow_id": "wf-1",
    "topic": "technical_issues",
    "count": 16,
    "strategy": "few_shot",
}
"""The item of the plan that a conversation about the dataset shows first."""


@dataclass(frozen=True)
class Endpoint:
    """The endpoint of one test; it writes believable records, and reads sentences as `reading` says.

    Attributes:
        server: where requests arrive.
        reading: the call of an action that it answers when it is asked what a sentence means; while it is empty, it
            reads the sentences of the tests, and all else as a yes.
    """

    server: MockOpenAI
    reading: dict[str, Any]

    @property
    def generations(self) -> int:
        """How many times a record was asked for; reading a sentence and telling an answer in words do not count."""
        return sum(not is_conversation(body) for body in self.server.chats())


def is_conversation(body: dict[str, Any]) -> bool:
    """Whether the model is asked what a sentence means, or how an answer is said in the person's language."""
    return str(body["messages"][0]["content"]).startswith((READS, TRANSLATES))


def called(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """The answer of a model that calls a tool."""
    function = {"name": name, "arguments": json.dumps(arguments)}
    return {"content": None, "tool_calls": [{"id": f"call-{name}", "type": "function", "function": function}]}


YES = called("SoundsLikeAYes", {"to": "the plan"})


@pytest.fixture
def endpoint(mock_openai: MockOpenAI, writing: ModuleType) -> Endpoint:
    made = Endpoint(mock_openai, {})
    writer = writing.Writer()

    def reply(body: dict[str, Any]) -> Any:
        if is_conversation(body):
            read = endpoint_reading(body) or {}
            is_known = bool(read.get("tool_calls")) or body["messages"][-1]["role"] == "tool"
            if str(body["messages"][0]["content"]).startswith(TRANSLATES):
                return read
            return made.reading or (read if is_known else YES)
        system, task = (str(body["messages"][at]["content"]) for at in (0, -1))
        return str(writer.answer_to(system, task))

    mock_openai.reply = reply
    return made


@pytest.fixture
def open_services(tmp_path: Path, endpoint: Endpoint, writing: ModuleType) -> Callable[[], Services]:
    """Opens the same data folder, as another program would."""

    def open_() -> Services:
        settings = Settings(
            home=tmp_path / "home",
            openai_base_url=endpoint.server.url,
            openai_api_key=endpoint.server.key,
            model="mock-model",
            max_concurrency=2,
            minimum_per_topic=20,
        )
        return Services(settings, make_embeddings=lambda _: writing.WordEmbeddings())

    return open_


@pytest.fixture
def services(open_services: Callable[[], Services], dataset: Callable[..., Path]) -> Services:
    """A store with the workflow wf-1: 24, 8 and 48 records."""
    made, file = open_services(), dataset()
    fill_store("three topics", lambda store: import_files(store, "wf-1", [file]), made.settings)
    return made


@pytest.fixture
def start(services: Services) -> Callable[..., Chat]:
    """Begins conversations over one checkpointer."""
    graph = build_graph(services, checkpointer=InMemorySaver())
    return lambda thread="thread-1", **context: Chat(graph, thread, **context)


@pytest.fixture
def chat(start: Callable[..., Chat]) -> Chat:
    return start()


class Watch:
    """Looks at what came of an attempt: approvals, jobs, generated records, calls at the endpoint."""

    def __init__(self, services: Services, endpoint: Endpoint) -> None:
        self._services = services
        self._endpoint = endpoint

    @property
    def approvals(self) -> int:
        return self._count(approvals)

    @property
    def records(self) -> int:
        """Generated records of all workflows, undone ones too."""
        from finetune_coverage.tools.store.tables import records

        with self._services.store.read() as connection:
            query = select(func.count()).select_from(records).where(records.c.origin == "synthetic")
            return int(connection.execute(query).scalar_one())

    @property
    def generated(self) -> tuple[int, int, int]:
        """(jobs, records, calls)."""
        return self._count(jobs), self.records, self._endpoint.generations

    def nothing(self) -> None:
        """Nobody's yes was stored, no job began, no record was made and no call paid for."""
        assert (self.approvals, *self.generated) == (0, 0, 0, 0)

    def _count(self, table: Any) -> int:
        with self._services.store.read() as connection:
            return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


@pytest.fixture
def watch(services: Services, endpoint: Endpoint) -> Watch:
    return Watch(services, endpoint)


def synthetic(services: Services, workflow_id: str = "wf-1") -> int:
    """Generated records that are in the dataset."""
    return sum(1 for _ in load_records(services.store, workflow_id, origin="synthetic"))
