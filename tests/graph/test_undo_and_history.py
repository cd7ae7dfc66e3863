"""Rounds looked back at and taken back, from within the conversation."""

from __future__ import annotations

from typing import Any

import pytest
from finetune_coverage.graph.nodes.reanalyze import stop_reason
from finetune_coverage.graph.reading.exact import read_reply
from finetune_coverage.tools.analyze_coverage import analyze
from finetune_coverage.tools.coverage.report import build_coverage
from finetune_coverage.tools.generation.approvals.plans import list_plans
from finetune_coverage.tools.models.scripted import ScriptedChatModel
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.store.counts import TopicCount
from finetune_coverage.tools.store.records import load_records

from .offers import OFFERS

pytestmark = pytest.mark.slow


def synthetic(services: Services) -> int:
    return sum(1 for _ in load_records(services.store, "wf-1", origin="synthetic"))


@pytest.fixture
async def two_rounds(chat: Any) -> Any:
    """A conversation after a round of 2 and one of 3."""
    await chat.new("do 2 for technical issues with few-shot")
    await chat.answer("yes")
    await chat.answer("3 for technical issues with few-shot")
    await chat.answer("yes")
    return chat


async def test_an_undo_is_asked_with_what_it_changes_then_done(two_rounds: Any, services: Services) -> None:
    before = analyze(services, "wf-1").balance_score
    said = await two_rounds.answer("undo the last round")
    assert synthetic(services) == 5, "asked first"
    assert '3 records leave (3 "Technical Issues")' in said
    assert "1. Take round 2 back\n2. Leave it as it is" in said
    assert (await two_rounds.asked())["action_requests"][0]["name"] == "undo_round"
    assert list_plans(services.store, "wf-1", "pending") == [], "no plan that the yes could be taken for"
    said = await two_rounds.answer("yes")
    after = analyze(services, "wf-1").balance_score
    assert f"balance score {before:.2f} → {after:.2f}" in said, "as predicted"
    assert "Round 2 is taken back" in said and "**Coverage Analysis**" in said
    assert synthetic(services) == 2
    values = await two_rounds.values()
    assert len(values["record_ids"]) == 2 and values["rounds"] == 2 and values["cost"]["tokens"] > 0


@pytest.mark.parametrize("answer", ["no", "2", "leave it", {"type": "reject"}])
async def test_a_no_to_the_undo_leaves_the_round(two_rounds: Any, services: Services, answer: Any) -> None:
    await two_rounds.answer("undo the last round")
    said = await two_rounds.answer(answer)
    assert "nothing is taken back" in said and synthetic(services) == 5
    assert (await two_rounds.asked())["action_requests"][0]["name"] == "proceed_to_grader"


async def test_a_round_named_by_its_number(two_rounds: Any, services: Services) -> None:
    assert "Take round 1 back" in await two_rounds.answer("undo round 1")
    # Not the one that was asked about: asked again, for the other one.
    assert "Take round 2 back" in await two_rounds.answer("undo the last round")
    assert "Take round 1 back" in await two_rounds.answer("take back the first round")
    await two_rounds.answer({"type": "approve"})
    assert synthetic(services) == 3
    assert "Round 1 was taken back before" in await two_rounds.answer("undo round 1")
    assert "There is no round 7" in await two_rounds.answer("undo round 7")
    await two_rounds.answer("undo")
    await two_rounds.answer("yes")
    assert "There is no round to take back" in await two_rounds.answer("undo")


async def test_a_new_message_in_place_of_an_answer(two_rounds: Any, services: Services) -> None:
    await two_rounds.new("undo the last round")
    await two_rounds.new("yes")
    assert synthetic(services) == 2


async def test_nothing_to_undo(chat: Any) -> None:
    await chat.new("hi")
    said = await chat.answer("undo the last round")
    assert "There is no round to take back" in said and "The plan still stands" in said


async def test_a_round_that_brought_nothing_is_not_asked_about(chat: Any, model: ScriptedChatModel) -> None:
    model.default = lambda _: "no record"
    await chat.new("do 2 for technical issues with few-shot")
    assert "**Generation Ended Short**" in await chat.answer("yes")
    said = await chat.answer("undo the last round")
    assert (
        "Round 1 brought no records: there is nothing to take back." in said
        and "Leave it as it is" not in said
    )


async def test_the_history_on_request_and_in_the_summary(two_rounds: Any) -> None:
    said = await two_rounds.answer("show me the rounds")
    assert "2 rounds, 5 records accepted" in said
    assert "| 1 | 2 of 2 Technical Issues (few-shot) | 2.0 | none | 0.45 → 0.49 |" in said
    assert "| 2 | 3 of 3 Technical Issues (few-shot) | 3.0 | none | 0.49 → 0.5" in said
    await two_rounds.answer("undo")
    await two_rounds.answer("yes")
    said = await two_rounds.answer("stop")
    assert "2 synthetic records were added" in said
    assert "| 2 | 3 of 3 Technical Issues (few-shot) — undone |" in said
    said = await two_rounds.new("undo the last round")
    assert "Take round 1 back" in said, "also after the end"


async def test_the_goal_is_said_to_be_met(chat: Any) -> None:
    await chat.new("do 10 for technical issues with few-shot")
    assert "The goal is met." in await chat.answer("yes")


def measured(technical: int) -> Any:
    counts = [
        TopicCount(name, number, 0, 0, 0, number) for name, number in (("a", 24), ("t", technical), ("b", 48))
    ]
    return build_coverage(counts, [])


def result(accepted: int = 5, reason: str = "") -> dict[str, Any]:
    return {"topic": "t", "accepted": accepted, "requested": 5, "reason": reason}


@pytest.mark.parametrize(
    ("before", "after", "one", "rounds", "words"),
    [
        (8, 40, result(), 1, None),
        (8, 9, result(), 1, None),
        (8, 9, result(), 3, "round 3 of 3"),
        (8, 8, result(0), 1, "Nothing was gained"),
        (8, 6, result(), 1, "Nothing was gained for the balance"),
        (8, 9, result(1, "the budget of 900 tokens is used up"), 1, "A cap was reached"),
        (8, 40, result(1, "the budget of 900 tokens is used up"), 1, None),
    ],
)
def test_why_to_stop(before: int, after: int, one: dict[str, Any], rounds: int, words: str | None) -> None:
    said = stop_reason(measured(before), measured(after), [one], target=0.5, rounds=rounds, limit=3)
    assert (said is None) == (words is None)
    assert words is None or words in str(said)


@pytest.mark.parametrize("text", ["maybe", "yes?", "yes but not all", "ok, later", "he said yes"])
def test_no_false_yes_to_an_undo(text: str) -> None:
    assert read_reply(text, OFFERS["undo"]()).deed.kind != "take_back"
