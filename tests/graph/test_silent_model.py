"""A model that does not answer costs a typed sentence two calls and a minute at most, and the person is told."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import pytest
from finetune_coverage.graph.build import build_graph
from finetune_coverage.graph.reading import reader
from finetune_coverage.tools.dataset.importer import import_files
from finetune_coverage.tools.models.chat import make_chat_model
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.settings import Settings
from langgraph.checkpoint.memory import InMemorySaver

from ..mock_openai.server import Fault, MockOpenAI

SENTENCE = "could you perhaps rather do somewhat fewer of the technical ones"


@pytest.fixture(params=["full", "small"])
def chat_at(
    request: pytest.FixtureRequest,
    mock_openai: MockOpenAI,
    tmp_path: Path,
    dataset: Callable[..., Path],
    writing: ModuleType,
    make_chat: Callable[..., Any],
) -> Iterator[Any]:
    """A conversation whose model is at the mock endpoint, for either way of reading."""
    profile: Literal["full", "small"] = request.param
    services = Services(
        Settings(
            home=tmp_path / "home",
            openai_base_url=mock_openai.url,
            openai_api_key=mock_openai.key,
            model="mock-model",
            model_profile=profile,
        ),
        make_embeddings=lambda _: writing.WordEmbeddings(),
    )
    import_files(services.store, "wf-1", [dataset()])
    yield make_chat(build_graph(services, checkpointer=InMemorySaver()))
    services.store.close()


@pytest.mark.slow
@pytest.mark.parametrize(
    "fault", [Fault(500), Fault(429, retry_after=3), Fault(drop=True), Fault(garbage=True)]
)
async def test_a_failing_endpoint_is_told_after_two_calls_at_most(
    mock_openai: MockOpenAI, chat_at: Any, fault: Fault
) -> None:
    await chat_at.new()
    mock_openai.reply = lambda body: fault
    said = await chat_at.answer(SENTENCE)
    assert "the language model does not answer" in said and "took longer" not in said, "nobody waited for it"
    assert len(mock_openai.chats()) <= 2
    assert (await chat_at.asked())["plan_id"], "the plan waits as before"


async def test_a_hanging_endpoint_is_waited_for_a_minute_at_most(
    mock_openai: MockOpenAI, chat_at: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await chat_at.new()
    mock_openai.reply = lambda body: Fault(500)
    await chat_at.answer(SENTENCE)  # the client is made now: what follows is only the endpoint's time
    before = len(mock_openai.chats())
    assert reader.LONGEST_WAIT == 60
    monkeypatch.setattr(reader, "LONGEST_WAIT", 3.0)
    mock_openai.reply = lambda body: Fault(hang=True)
    assert "longer than" in await chat_at.answer(SENTENCE)
    assert len(mock_openai.chats()) == before + 1


async def test_the_embedded_model_is_waited_for_longer(
    mock_openai: MockOpenAI,
    tmp_path: Path,
    dataset: Callable[..., Path],
    writing: ModuleType,
    make_chat: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On busy cores it needs minutes for the first prompt, and each sentence that gave up would begin it anew."""
    at_the_mock = Settings(
        openai_base_url=mock_openai.url, openai_api_key=mock_openai.key, model="mock-model"
    )
    services = Services(
        Settings(home=tmp_path / "home", model="embedded"),
        make_chat_model=lambda _: make_chat_model(at_the_mock),
        make_embeddings=lambda _: writing.WordEmbeddings(),
    )
    import_files(services.store, "wf-1", [dataset()])
    chat = make_chat(build_graph(services, checkpointer=InMemorySaver()))
    await chat.new()
    assert reader.LONGEST_EMBEDDED_WAIT == 600
    monkeypatch.setattr(reader, "LONGEST_WAIT", 0.1)
    mock_openai.latency = 0.5
    reading = {"english": "why?", "action": "ask_plan", "topics": [], "numbers": [], "strategy": ""}
    mock_openai.reply = lambda body: json.dumps(reading)
    assert "longer than" not in await chat.answer(SENTENCE)
    monkeypatch.setattr(reader, "LONGEST_EMBEDDED_WAIT", 0.1)
    assert "longer than" in await chat.answer(SENTENCE)
    services.store.close()
