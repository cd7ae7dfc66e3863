"""A pilot: a few records first, shown, paid for under their own yes, and counted towards the whole."""

from __future__ import annotations

from typing import Any

import pytest
from finetune_coverage.graph.actions.pilot import split_pilot
from finetune_coverage.tools.coverage.recommendation import PlanItem
from finetune_coverage.tools.generation.approvals.plans import list_plans
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.store.records import load_records, set_status
from langchain_core.messages import AIMessage

pytestmark = pytest.mark.slow


def synthetic(services: Services) -> int:
    return sum(1 for _ in load_records(services.store, "wf-1", origin="synthetic"))


def items(services: Services, status: str) -> list[tuple[str, int]]:
    plans = list_plans(services.store, "wf-1", status)
    return [(item.topic, item.count) for plan in plans for item in plan.items]


@pytest.fixture
async def asked(chat: Any) -> Any:
    """A plan of 6 is on the table."""
    await chat.new("do 6 for technical issues with few-shot")
    return chat


async def test_three_first_then_the_rest_by_another_yes(asked: Any, services: Services) -> None:
    said = await asked.answer("show me three first")
    assert "3 of the 6 records" in said and "the remaining 3 need another yes" in said
    assert synthetic(services) == 0 and items(services, "pending") == [("technical_issues", 3)]
    said = await asked.answer("yes")
    assert "**Pilot Complete**" in said and synthetic(services) == 3
    assert all(f"**Record {number}** · Technical Issues · synthetic" in said for number in (1, 2, 3))
    assert "1. Go on with the remaining 3" in said
    assert items(services, "pending") == [("technical_issues", 3)]
    said = await asked.answer("1")
    assert "**Generation Complete**" in said and synthetic(services) == 6
    assert items(services, "approved") == [("technical_issues", 3), ("technical_issues", 3)]
    assert (await asked.values())["rounds"] == 2 and len((await asked.values())["record_ids"]) == 6


async def test_the_rest_can_be_left(asked: Any, services: Services) -> None:
    await asked.answer("a pilot of 2 please")
    await asked.answer("yes")
    said = await asked.answer("stop")
    assert "Stopped here" in said and synthetic(services) == 2 and items(services, "pending") == []


async def test_the_rest_can_be_changed(asked: Any, services: Services) -> None:
    await asked.answer("just 2 first")
    await asked.answer("yes")
    said = await asked.answer("make it 1")
    assert "Pilot" not in said
    assert "**Generation Complete**" in await asked.answer("yes")
    assert synthetic(services) == 3


async def test_what_the_pilot_shows_can_be_rejected_and_the_rest_still_stands(
    asked: Any, services: Services, model: Any
) -> None:
    await asked.answer("show me 2 first")
    await asked.answer("yes")
    await asked.answer("drop 2 because it is too vague")
    said = await asked.answer("yes")
    assert "I dropped record 2;" in said and "1. Go on with the remaining 4" in said
    model.history.clear()
    await asked.answer("yes")
    assert '"why": "it is too vague"' in str(model.history[0][0].content)
    assert synthetic(services) == 5


async def test_another_pilot_in_the_same_breath_comes_before_the_rest(
    asked: Any, services: Services, model: Any
) -> None:
    """It came after all of the rest had been generated, although it was said that it follows."""
    await asked.answer("show me 2 first")
    await asked.answer("yes")
    tools = [("DropRecords", {"numbers": [2], "reason": "dull"}), ("ProposePilot", {"count": 1})]
    model.queue.append(
        AIMessage("", tool_calls=[{"name": name, "args": args, "id": name} for name, args in tools])
    )
    assert "After your answer to this: a pilot." in await asked.answer("toss 2, and another one like that")
    said = await asked.answer("yes")
    assert "A pilot first: 1 of the 4 records" in said and "**The rest**" not in said
    assert "After your answer" not in said and (await asked.values())["offer"]["then"] == []
    assert said.count("Would you like") == 1 and items(services, "pending") == [("technical_issues", 1)]
    await asked.answer("yes")
    assert synthetic(services) == 2 and items(services, "pending") == [("technical_issues", 3)]
    said = await asked.answer("yes")
    assert synthetic(services) == 5 and "No plan is on the table" not in said, "once, not again"


async def test_a_rest_whose_figures_changed_outside_is_said_anew(
    asked: Any, services: Services, model: Any
) -> None:
    await asked.answer("show me 2 first")
    await asked.answer("yes")
    gone = [record.id for record in load_records(services.store, "wf-1", topic="billing_questions")][:3]
    set_status(services.store, "wf-1", gone, "rejected")
    model.queue.append(AIMessage("Fine, I think."))
    said = await asked.answer("hm, what do you think?")
    before = "\n".join(m.text for m in (await asked.state()).values["messages"][-3:])
    assert "**The rest**: 4 for" in before + said and "Fine, I think." in said


async def test_a_rule_between_the_pilot_and_the_rest(asked: Any, services: Services) -> None:
    await asked.answer("show me 2 first")
    await asked.answer("yes")
    await asked.answer("drop 1 because no reply may be over 60 words")
    await asked.answer("yes")
    said = await asked.answer("yes")
    assert "From now on: rule 1" in said and "1. Go on with the remaining 4" in said
    assert items(services, "pending") == [("technical_issues", 4)]


async def test_a_plan_of_two_topics(chat: Any, services: Services, writer: Any) -> None:
    await chat.new("4 technical and 2 billing with few-shot")
    await chat.answer("show me 3 first")
    assert items(services, "pending") == [("technical_issues", 2), ("billing_questions", 1)]
    await chat.answer("yes")
    # The scripted model writes of technical issues only: what the other topic's pilot lacks is still owed.
    assert items(services, "pending") == [("technical_issues", 2), ("billing_questions", 2)]


@pytest.mark.parametrize(
    ("counts", "number", "pilot", "rest"),
    [
        ([2, 2], 2, [("a", 1), ("b", 1)], [("a", 1), ("b", 1)]),
        ([1, 5], 4, [("a", 1), ("b", 3)], [("b", 2)]),
        ([3, 3, 3], 2, [("a", 1), ("b", 1)], [("a", 2), ("b", 2), ("c", 3)]),
        ([2], 9, [("a", 2)], []),
    ],
)
def test_a_pilot_takes_from_each_topic_in_turn(
    counts: list[int], number: int, pilot: list[tuple[str, int]], rest: list[tuple[str, int]]
) -> None:
    plan = [
        PlanItem(topic=name, count=count, strategy="few_shot")
        for name, count in zip("abc", counts, strict=False)
    ]
    parts = split_pilot(plan, number)
    assert [[(item.topic, item.count) for item in part] for part in parts] == [pilot, rest]


def test_a_pilot_of_one_topic_leaves_the_rest_of_the_plan() -> None:
    plan = [PlanItem(topic=name, count=count, strategy="few_shot") for name, count in (("a", 6), ("b", 4))]
    pilot, rest = split_pilot(plan, 2, ["b"])
    assert [(item.topic, item.count) for item in pilot] == [("b", 2)]
    assert [(item.topic, item.count) for item in rest] == [("a", 6), ("b", 2)]


async def test_a_pilot_of_a_pilot_leads_to_the_whole(asked: Any, services: Services) -> None:
    await asked.answer("show me 3 first")
    await asked.answer("show me 2 first")
    assert items(services, "pending") == [("technical_issues", 2)]
    said = await asked.answer("yes")
    assert "1. Go on with the remaining 4" in said and items(services, "pending") == [("technical_issues", 4)]


async def test_a_topic_taken_out_of_the_pilots_form_takes_no_other_rest_along(
    chat: Any, services: Services
) -> None:
    await chat.new("4 technical and 2 billing with few-shot")
    await chat.answer("show me 3 first")
    await chat.answer({"decisions": [{"type": "approve"}, {"type": "reject"}]})
    assert items(services, "pending") == [("technical_issues", 2)]


async def test_a_topic_that_is_wholly_in_the_pilot_is_owed_what_the_form_takes_off(
    chat: Any, services: Services
) -> None:
    await chat.new("2 technical and 6 billing with few-shot")
    await chat.answer("show me 3 first")
    args = {"topic": "technical_issues", "count": 1, "strategy": "few_shot"}
    edit = {"type": "edit", "edited_action": {"name": "generate_synthetic_data", "args": args}}
    await chat.answer({"decisions": [edit, {"type": "approve"}]})
    # The scripted model writes of technical issues only.
    assert items(services, "pending") == [("technical_issues", 1), ("billing_questions", 6)]


async def test_as_many_as_there_are_is_no_pilot(asked: Any, services: Services) -> None:
    said = await asked.answer("show me 6 first")
    assert "another yes" not in said
    assert "**Generation Complete**" in await asked.answer("yes")
    assert synthetic(services) == 6


PLAN = [PlanItem(topic="technical_issues", count=30, strategy="few_shot")]
