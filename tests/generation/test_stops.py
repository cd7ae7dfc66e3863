"""A job that gets nowhere, or takes more than its plan said, stops and asks: as it was told with the plan."""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.graph.wording.markdown import sentence
from finetune_coverage.tools.coverage.recommendation import PlanItem
from finetune_coverage.tools.dataset.bundled_sample import import_sample
from finetune_coverage.tools.generate_synthetic_data import run_approved_item
from finetune_coverage.tools.generation.approvals.approval import approve_plan
from finetune_coverage.tools.generation.approvals.plans import Plan
from finetune_coverage.tools.generation.approvals.proposal import propose
from finetune_coverage.tools.generation.jobs.ledger import list_attempts, list_jobs
from finetune_coverage.tools.generation.jobs.progress import Progress
from finetune_coverage.tools.generation.jobs.shortfall import _ADVICE, brief_stop, stop_words
from finetune_coverage.tools.generation.money.estimate import estimate_plan
from finetune_coverage.tools.generation.money.stops import LEAST_DRAFTS, Stops, StopWatch, stop_tokens
from finetune_coverage.tools.models.scripted import ScriptedChatModel
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.store.workflows import create_workflow

from ..mock_openai.server import MockOpenAI
from .test_engine import TOPIC, WORKFLOW, good_answers
from .test_engine_endpoint import approved as approved_at_endpoint
from .test_engine_endpoint import no_meaning, services_for, texts

pytestmark = pytest.mark.slow

__all__ = ["no_meaning"]

Approve = Callable[..., tuple[str, int]]


def proposed(services: Services, count: int, strategy: str = "topic_description") -> Plan:
    item = PlanItem.model_validate({"topic": TOPIC, "count": count, "strategy": strategy})
    return propose(services, WORKFLOW, [item], "as a test wants it")


async def carried_out(services: Services, plan: Plan) -> dict[str, Any]:
    approval = approve_plan(services.store, plan.id, approver="a person", channel="test").id
    answer = await run_approved_item(services, approval, 0)
    generation: dict[str, Any] = answer["generation"]
    return generation


async def refusing(_: Any) -> str:
    """In a time in which the answer before is judged, as an endpoint's answers are."""
    await asyncio.sleep(0.1)
    return "I would rather not."


def only(rejected: dict[str, int], reason: str) -> int:
    """How many were refused, all for this reason."""
    assert list(rejected) == [reason]
    return rejected[reason]


@pytest.mark.parametrize("most", [20, 4])
async def test_a_row_of_refusals_for_one_reason_ends_the_job(
    services: Services, model: ScriptedChatModel, most: int
) -> None:
    services.settings.refusals_in_a_row = most
    model.default = refusing
    plan = proposed(services, 60)
    assert f"stops and asks after {most} drafts refused for one reason" in plan.details["stops_note"]
    generation = await carried_out(services, plan)
    assert (generation["status"], generation["accepted"]) == ("short", 0)
    assert only(generation["rejected"], "parse") in (most, most + 1), "one call was under way"
    reason = generation["stop_reason"]
    assert "drafts in a row were refused by parse" in reason
    assert "or the check is wrong" in reason


async def test_what_was_told_with_the_plan_holds_whatever_is_set_later(
    services: Services, model: ScriptedChatModel
) -> None:
    model.default = refusing
    services.settings.refusals_in_a_row = 6
    plan = proposed(services, 60)
    services.settings.refusals_in_a_row = 50
    assert only((await carried_out(services, plan))["rejected"], "parse") in (6, 7)


async def test_use_beyond_the_plan_ends_the_job(services: Services, model: ScriptedChatModel) -> None:
    """Where no reason comes often enough, the tokens that were told are the end of it."""
    services.settings.refusals_in_a_row = 500
    clone = next(good_answers())
    turns = itertools.cycle(["I would rather not.", clone])
    model.default = lambda _: next(turns)
    plan = proposed(services, 60)
    (told,) = plan.details["stops"]
    assert told["tokens"] == pytest.approx(1.5 * plan.details["tokens"], rel=0.01)
    assert f"at {told['tokens']:,} tokens" in plan.details["stops_note"]
    generation = await carried_out(services, plan)
    assert generation["status"] == "short"
    assert "the plan said that it would stop and ask" in generation["stop_reason"]
    one_call = max(attempt.tokens for attempt in list_attempts(services.store, generation["job_id"]))
    assert told["tokens"] <= generation["cost"]["tokens"] <= told["tokens"] + one_call


async def test_many_places_at_an_endpoint_do_not_pass_what_was_told_by_much(
    mock_openai: MockOpenAI, tmp_path: Path
) -> None:
    """At 89d9892 one topic was refused 280 times of 280, 279 of them by one check."""
    mock_openai.reply = lambda body: "I would rather not."
    mock_openai.latency = 0.05
    services = services_for(mock_openai, tmp_path / "home", max_concurrency=16)
    item = approved_at_endpoint(services, 35)
    generation = (await run_approved_item(services, *item))["generation"]
    assert generation["status"] == "short"
    assert len(mock_openai.chats()) <= 20 + 2 * 16
    assert "in a row were refused by parse" in generation["stop_reason"]


async def test_a_resumed_job_counts_on(
    services: Services, model: ScriptedChatModel, approved: Approve
) -> None:
    calls = itertools.count(1)

    async def answer(_: Any) -> str:
        return await refusing(_) if next(calls) != 13 else str(await asyncio.sleep(60))

    model.default = answer
    item = approved(TOPIC, 60, "topic_description")
    job = asyncio.create_task(run_approved_item(services, *item))
    while len(model.history) < 13:  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await job
    (begun,) = list_jobs(services.store)
    assert 0 < only(begun.rejected, "parse") <= 12, "some may wait to be judged"
    generation = (await run_approved_item(services, *item))["generation"]
    assert generation["rejected"].pop("interrupted") == 1
    assert only(generation["rejected"], "parse") in (20, 21)


def watch(tokens: int | None = None, **more: Any) -> StopWatch:
    return StopWatch(Stops(refusals=3, tokens=tokens, draft_tokens=100), **more)


def test_an_accepted_draft_begins_a_new_row_and_another_reason_does_not() -> None:
    row = watch()
    for reason in ("topic", "topic", None, "topic", "variation", "topic", "variation"):
        row.ended(1, reason)
        assert row.reason is None
    row.ended(1, "topic")
    assert "the last 5 drafts in a row were refused, 3 of them by topic" in (row.reason or "")
    alike = watch(refused=["topic"] * 3)
    assert alike.reason == "the last 3 drafts in a row were refused by topic"


def test_a_failing_endpoint_says_nothing_of_the_texts() -> None:
    row = watch(refused=["topic", "endpoint", "topic", "interrupted"])
    for _ in range(5):
        row.ended(0, "endpoint")
    assert row.reason is None
    row.ended(1, "topic")
    assert row.reason is not None


def test_drafts_that_would_pass_the_tokens_are_not_begun() -> None:
    used = watch(1_000)
    assert used.drafts_left(0) == 10, "as expected, before one has ended"
    used.ended(250, "topic")
    assert (used.drafts_left(0), used.drafts_left(2), used.drafts_left(9)) == (3, 1, 0)
    assert used.reason is None
    used.ended(750, None)
    assert used.drafts_left(0) == 0 and "1,000 tokens" in (used.reason or "")
    assert watch(None).drafts_left(0) is None


def test_a_few_records_may_be_unlucky() -> None:
    """One record at an acceptance of 60% needs four drafts or more once in 16 times."""
    assert stop_tokens(expected=170, draft=100, factor=1.5) == LEAST_DRAFTS * 100
    assert stop_tokens(expected=10_000, draft=100, factor=1.5) == 15_000


def planned(expected: float, **more: Any) -> StopWatch:
    stops = Stops(refusals=20, tokens=round(1.5 * expected), draft_tokens=100, expected_tokens=expected)
    return StopWatch(stops, **more)


@pytest.mark.parametrize(
    ("each", "accepts", "said"),
    [
        (100, 1, None),
        (124, 1, None),
        (70, 1, None),
        (60, 1, "about 3,600 to 4,000 tokens"),
        (126, 1, "about 7,600 to 8,300 tokens"),
        (100, 2, "about 8,900 to 19,000 tokens"),
        (45, 2, None),
        (2_000, 1, "about 120,000 to 130,000 tokens"),
        (100, 30, "about 33,000 to 680,000 tokens"),
    ],
)
def test_twenty_answers_show_whether_the_plan_was_right(each: int, accepts: int, said: str | None) -> None:
    """Of 60 records that should take 100 tokens each; one in so many drafts is accepted."""
    used = planned(6_000)
    for number in range(20):
        assert used.expected_now(60) is None, "too early to tell"
        used.ended(each, None if number % accepts == 0 else f"reason {number % 3}")
    told = used.expected_now(60)
    assert (told is None) == (said is None)
    if told is not None and said is not None:
        assert said in told and "and the plan said 6,000" in told
        assert ("stops and asks at 9,000" in told) == (each * accepts > 150)


def test_of_twenty_refused_answers_only_the_least_is_told() -> None:
    used = planned(6_000)
    for number in range(20):
        used.ended(100, f"reason {number % 3}")
    assert "0 of them accepted, all of it will take more than 66,000 tokens" in (used.expected_now(60) or "")


def test_what_a_part_took_is_not_told_of_all_records() -> None:
    used = planned(6_000)
    for _ in range(40):
        used.ended(20, None)
    alone, of_a_part = used.taken(40), used.taken(40, is_part=True)
    assert alone is not None and alone.startswith("Its 40 records took 800 tokens")
    assert of_a_part is not None and of_a_part.startswith("40 of its records took 800 tokens")


def test_calls_that_fail_are_no_answers() -> None:
    used = planned(6_000)
    for _ in range(40):
        used.ended(0, "endpoint")
    assert used.expected_now(60) is None


async def test_a_plan_that_was_wrong_is_corrected_aloud_once(mock_openai: MockOpenAI, tmp_path: Path) -> None:
    """A model that thinks, of which the plan knew nothing."""
    good = texts()
    mock_openai.reply = lambda body: {
        "content": good(body),
        "usage": {
            "prompt_tokens": 500,
            "completion_tokens": min(2_500, body["max_tokens"]),
            "completion_tokens_details": {"reasoning_tokens": 500},
        },
    }
    services = services_for(mock_openai, tmp_path / "home", estimate_factor=20.0, model_profile="full")
    create_workflow(services.store, WORKFLOW)
    import_sample(services.store, WORKFLOW)
    plan = proposed(services, 40, "few_shot")
    approval = approve_plan(services.store, plan.id, approver="a person", channel="test").id
    told: list[Progress] = []
    answer = await run_approved_item(services, approval, 0, on_progress=told.append)
    generation = answer["generation"]
    assert generation["accepted"] == 40
    (remark,) = [one.remark for one in told if "and the plan said" in one.remark]
    (after,) = [one for one in generation["remarks"] if "of the plan" in one]
    assert after.startswith("Its 40 records took ") and remark not in generation["remarks"]
    least, most = (
        int(said.replace(",", ""))
        for said in re.search(r"about ([\d,]+) to ([\d,]+) tokens", remark).groups()  # type: ignore[union-attr]
    )
    assert 0.9 * least <= generation["cost"]["tokens"] <= most
    later = estimate_plan(services, WORKFLOW, plan.items)
    assert later.tokens == pytest.approx(generation["cost"]["tokens"], rel=0.25)


@pytest.mark.parametrize(
    ("reason", "rejected", "said"),
    [
        (
            "the last 20 drafts in a row were refused by near_duplicate. What would help: 20 of 21 refused by …",
            {"near_duplicate": 20, "parse": 1},
            "the last 20 drafts in a row were refused by near_duplicate. What would help: fewer records, more "
            "seeds, or another strategy",
        ),
        ("it was cancelled", {"parse": 3}, "it was cancelled"),
    ],
)
def test_the_advice_of_a_short_report_is_whole(reason: str, rejected: dict[str, int], said: str) -> None:
    assert brief_stop(reason, rejected) == said


def test_every_advice_fits_the_short_report_whole() -> None:
    for check in _ADVICE:
        why = f"the last 20 drafts in a row were refused by {check}"
        said = brief_stop(stop_words(why, {check: 20}, {check: "x" * 500}), {check: 20})
        assert not sentence(said, 260).endswith("…"), said
