"""Targets in conversation: wishes are read, shown back, analyzed; the plan for the earlier targets is void."""

from __future__ import annotations

from typing import Any

import pytest
from finetune_coverage.graph.offers.offer import Option, PlanOffer
from finetune_coverage.graph.offers.reply import Approve
from finetune_coverage.tools.coverage.recommendation import PlanItem
from finetune_coverage.tools.coverage.targets import Aim
from finetune_coverage.tools.generation.approvals.plans import list_plans
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.set_targets import change_targets
from finetune_coverage.tools.store.records import load_records
from finetune_coverage.tools.store.workflows import TopicInfo, dataset_version, list_topics, set_topics
from langchain_core.messages import AIMessage

pytestmark = pytest.mark.slow

BILLING, TECHNICAL, ACCOUNT = "billing_questions", "technical_issues", "account_management"
ITEMS = [PlanItem(topic=TECHNICAL, count=30, strategy="few_shot")]


def pending() -> PlanOffer:
    return PlanOffer(
        workflow_id="wf-1",
        plan_id="plan-1",
        items=ITEMS,
        options=[Option(label="Generate this plan", deed=Approve(items=ITEMS))],
        topics=[BILLING, TECHNICAL, ACCOUNT],
    )


def factor(topic: str, value: float, than: str | None = None) -> Aim:
    return Aim(kind="factor", topic=topic, value=value, than=than)


def share(topic: str, value: float) -> Aim:
    return Aim(kind="share", topic=topic, value=value)


def weight(topic: str, value: float) -> Aim:
    return Aim(kind="weight", topic=topic, value=value)


async def test_other_targets_are_shown_back_analyzed_and_void_the_plan(
    chat: Any, services: Services, writer: Any
) -> None:
    set_topics(services.store, "wf-1", [TopicInfo(BILLING, "Invoices and refunds")])
    await chat.new("hi")
    before = dataset_version(services.store, "wf-1")
    said = await chat.answer("twice as much billing")
    assert said.startswith(
        "The targets are now: Billing Questions 50% (was 33%), Technical Issues 25% (was 33%)"
    )
    assert "**Coverage Analysis**" in said
    assert "| Billing Questions | 24 | 30% | target 50% |" in said
    assert "| Technical Issues | 8 | 10% | ⚠️ Under-represented (target 25%) |" in said
    assert "make all equal again" in said
    assert dataset_version(services.store, "wf-1") == before + 1
    infos = {info.name: info for info in list_topics(services.store, "wf-1")}
    assert {name: info.weight for name, info in infos.items()} == {BILLING: 2, TECHNICAL: 1, ACCOUNT: 1}
    assert infos[BILLING].description == "Invoices and refunds"
    assert [plan.status for plan in reversed(list_plans(services.store, "wf-1"))] == ["cancelled", "pending"]
    assert writer.calls == 0 and list(load_records(services.store, "wf-1", origin="synthetic")) == []
    weights = (await chat.values())["coverage"]["weights"]
    assert weights == {BILLING: 2, TECHNICAL: 1, ACCOUNT: 1}

    said = await chat.answer("make all equal again")
    assert said.startswith("All topics have the same target again")
    assert "**Balance Score:** 0.45 (Poor)" in said
    assert {info.weight for info in list_topics(services.store, "wf-1")} == {None}
    assert await chat.tool_calls() == ["analyze_coverage"] * 3


async def test_a_wish_that_cannot_be_met_changes_nothing(chat: Any, services: Services) -> None:
    await chat.new("hi")
    version = dataset_version(services.store, "wf-1")
    said = await chat.answer("100% billing")
    assert "leave nothing for the other topics" in said and "The plan still stands" in said
    said = await chat.answer("all topics should be equal")
    assert "These are the targets already" in said and "The plan still stands" in said
    assert dataset_version(services.store, "wf-1") == version
    assert "Generation Complete" in await chat.answer("yes")


async def test_half_a_wish_is_given_back_to_the_model(chat: Any, services: Services, model: Any) -> None:
    await chat.new()
    args = {"aims": [{"kind": "weight", "topic": "billing_questions"}]}
    model.queue.append(AIMessage("", tool_calls=[{"name": "SetTargets", "args": args, "id": "call-1"}]))
    model.queue.append(AIMessage("Which weight should it have?"))
    assert "Which weight should it have?" in await chat.answer("billing is more important")
    assert "which weight 'billing_questions' should have" in model.history[-1][-1].text


async def test_a_wish_in_the_first_message_and_after_the_end(chat: Any, services: Services) -> None:
    said = await chat.new("billing should be half of it")
    assert said.startswith("The targets are now: Billing Questions 50%")
    await chat.answer("skip")
    assert (await chat.values())["next_step"] == "grader"
    said = await chat.new("make all equal again")
    assert said.startswith("All topics have the same target again")
    assert (await chat.values())["next_step"] is None


async def test_a_yes_after_other_targets_is_to_the_new_plan_only(chat: Any, services: Services) -> None:
    await chat.new("hi")
    change_targets(services, "wf-1", [factor(ACCOUNT, 4)])  # in another window
    said = await chat.answer("yes")
    assert "can no longer be used" in said
    assert list(load_records(services.store, "wf-1", origin="synthetic")) == []


def test_run_again_after_a_crash_a_factor_is_applied_once(services: Services) -> None:
    seen = change_targets(services, "wf-1", [Aim(kind="equal")]).coverage
    for _ in range(2):
        change = change_targets(services, "wf-1", [factor(BILLING, 2)], since=seen)
        assert change.after[BILLING] == 0.5
    assert change.changed is False
    change_targets(services, "wf-1", [factor(TECHNICAL, 2)])
    change = change_targets(services, "wf-1", [factor(BILLING, 2)], since=seen)
    assert change.coverage.weights == {BILLING: 4, TECHNICAL: 2, ACCOUNT: 1}
