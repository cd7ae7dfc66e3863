"""A limit that the person named is for one plan, and the next one says that it has ended."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from finetune_coverage.tools.generation.approvals.plans import list_plans
from finetune_coverage.tools.generation.jobs.ledger import list_jobs
from finetune_coverage.tools.generation.money.estimate import estimate_plan
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.settings import Settings
from langchain_core.messages import AIMessage

pytestmark = pytest.mark.slow

ENDED = "The limit of the last plan (at most 50,000 tokens) ended with it: this one has {has}."
NONE = "none, unless you name one"
Proposes = Callable[..., None]


@pytest.fixture
def proposes(model: Any) -> Proposes:
    """Has the model read the next sentence as a plan for technical issues."""

    def queue(count: int, **limits: Any) -> None:
        args = {"items": [{"topic": "technical_issues", "count": count, "strategy": "few_shot"}], **limits}
        model.queue.append(AIMessage("", tool_calls=[{"name": "ProposePlan", "args": args, "id": "call-1"}]))

    return queue


@pytest.mark.parametrize(
    ("budget", "has"), [(None, NONE), (90_000, "at most 90,000 tokens, unless you name a tighter one")]
)
async def test_the_plan_after_a_round(
    chat: Any, services: Services, proposes: Proposes, budget: int | None, has: str
) -> None:
    services.settings.budget_tokens = budget
    await chat.new()
    proposes(2, max_tokens=50_000)
    await chat.answer("two of them, under 50k tokens")
    proposes(1)
    assert "ended with it" not in await chat.answer("make that one"), "it holds while the plan changes"
    said = await chat.answer("yes")
    assert "generated" in said and ENDED.format(has=has) in said
    assert list_plans(services.store, "wf-1", "pending")[0].cap_tokens == budget
    proposes(4)
    assert "ended with it" not in await chat.answer("four more"), "it is said once"


async def test_the_plan_that_is_asked_for_after_the_goal_is_met(chat: Any, proposes: Proposes) -> None:
    await chat.new()
    proposes(16, max_tokens=50_000)
    await chat.answer("two of them, under 50k tokens")
    assert "ended with it" not in await chat.answer("yes"), "no plan is on the table"
    assert ENDED.format(has=NONE) in await chat.answer("2")


async def test_a_plan_that_was_made_anew(chat: Any, proposes: Proposes) -> None:
    await chat.new()
    proposes(2, max_tokens=50_000)
    await chat.answer("two of them, under 50k tokens")
    assert ENDED.format(has=NONE) in await chat.answer("twice as much billing")


@pytest.mark.parametrize("limits", [{"max_tokens": 70_000}, {"remove_limits": True}])
async def test_nothing_is_said_of_it_where_the_person_speaks_of_limits(
    chat: Any, proposes: Proposes, limits: dict[str, Any]
) -> None:
    await chat.new()
    proposes(2, max_tokens=50_000)
    await chat.answer("two of them, under 50k tokens")
    proposes(2, **limits)
    assert "ended with it" not in await chat.answer("some other limit")


async def test_a_limit_under_which_nothing_can_begin_is_said_before(chat: Any, proposes: Proposes) -> None:
    await chat.new()
    proposes(2, max_tokens=300)
    said = await chat.answer("two of them, 300 tokens tops")
    assert "Under this cap not one record would be written" in said and "is set aside, here " in said
    needed = int(said.split("is set aside, here ")[1].split(" ")[0].replace(",", ""))
    proposes(2, max_tokens=needed)
    said = await chat.answer(f"{needed} tokens then")
    assert "not one record would be written" not in said
    said = await chat.answer("yes")
    assert "I've generated" in said and "generated 0" not in said, "the first one fits"


async def test_how_many_records_a_limit_is_enough_for_is_said(
    chat: Any, services: Services, proposes: Proposes
) -> None:
    await chat.new()
    proposes(16)
    await chat.answer("sixteen")
    (whole,) = list_plans(services.store, "wf-1", "pending")
    estimate = estimate_plan(services, "wf-1", whole.items)
    half = estimate.tokens // 2 - 9
    proposes(16, max_tokens=half)
    said = await chat.answer(f"under {half}")
    before_the_last = int((half - estimate.set_aside) / (estimate.tokens / 16))
    assert before_the_last == 5 and f"after about {before_the_last + 1} of its 16 records" in said
    assert f"here {estimate.set_aside:,} tokens" in said


async def test_the_limit_of_a_pilot_is_one_of_the_whole(
    chat: Any, services: Services, proposes: Proposes, model: Any
) -> None:
    await chat.new()
    proposes(4, max_tokens=50_000)
    await chat.answer("four of them, under 50k tokens")
    call = {"name": "ProposePilot", "args": {"count": 2}, "id": "call-1"}
    model.queue.append(AIMessage("", tool_calls=[call]))
    await chat.answer("first show me two")
    await chat.answer("yes")
    (rest,) = list_plans(services.store, "wf-1", "pending")
    used = list_jobs(services.store, "wf-1")[0].tokens
    assert used > 0 and rest.cap_tokens == 50_000 - used


async def test_a_limit_of_everything_leaves_each_plan_what_is_left(
    chat: Any, services: Services, proposes: Proposes, model: Any
) -> None:
    await chat.new()
    proposes(2, max_tokens=50_000, of_everything=True)
    said = await chat.answer("two of them, and 50k tokens for everything today")
    assert "together: at most 50,000 tokens; used so far: 0 tokens" in said
    assert "(at most 50,000 tokens)" in said
    said = await chat.answer("yes")
    first = list_jobs(services.store, "wf-1")[0].tokens
    (after,) = list_plans(services.store, "wf-1", "pending")
    assert first > 0 and after.cap_tokens == 50_000 - first and "ended with it" not in said
    proposes(1, max_tokens=20_000)
    assert "(at most 20,000 tokens)" in await chat.answer("one more, under 20k")
    await chat.answer("yes")
    used = sum(job.tokens for job in list_jobs(services.store, "wf-1"))
    proposes(1)
    assert used > first and f"(at most {50_000 - used:,} tokens)" in await chat.answer("and one more")
    model.queue.append(AIMessage(f"{used:,} tokens are used."))
    assert f"{used:,} tokens are used" in await chat.answer("what of it is left?"), "the model is told"
    assert f"used so far: {used:,} tokens" in str(model.history[-1])


async def test_a_limit_of_everything_that_is_used_up_lets_nothing_begin(
    chat: Any, services: Services, proposes: Proposes
) -> None:
    await chat.new()
    proposes(2, max_tokens=50_000)
    await chat.answer("two of them")
    await chat.answer("yes")
    proposes(2, max_tokens=100, of_everything=True)
    assert "not one record would be written" in await chat.answer("100 tokens for everything, tops")
    before = sum(job.tokens for job in list_jobs(services.store, "wf-1"))
    await chat.answer("yes")
    assert sum(job.tokens for job in list_jobs(services.store, "wf-1")) == before


async def test_a_limit_of_everything_can_be_changed_and_taken_away(
    chat: Any, services: Services, proposes: Proposes
) -> None:
    await chat.new()
    for most in (50_000, 80_000):
        proposes(2, max_tokens=most, of_everything=True)
        assert f"(at most {most:,} tokens)" in await chat.answer(f"{most} for everything")
    proposes(2, of_everything=True)
    said = await chat.answer("and that goes for all of it")
    assert "(at most 80,000 tokens)" in said and "together: ;" not in said, (
        "none is named, so none is changed"
    )
    proposes(2, remove_limits=True)
    assert "This limit is taken away: at most 80,000 tokens" in await chat.answer("no limit after all")
    assert list_plans(services.store, "wf-1", "pending")[0].cap_tokens is None


async def test_a_limit_of_everything_in_dollars_needs_a_price(
    chat: Any, services: Services, proposes: Proposes
) -> None:
    await chat.new()
    proposes(2, max_usd=2.0, of_everything=True)
    assert "the price of" in await chat.answer("2 bucks for everything")
    proposes(2)
    assert "at most" not in await chat.answer("two of them then"), "what cannot be kept is not kept"


async def test_limits_of_everything_in_tokens_and_dollars_hold_side_by_side(
    chat: Any, services: Services, proposes: Proposes
) -> None:
    priced = {"OPENAI_API_KEY": "sk-1", "home": services.settings.home, "model": "gpt-4.1-mini"}
    services.settings = Settings.model_validate({**priced, "max_concurrency": 2, "minimum_per_topic": 20})
    await chat.new()
    proposes(2, max_usd=2.0, of_everything=True)
    await chat.answer("2 bucks for everything")
    proposes(2, max_tokens=50_000, of_everything=True)
    assert "together: at most 50,000 tokens and $2.00" in (await chat.answer("and 50k tokens")).replace(
        "\\", ""
    )
    await chat.answer("yes")
    job = list_jobs(services.store, "wf-1")[0]
    proposes(1)
    await chat.answer("one more")
    (after,) = list_plans(services.store, "wf-1", "pending")
    assert after.cap_tokens == 50_000 - job.tokens
    assert after.cap_usd is not None and 1.9 < after.cap_usd < 2.0


async def test_what_all_of_it_cost_is_added_up(
    chat: Any, services: Services, proposes: Proposes, model: Any
) -> None:
    priced = {"OPENAI_API_KEY": "sk-1", "home": services.settings.home, "model": "gpt-4.1-mini"}
    services.settings = Settings.model_validate({**priced, "max_concurrency": 2, "minimum_per_topic": 20})
    await chat.new()
    proposes(2)
    await chat.answer("two of them")
    await chat.answer("yes")
    call = {"name": "ExplainCost", "args": {}, "id": "call-1"}
    model.queue += [AIMessage("", tool_calls=[call]), AIMessage("That is all.")]
    await chat.answer("what did i pay in total?")
    told = str(model.history[-1][-1].text)
    together = re.search(r"Together: ([\d,]+) tokens, \\*\$(\d+\.\d+)", told)
    reading = re.search(r"Reading what you typed took ([\d,]+) tokens \(\$([\d.]+)\)", told)
    job = list_jobs(services.store, "wf-1")[0]
    assert together is not None and reading is not None and job.usd
    tokens, read_tokens = (int(found[1].replace(",", "")) for found in (together, reading))
    assert tokens == job.tokens + read_tokens > job.tokens > 0
    assert float(together[2]) == pytest.approx(job.usd + float(reading[2]), rel=0.02)
