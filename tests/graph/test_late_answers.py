"""On a server, what was sent before a question was asked is no answer to it; and which model a run may name."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.graph.build import build_graph
from finetune_coverage.tools.errors import InvalidInput
from finetune_coverage.tools.generation.approvals.plans import list_plans
from finetune_coverage.tools.services import MOST_OTHER_MODELS, Services
from finetune_coverage.tools.settings import Settings
from finetune_coverage.tools.store.records import load_records

APPROVE = {"decisions": [{"type": "approve"}]}
SENT = "__request_start_time_ms__"


@pytest.mark.slow
@pytest.mark.parametrize("typed", [True, False], ids=["typed", "clicked"])
async def test_an_answer_from_before_the_question(chat: Any, services: Services, typed: bool) -> None:
    before = int(time.time() * 1000) - 1
    await chat.new("do 2 for technical issues with few-shot")
    chat.config["configurable"][SENT] = before
    said = await (chat.new("1") if typed else chat.answer(APPROVE))
    assert "came in before I asked this question" in said and "The plan still stands" in said
    assert list(load_records(services.store, "wf-1", origin="synthetic")) == []
    # A question is answered whenever it was asked.
    assert "has 8 records" in await chat.new("how many technical issues are there?")
    chat.config["configurable"][SENT] = int(time.time() * 1000) + 1
    await (chat.new("1") if typed else chat.answer(APPROVE))
    assert len(list(load_records(services.store, "wf-1", origin="synthetic"))) == 2


async def test_a_program_with_its_own_model_takes_no_name(services: Services) -> None:
    result = await build_graph(services).ainvoke({"messages": [("user", "hi")]}, context={"model": "gpt-9"})
    assert "this program brings its own" in result["messages"][-1].text


@pytest.mark.parametrize("named", ["{}", " {} ", "{}/../own.gguf", "~/strange.GGUF"])
async def test_a_request_cannot_have_a_file_loaded(
    services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    """Whoever can post to the server names the model; it is not read whether the file is there."""
    strange, own = tmp_path / "strange.gguf", tmp_path / "own.gguf"
    for file in (strange, own):
        file.write_bytes(b"GGUF")
    monkeypatch.setenv("HOME", str(tmp_path))
    base = Services(Settings(home=services.settings.home, model=str(own)))
    graph = build_graph(base)
    asked = {"messages": [("user", "hi")], "workflow_id": "wf-1"}
    result = await graph.ainvoke(asked, context={"model": named.format(strange)})
    assert "it is a file that the settings do not name" in result["messages"][-1].text
    assert list_plans(services.store, "wf-1") == []
    assert base.with_model(str(own)).settings.model_file == own, "the one that is set can be named"
    base.store.close()


def test_another_model_shares_the_store_and_not_the_model(empty_services: Services) -> None:
    base = Services(Settings(home=empty_services.settings.home, model="embedded"))
    other = base.with_model(" small-1 ")
    assert other is base.with_model(" small-1 ") and other.settings.model == "small-1"
    assert other.store is base.store and base.settings.model == "embedded"
    for number in range(3 * MOST_OTHER_MODELS):
        base.with_model(f"model-{number}")
        assert base.with_model("small-1") is other, "what is in use stays"
    assert len(base._others) == MOST_OTHER_MODELS, "whoever posts names cannot fill the memory"
    with pytest.raises(InvalidInput, match="brings its own"):
        empty_services.with_model("small-1")
    base.store.close()
