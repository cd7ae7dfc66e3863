"""Another way from an earlier round: on a branch, beside the first one, compared and chosen."""

from __future__ import annotations

from typing import Any

import pytest
from finetune_coverage.tools.errors import InvalidInput
from finetune_coverage.tools.generation.approvals.plans import list_plans
from finetune_coverage.tools.inspection.compare import compare_branches
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.store.records import load_records

pytestmark = pytest.mark.slow

BRANCH = "wf-1~topic-description"


def synthetic(services: Services, workflow: str) -> int:
    return sum(1 for _ in load_records(services.store, workflow, origin="synthetic"))


@pytest.fixture
async def forked(chat: Any) -> Any:
    """After rounds of 2 and 3 with few-shot: back before the second, with another strategy."""
    await chat.new("do 2 for technical issues with few-shot")
    await chat.answer("yes")
    await chat.answer("3 for technical issues with few-shot")
    await chat.answer("yes")
    chat.forked = await chat.answer("go back to before round 2 and try topic description instead")
    return chat


async def test_a_fork_has_its_own_copy_asks_and_is_compared_and_chosen(
    forked: Any, services: Services
) -> None:
    messages = (await forked.values())["messages"]
    assert any(f"I made `{BRANCH}`" in message.text for message in messages)
    assert (await forked.values())["workflow_id"] == BRANCH
    assert (synthetic(services, "wf-1"), synthetic(services, BRANCH)) == (5, 2)
    (plan,) = list_plans(services.store, BRANCH, "pending")
    assert [(i.topic, i.count, i.strategy) for i in plan.items] == [
        ("technical_issues", 3, "topic_description")
    ]
    assert list_plans(services.store, "wf-1", "pending") == []
    await forked.answer("yes")
    assert (synthetic(services, "wf-1"), synthetic(services, BRANCH)) == (5, 5)

    said = await forked.answer("compare the two")
    table = compare_branches(services, "wf-1", BRANCH)
    first, second = table.sides
    assert (first.accepted, second.accepted, table.compared) == (3, 3, 3)
    assert (first.strategies, second.strategies) == (["few_shot"], ["topic_description"])
    assert first.tokens > 0 and second.tokens > 0 and len(first.samples) == 2
    assert f"| Tokens | {first.tokens:,} | {second.tokens:,} |" in said
    assert "| Generated since | 3 | 3 |" in said and "| Strategy | few-shot | topic description |" in said
    assert f"{first.distinct_pairs:.3f} | {second.distinct_pairs:.3f}" in said
    assert first.samples[0].turns[0].text[:30] in said
    said = await forked.answer("use wf-1")
    assert "We go on with `wf-1`" in said and "| Technical Issues | 13 |" in said
    values = await forked.values()
    assert values["workflow_id"] == "wf-1" and values["rounds"] == 2 and len(values["record_ids"]) == 5
    assert f"We go on with `{BRANCH}`" in await forked.answer(f"switch to {BRANCH}")
    assert "We are working on it" in await forked.answer(f"use {BRANCH}")
    assert "There is no dataset 'wf-1~other'" in await forked.answer("use wf-1~other")


async def test_what_cannot_be_forked_or_compared(chat: Any, services: Services) -> None:
    await chat.new("hi")
    assert "no round of generation yet" in await chat.answer("go back to before the last round")
    assert "nothing to compare with" in await chat.answer("compare")
    await chat.answer("do 2 for technical issues with few-shot")
    await chat.answer("yes")
    assert "There is no round 4" in await chat.answer("go back to before round 4")
    with pytest.raises(InvalidInput, match="no branches of one workflow"):
        from finetune_coverage.tools.store.workflows import create_workflow

        create_workflow(services.store, "wf-2")
        compare_branches(services, "wf-1", "wf-2")
