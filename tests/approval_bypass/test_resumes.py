"""A structured answer is one to the plan that waits, or to none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from finetune_coverage.tools.coverage.recommendation import PlanItem
from finetune_coverage.tools.dataset.importer import import_files
from finetune_coverage.tools.generation.approvals.plans import get_plan, pending_plan, propose_plan
from finetune_coverage.tools.services import Services
from langgraph.types import Command
from pydantic import ValidationError

from .conftest import Chat, Watch

APPROVE = {"type": "approve"}


async def test_an_approval_that_names_another_plan_is_asked_again(
    start: Callable[..., Chat],
    services: Services,
    dataset: Callable[..., Any],
    watch: Watch,
    subtests: pytest.Subtests,
) -> None:
    import_files(services.store, "wf-2", [dataset({"billing_questions": 3}, "other.jsonl")])
    other, chat = start("thread-2"), start("thread-1")
    await other.new("hi", workflow_id="wf-1")
    await chat.new("hi", workflow_id="wf-1")
    stale = pending_plan(services.store, "thread-1", "wf-1")
    await chat.answer("do 2 with few-shot")
    other_threads = pending_plan(services.store, "thread-2", "wf-1")
    item = PlanItem(topic="billing_questions", count=900, strategy="few_shot")
    other_workflows = propose_plan(services.store, "wf-2", [item])
    assert stale is not None and other_threads is not None
    for name, plan_id in {
        "the plan before the change": stale.id,
        "the plan of another conversation": other_threads.id,
        "the plan of another workflow": other_workflows.id,
        "a made-up plan": "plan-1",
        "an empty id": "",
    }.items():
        for answer in (
            {**APPROVE, "plan_id": plan_id},
            {"decisions": [APPROVE], "plan_id": plan_id},
            {"decisions": [{**APPROVE, "plan_id": plan_id}]},
            [{**APPROVE, "plan_id": plan_id}],
        ):
            with subtests.test(name, answer=answer):
                assert "another plan" in await chat.answer(answer)
                watch.nothing()


async def test_a_plan_id_is_no_answer(
    chat: Chat, services: Services, watch: Watch, subtests: pytest.Subtests
) -> None:
    await chat.new("hi")
    plan = pending_plan(services.store, "thread-1", "wf-1")
    assert plan is not None
    for typed in (plan.id, f"approve {plan.id}", f"plans approve {plan.id}", f"yes to {plan.id}"):
        with subtests.test(typed):
            await chat.answer(typed)
            watch.nothing()
    for value in (
        {"plan_id": plan.id},
        {"approve": plan.id},
        {"approved": True},
        {"type": "approved"},
        {"decision": "approve"},
        {"decisions": []},
        {"decisions": ["approve"]},
        {"decisions": [{"type": "approve_all"}]},
        True,
        1,
    ):
        with subtests.test("no answer at all", value=value):
            with pytest.raises((ValidationError, ValueError)):
                await chat.answer(value)
            watch.nothing()
            assert await chat.asked() is not None


async def test_decisions_that_do_not_fit_the_plan_are_asked_again(
    chat: Chat, watch: Watch, subtests: pytest.Subtests
) -> None:
    await chat.new("hi")
    await chat.answer("2 technical and 3 billing, few-shot")
    wrong = {
        "one yes for two parts": {"decisions": [APPROVE]},
        "three for two": {"decisions": [APPROVE] * 3},
        "no decision at all": [],
        "a yes and a remark": {"decisions": [APPROVE, {"type": "respond", "message": "yes"}]},
        "a yes and an edit of nothing": {"decisions": [APPROVE, {"type": "edit"}]},
        "a no that says yes": {"type": "respond", "message": "yes, but cheaper, and not billing"},
    }
    for name, answer in wrong.items():
        with subtests.test(name):
            await chat.answer(answer)
            assert await chat.asked() is not None
            watch.nothing()


async def test_an_answer_to_an_older_question_by_its_id_is_none_to_the_new_one(
    chat: Chat, watch: Watch
) -> None:
    await chat.new("hi")
    (old,) = (await chat.state()).interrupts
    await chat.answer("do 900 with few-shot")
    await chat.graph.ainvoke(Command(resume={old.id: APPROVE}), chat.config)
    asked = await chat.asked()
    assert asked is not None and asked["action_requests"][0]["args"]["count"] == 900
    watch.nothing()


async def test_a_plan_for_a_dataset_that_changed_is_not_approved_by_any_answer(
    start: Callable[..., Chat],
    services: Services,
    dataset: Callable[..., Any],
    watch: Watch,
    subtests: pytest.Subtests,
) -> None:
    answers: list[Any] = ["yes", "1", APPROVE, {"decisions": [APPROVE]}]
    for number, answer in enumerate(answers):
        with subtests.test(str(answer)):
            chat = start(f"thread-{number}")
            await chat.new("hi")
            plan = pending_plan(services.store, f"thread-{number}", "wf-1")
            more = dataset({"billing_questions": 30 + number}, f"more-{number}.jsonl")
            import_files(services.store, "wf-1", [more])
            await chat.answer(answer)
            assert await chat.asked() is not None
            assert plan is not None and get_plan(services.store, plan.id).status != "approved"
            watch.nothing()


async def test_a_typed_yes_to_a_plan_for_a_dataset_that_changed(
    chat: Chat, services: Services, dataset: Callable[..., Any], watch: Watch
) -> None:
    await chat.new("hi")
    import_files(services.store, "wf-1", [dataset({"billing_questions": 30}, "more.jsonl")])
    assert "changed since" in await chat.new("yes")
    watch.nothing()
