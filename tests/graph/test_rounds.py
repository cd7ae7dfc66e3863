"""What happens when a round does not go as hoped: failures, nothing gained, the last round, a stop in the middle."""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import Callable
from typing import Any

import pytest
from finetune_coverage.graph.build import build_graph
from finetune_coverage.graph.wording.report import round_lines
from finetune_coverage.tools.coverage.strategy_choice import STRATEGIES
from finetune_coverage.tools.errors import EndpointError
from finetune_coverage.tools.generation.approvals.plans import list_plans
from finetune_coverage.tools.models.scripted import ScriptedChatModel
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.store.records import load_records
from langgraph.checkpoint.memory import InMemorySaver

pytestmark = pytest.mark.slow


def synthetic(services: Services) -> int:
    return sum(1 for _ in load_records(services.store, "wf-1", origin="synthetic"))


@pytest.fixture
def failing(model: ScriptedChatModel, writer: Any) -> ScriptedChatModel:
    """Writes two records, then the key is refused once; after that it works again."""
    refused = EndpointError("The endpoint refused the key.", hint="Set OPENAI_API_KEY.")
    model.queue.extend([writer, writer, refused, refused])
    return model


async def test_a_failure_is_told_and_the_same_approval_goes_on(
    failing: Any, chat: Any, services: Services
) -> None:
    await chat.new("do 5 for technical issues with few-shot")
    said = await chat.answer("yes")
    assert "The generation stopped." in said and "refused the key" in said and "Set OPENAI_API_KEY" in said
    assert said.endswith(
        "1. Carry on with the approved plan\n2. Skip the rest and proceed to grader config\n3. Stop here"
    )
    assert (await chat.asked())["action_requests"][0]["name"] == "resume_generation"
    assert 1 <= synthetic(services) <= 2
    assert "The generation stopped" not in await chat.answer("what is the score?")
    failing.queue.clear()  # the key works again
    # Not "yes": it would follow what was not understood.
    assert "Technical Issues: 8 → 13 records" in await chat.answer("1")
    assert synthetic(services) == len((await chat.values())["record_ids"]) == 5
    assert len(list_plans(services.store, "wf-1", "approved")) == 1


async def test_what_was_made_before_a_failure_is_counted_when_the_person_leaves(
    failing: Any, chat: Any, services: Services
) -> None:
    await chat.new("1 technical and 4 billing with few-shot")
    await chat.answer("yes")
    await chat.answer("2")
    values = await chat.values()
    assert values["next_step"] == "grader"
    assert len(values["record_ids"]) == synthetic(services) >= 1


async def test_nothing_gained_ends_the_loop(chat: Any, model: ScriptedChatModel, services: Services) -> None:
    model.default = lambda _: "As an AI, I would rather not."
    await chat.new("do 1 for technical issues with few-shot")
    said = await chat.answer("yes")
    assert said.startswith("**Generation Ended Short**")
    assert "I've generated 0 new synthetic records of the 1" in said and "did not pass the checks" in said
    assert "not in the form asked for" in await chat.answer("more")
    assert "Nothing was gained in this round" in said and "Balance Score: 0.45 → 0.45\n" in said
    assert (await chat.asked())["action_requests"][0]["name"] == "choose_next_step"
    assert list_plans(services.store, "wf-1", "pending") == []
    assert (await chat.values())["rejected"]["parse"] >= 1
    assert "did not pass the checks" in await chat.answer("what was rejected and why?")


async def test_a_short_round_that_met_the_goal_says_no_other_thing(
    chat: Any, model: ScriptedChatModel, services: Services
) -> None:
    writer, written = model.default, itertools.count()
    model.default = lambda messages: writer(messages) if next(written) < 40 else "no JSON"
    await chat.new("do 60 for technical issues with few-shot")
    said = await chat.answer("yes")
    assert said.startswith("**Generation Ended Short**") and "The goal is met." in said
    assert re.search(r"\. The last \d+ drafts in a row were refused by parse", said), "as a sentence"
    assert "The dataset is now better balanced" in said and "not yet where it should be" not in said
    made = synthetic(services)
    assert f"2. See a plan for the remaining {60 - made}" in said and made > 0
    assert f'**Plan**: {60 - made} for "Technical Issues" (few-shot)' in await chat.answer("2")
    assert synthetic(services) == made, "it is a plan, and waits for its own yes"


async def test_a_strategy_that_brought_nothing_is_not_proposed_again(
    chat: Any, model: ScriptedChatModel, services: Services
) -> None:
    model.default = lambda _: "As an AI, I would rather not."
    await chat.new()
    tried: list[str] = []
    while (item := list_plans(services.store, "wf-1", "pending")[0].items[0]).topic == "technical_issues":
        assert item.strategy not in tried
        tried.append(item.strategy)
        await chat.answer(f"do 2 for technical issues with {item.strategy}")
        said = await chat.answer("yes")
        assert STRATEGIES[item.strategy].title in said and "brought nothing lately" in said
        assert "brought nothing lately" in (next_plan := await chat.answer("2")) or "Billing" in next_plan
    assert len(tried) >= 2 and "no other strategy suits it: the model does not keep to the form" in said
    assert "no other strategy suits it" in await chat.answer("more")


async def test_a_round_that_was_not_enough_proposes_the_next(chat: Any) -> None:
    await chat.new("do 1 for technical issues with few-shot")
    said = await chat.answer("yes")
    assert "not yet where it should be" in said
    assert (await chat.asked())["action_requests"][0]["name"] == "generate_synthetic_data"
    assert "Please answer with a number" in await chat.answer(
        "yes"
    )  # to what? the first option is to proceed
    said = await chat.answer("2")
    assert "Technical Issues: 9 → 24 records" in said
    assert (await chat.values())["rounds"] == 2
    assert "0.45 → " not in said  # the comparison is with the round before
    assert (await chat.values())["coverage_before"]["balance_score"] == 0.45


async def test_the_last_round(services: Services, make_chat: Callable[..., Any]) -> None:
    chat = make_chat(build_graph(services, checkpointer=InMemorySaver()))
    await chat.new("do 1 for technical issues with few-shot", max_rounds=1)
    assert "That was round 1 of 1" in await chat.answer("yes")
    assert (await chat.asked())["action_requests"][0]["name"] == "proceed_to_grader"


async def test_thresholds_of_the_run(services: Services, make_chat: Callable[..., Any]) -> None:
    graph = build_graph(services, checkpointer=InMemorySaver())
    said = await make_chat(graph, "a").new("hi", target_score=0.4)
    assert "above the target of 0.4" in said and "1. Proceed to grader configuration" in said
    said = await make_chat(graph, "b", target_score=0.4).new("hi")
    assert "above the target of 0.4" in said
    said = await make_chat(graph, "c").new("hi", focus_topics=["billing_questions"])
    assert '**Recommendation:** Only "Billing Questions".' in said
    assert services.settings.target_score == 0.5


async def test_stopping_in_the_middle_and_going_on(
    chat: Any, services: Services, model: Any, writer: Any
) -> None:
    async def slowly(messages: Any) -> str:
        await asyncio.sleep(0.2)
        return str(writer(messages))

    model.default = slowly
    await chat.new("do 5 for technical issues with few-shot")
    task = asyncio.create_task(chat.answer("yes"))
    for _ in range(2000):
        if any(e["type"] == "progress" and e["accepted"] for m, e in chat.events if m == "custom"):
            break
        await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert 1 <= synthetic(services) < 5
    state = await chat.state()
    assert state.next == ("generate",) and not state.interrupts
    before, calls = synthetic(services), writer.calls
    for _ in range(2):
        # However often the run is taken up: what a person has to say yes to is asked.
        said = await chat.go_on()
        assert (
            f"{before} of its 5 records are finished" in said and "1. Carry on with the approved plan" in said
        )
        assert (await chat.asked())["action_requests"][0]["name"] == "resume_generation"
        assert (synthetic(services), writer.calls) == (before, calls)
    assert "Technical Issues: 8 → 13 records" in await chat.answer("ja")
    assert synthetic(services) == 5


async def test_a_plan_approved_elsewhere_is_carried_out_once(chat: Any, services: Services) -> None:
    from finetune_coverage.tools.generation.approvals.approval import approve_plan

    await chat.new("do 2 for technical issues with few-shot")
    plan = list_plans(services.store, "wf-1", "pending")[0]
    approve_plan(services.store, plan.id, approver="bob", channel="cli")
    await chat.answer("yes")
    assert synthetic(services) == 2


def test_a_round_of_many_topics_counts_every_record() -> None:
    made = {"a": (37, 37), "b": (31, 34), "c": (0, 25), "d": (0, 5)}
    results = [
        {"topic": topic, "accepted": accepted, "requested": requested, "rejected": {}}
        for topic, (accepted, requested) in made.items()
    ]
    said = " ".join(round_lines(results))
    assert "68 new synthetic records for 2 topics." in said
    assert "Short of their count: B 31 of 34, C 0 of 25, D 0 of 5." in said
