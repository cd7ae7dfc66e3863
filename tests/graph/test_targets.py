"""Targets in conversation: wishes are read, shown back, analyzed; the plan for the earlier targets is void."""

from __future__ import annotations

from typing import Any

import pytest
from finetune_coverage.graph.offers.offer import Offer, Option
from finetune_coverage.graph.reading.grammar.sentence import read_reply
from finetune_coverage.tools.coverage.recommendation import PlanItem
from finetune_coverage.tools.coverage.targets import Aim
from finetune_coverage.tools.dataset.records import load_records
from finetune_coverage.tools.dataset.workflows import TopicInfo, dataset_version, list_topics, set_topics
from finetune_coverage.tools.generation.plans import list_plans
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.set_targets import change_targets

BILLING, TECHNICAL, ACCOUNT = "billing_questions", "technical_issues", "account_management"
ITEMS = [PlanItem(topic=TECHNICAL, count=30, strategy="few_shot")]


def pending() -> Offer:
    return Offer(
        action="generate_synthetic_data",
        workflow_id="wf-1",
        plan_id="plan-1",
        items=ITEMS,
        options=[Option(label="Generate this plan", effect="generate", items=ITEMS)],
        topics=[BILLING, TECHNICAL, ACCOUNT],
    )


def factor(topic: str, value: float, than: str | None = None) -> Aim:
    return Aim(kind="factor", topic=topic, value=value, than=than)


def share(topic: str, value: float) -> Aim:
    return Aim(kind="share", topic=topic, value=value)


def weight(topic: str, value: float) -> Aim:
    return Aim(kind="weight", topic=topic, value=value)


WISHES: list[tuple[str, list[Aim]]] = [
    ("twice as much billing", [factor(BILLING, 2)]),
    ("Please make billing twice as important!", [factor(BILLING, 2)]),
    ("I want three times as much tecnical isues", [factor(TECHNICAL, 3)]),
    ("half as much billing", [factor(BILLING, 0.5)]),
    ("no, twice as much billing", [factor(BILLING, 2)]),
    ("could you make billing twice as important?", [factor(BILLING, 2)]),
    ("double the weight of billing", [factor(BILLING, 2)]),
    ("weight billing x2", [factor(BILLING, 2)]),
    ("twice as much billing as technical", [factor(BILLING, 2, TECHNICAL)]),
    ("technical issues and billing twice as important", [factor(TECHNICAL, 2), factor(BILLING, 2)]),
    ("billing should be half of it", [share(BILLING, 0.5)]),
    ("billing should be 50%", [share(BILLING, 0.5)]),
    ("billing's share should be 62.5%", [share(BILLING, 0.625)]),
    ("make billing a quarter of the dataset", [share(BILLING, 0.25)]),
    ("I need 40 percent technical", [share(TECHNICAL, 0.4)]),
    ("two thirds billing", [share(BILLING, 2 / 3)]),
    ("50% billing, 30% technical and 20% account",
     [share(BILLING, 0.5), share(TECHNICAL, 0.3), share(ACCOUNT, 0.2)]),
    ("set the weight of billing to 2", [weight(BILLING, 2)]),
    ("targets: billing 2, technical 1.5", [weight(BILLING, 2), weight(TECHNICAL, 1.5)]),
    ("make all equal again", [Aim(kind="equal")]),
    ("all topics should be equal", [Aim(kind="equal")]),
    ("equal targets please", [Aim(kind="equal")]),
    ("reset the targets", [Aim(kind="equal")]),
]  # fmt: skip

NO_WISH: list[tuple[str, str]] = [
    ("yes", "approve"),
    ("yes, approved", "approve"),
    ("make it 20", "change"),
    ("do 20 for technical with few-shot", "change"),
    ("30%", "unclear"),
    ("double", "change"),
    ("the same", "unclear"),
    ("twice as many for billing", "unclear"),
    ("generate twice as much billing", "unclear"),
    ("only half of billing", "unclear"),
    ("don't make billing half", "unclear"),
    ("less than half billing", "unclear"),
    ("yes if billing is half", "unclear"),
    ("is billing half of it?", "question"),
    ("billing half?", "unclear"),
    ("what about twice as much billing?", "unclear"),
    ("billing 50%, technical", "unclear"),
    ("twice as much billing and 20% technical", "unclear"),
    ("use traffic.csv as the targets", "unclear"),
]


@pytest.mark.parametrize(("text", "aims"), WISHES)
def test_a_wish_is_read(text: str, aims: list[Aim]) -> None:
    reply = read_reply(text, pending())
    assert (reply.kind, reply.aims) == ("targets", aims)


@pytest.mark.parametrize(("text", "kind"), NO_WISH)
def test_nothing_else_is_a_wish(text: str, kind: str) -> None:
    reply = read_reply(text, pending())
    assert (reply.kind, reply.aims) == (kind, [])


def test_a_file_is_pointed_to_the_command() -> None:
    assert "targets from-file" in read_reply("take production.jsonl as the target mix", pending()).note


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
