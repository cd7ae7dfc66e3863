"""A yes is used once: whatever is sent again, forked, undone or cancelled afterwards makes nothing more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from finetune_coverage.tools.coverage.recommendation import PlanItem
from finetune_coverage.tools.errors import InvalidInput
from finetune_coverage.tools.generate_synthetic_data import generate_synthetic_data, run_approved_item
from finetune_coverage.tools.generation.approvals.approval import approval_of, approve_plan
from finetune_coverage.tools.generation.approvals.approved_items import take_item
from finetune_coverage.tools.generation.approvals.plans import (
    cancel_plan,
    decline_plan,
    get_plan,
    list_plans,
    propose_plan,
)
from finetune_coverage.tools.generation.attempts.journal import request_cancel
from finetune_coverage.tools.generation.jobs.ledger import list_jobs
from finetune_coverage.tools.generation.jobs.undo_jobs import undo_job
from finetune_coverage.tools.services import Services
from langchain_core.messages import HumanMessage
from langgraph.types import Command

from .conftest import Chat, Endpoint, Watch, synthetic

pytestmark = pytest.mark.slow

ITEM = {"topic": "technical_issues", "count": 2, "strategy": "few_shot"}


def approved(services: Services, **changed: Any) -> str:
    plan = propose_plan(services.store, "wf-1", [PlanItem.model_validate({**ITEM, **changed})])
    return approve_plan(services.store, plan.id, approver="ada", channel="host").id


async def refused(services: Services) -> bool:
    answer = await generate_synthetic_data(services, workflow_id="wf-1", **ITEM)
    return not answer["success"] and answer["error"]["code"] == "approval_required"


async def test_a_used_approval(services: Services, watch: Watch, subtests: pytest.Subtests) -> None:
    approval = approved(services)
    assert (await generate_synthetic_data(services, workflow_id="wf-1", **ITEM))["success"]
    made = watch.generated
    assert made[:2] == (1, 2)
    with subtests.test("the same call again"):
        assert await refused(services)
    with subtests.test("the approved item by its id again gives its result, and makes nothing"):
        for _ in range(3):
            assert (await run_approved_item(services, approval, 0))["generation"]["accepted"] == 2
    (plan,) = list_plans(services.store, "wf-1")
    with subtests.test("the same plan approved again"), pytest.raises(InvalidInput):
        approve_plan(services.store, plan.id, approver="ada", channel="host")
    with subtests.test("declined and cancelled afterwards, it does not become pending"):
        decline_plan(services.store, plan.id)
        cancel_plan(services.store, plan.id)
        assert get_plan(services.store, plan.id).status == "approved"
    with subtests.test("after the undo of its job"):
        undo_job(services.store, list_jobs(services.store, "wf-1")[0].id)
        assert await refused(services)
        await run_approved_item(services, approval, 0)
        assert synthetic(services) == 0
    assert watch.generated == made


async def test_after_a_job_that_fell_short(services: Services, endpoint: Endpoint, watch: Watch) -> None:
    endpoint.server.reply = lambda body: '{"exchanges": [{"user": "?", "assistant": "As an AI model, no."}]}'
    approval = approved(services, count=1)
    answer = await run_approved_item(services, approval, 0)
    assert answer["generation"]["status"] == "short"
    made = watch.generated
    again = await generate_synthetic_data(services, **{"workflow_id": "wf-1", **ITEM, "count": 1})
    assert again["error"]["code"] == "approval_required"
    await run_approved_item(services, approval, 0)
    assert watch.generated == made


async def test_after_a_job_was_cancelled(services: Services, watch: Watch) -> None:
    approval = approved(services)
    job = take_item(services.store, approval, 0, days=7, model="mock-model", coverage_before={})
    assert request_cancel(services.store, job.id)
    await run_approved_item(services, approval, 0)  # ends it
    calls = watch.generated
    assert await refused(services)
    await run_approved_item(services, approval, 0)
    assert watch.generated == calls and calls[1:] == (0, 0)


@pytest.mark.parametrize("end", [decline_plan, cancel_plan])
async def test_a_plan_that_was_declined_or_taken_back(services: Services, watch: Watch, end: Any) -> None:
    plan = propose_plan(services.store, "wf-1", [PlanItem.model_validate(ITEM)])
    end(services.store, plan.id)
    with pytest.raises(InvalidInput):
        approve_plan(services.store, plan.id, approver="ada", channel="host")
    assert await refused(services)
    watch.nothing()


async def test_a_conversation_that_is_replayed(
    chat: Chat, services: Services, watch: Watch, subtests: pytest.Subtests
) -> None:
    await chat.new("do 2 for technical issues with few-shot")
    await chat.answer("yes")
    made = (watch.approvals, *watch.generated)
    assert made[:3] == (1, 1, 2)
    with subtests.test("the old yes with the whole history again"):
        history = [m for m in (await chat.values())["messages"] if isinstance(m, HumanMessage)]
        await chat.graph.ainvoke({"messages": history}, chat.config)
    with subtests.test("nothing new at all"):
        await chat.graph.ainvoke({"messages": []}, chat.config)
        await chat.go_on()
    checkpoints = [state async for state in chat.graph.aget_state_history(chat.config)]
    for old in checkpoints:
        at = (old.next or ("the end",))[0]
        with subtests.test("a fork of an earlier checkpoint", at=at, step=old.metadata["step"]):
            await chat.graph.ainvoke(None, old.config)
            if at == "approve":
                await chat.graph.ainvoke(Command(resume="yes"), old.config)
            approvals = [
                plan for plan in list_plans(services.store, "wf-1") if approval_of(services.store, plan.id)
            ]
            assert [plan.items[0].count for plan in approvals] == [2]
            assert (watch.approvals, *watch.generated) == made


async def test_the_same_answer_twice_is_none_to_the_plan_that_follows(
    chat: Chat, watch: Watch, subtests: pytest.Subtests
) -> None:
    """A second click, or a page that was left open: after the round another plan waits."""
    await chat.new("do 2 for technical issues with few-shot")
    asked, (interrupt,) = await chat.asked(), (await chat.state()).interrupts
    assert asked is not None
    click = {"decisions": [{"type": "approve"}], "plan_id": asked["plan_id"]}
    await chat.answer(click)
    made = (watch.approvals, *watch.generated)
    following = await chat.asked()
    assert made[:3] == (1, 1, 2) and following is not None
    assert following["plan_id"] not in (None, asked["plan_id"]), "another plan waits"
    for name, again in {
        "by the plan's id": click,
        "by the interrupt's id": {interrupt.id: {"type": "approve"}},
        "typed": "yes",
    }.items():
        with subtests.test(name):
            await chat.answer(again)
            assert await chat.asked() is not None
            assert (watch.approvals, *watch.generated) == made


async def test_a_yes_to_a_fork_where_another_plan_is_pending(
    chat: Chat, services: Services, watch: Watch
) -> None:
    await chat.new("do 900 for technical issues with few-shot")
    before = await chat.state()
    await chat.answer("do 2 with few-shot")
    await chat.graph.ainvoke(Command(resume={"type": "approve"}), before.config)
    watch.nothing()


async def test_a_thread_that_was_copied(start: Callable[..., Chat], services: Services, watch: Watch) -> None:
    """The state of a conversation put into another: its plan is not that conversation's, which asks again."""
    first, second = start("thread-1"), start("thread-2")
    await first.new("do 900 for technical issues with few-shot")
    values, theirs = await first.values(), await first.asked()
    await second.new("hi")
    copied = Command(resume="yes", update={"offer": values["offer"]})
    await second.graph.ainvoke(copied, second.config, durability="sync")
    assert "It is not the plan that I showed you" in await second.said()
    watch.nothing()
    own = await second.asked()
    assert theirs is not None and own is not None
    plan = get_plan(services.store, own["plan_id"])
    assert (plan.thread_id, plan.status, [item.count for item in plan.items]) == ("thread-2", "pending", [16])

    # A yes to what is asked now is one to that plan only; the other waits where it was made.
    await second.answer("yes")
    assert get_plan(services.store, plan.id).status == "approved"
    assert watch.generated[:2] == (1, 16)
    assert await first.asked() == theirs
    assert get_plan(services.store, theirs["plan_id"]).status == "pending"
