"""A topic that the person leaves out stays out of what is recommended, until they take it in again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.tools.coverage.balance import balance_score
from finetune_coverage.tools.dataset.importer import import_files
from finetune_coverage.tools.generation.approvals.plans import list_plans
from finetune_coverage.tools.services import Services
from langchain_core.messages import AIMessage

pytestmark = pytest.mark.slow

LEFT_OUT = 'Left out, as you said: "Technical Issues".'


def planned(services: Services) -> set[str]:
    (plan,) = list_plans(services.store, "wf-1", "pending")
    return {item.topic for item in plan.items}


async def test_it_stays_out_of_every_recommendation_until_it_is_named(chat: Any, services: Services) -> None:
    await chat.new()
    assert planned(services) == {"technical_issues"}
    said = await chat.answer("ignore technical")
    assert LEFT_OUT in said and planned(services) == {"billing_questions"}
    said = await chat.answer("1")
    assert "generated" in said and LEFT_OUT in said
    assert not any('"Technical Issues" (' in line for line in said.split("\n")), "no plan for it"
    assert LEFT_OUT not in (await chat.answer("20 for technical")) and planned(services) == {
        "technical_issues"
    }
    assert not (await chat.values())["left_out"]


async def test_it_is_taken_in_again(chat: Any, services: Services) -> None:
    await chat.new()
    await chat.answer("ignore technical")
    said = await chat.answer("technical again")
    assert 'No longer left out: "Technical Issues".' in said and LEFT_OUT not in said
    assert planned(services) == {"technical_issues"}


async def test_the_rest_of_the_plan_stays(chat: Any, services: Services) -> None:
    await chat.new()
    await chat.answer("5 technical and 7 billing, few-shot")
    said = await chat.answer("leave billing out")
    assert "**Plan**: 5 for" in said and 'Left out from now on: "Billing Questions".' in said
    assert planned(services) == {"technical_issues"}
    await chat.answer("all topics should be equal")
    said = await chat.answer("twice as much billing")
    assert 'Left out, as you said: "Billing Questions".' in said and "billing_questions" not in planned(
        services
    )


async def test_a_topic_is_not_planned_and_left_out(chat: Any, model: Any) -> None:
    await chat.new()
    both = {"items": [{"topic": "technical_issues", "count": 3}], "leave_out": ["technical_issues"]}
    model.queue.append(AIMessage("", tool_calls=[{"name": "ProposePlan", "args": both, "id": "call-1"}]))
    model.queue.append(AIMessage("Which of the two?"))
    assert "Which of the two?" in await chat.answer("three of them, and ignore them")
    assert "in the plan and left out" in model.history[-1][-1].text


async def test_a_conversation_that_comes_back_with_an_empty_state_knows_it(
    chat: Any, services: Services
) -> None:
    await chat.new()
    await chat.answer("ignore technical")
    await chat.graph.aupdate_state(chat.config, {"left_out": None, "offer": None})
    await chat.new("all topics should be equal")
    said = await chat.new("twice as much billing")
    assert LEFT_OUT in said and "technical_issues" not in planned(services)


async def test_the_score_without_it_is_told(chat: Any) -> None:
    await chat.new()
    without = balance_score({"billing_questions": 24, "account_management": 48})
    assert f"{LEFT_OUT} Without it the score is {without:.2f}." in await chat.answer("ignore technical")


async def test_it_is_left_out_again_when_the_dataset_is_opened_again(
    chat: Any, services: Services, model: Any, dataset: Callable[..., Path]
) -> None:
    sizes = {"billing_questions": 3, "technical_issues": 9}
    import_files(services.store, "wf-2", [dataset(sizes, "second.jsonl")])
    await chat.new(workflow_id="wf-1")
    assert LEFT_OUT in await chat.answer("ignore technical")
    for workflow, is_out in (("wf-2", False), ("wf-1", True)):
        call = {"name": "SwitchDataset", "args": {"workflow_id": workflow}, "id": "call-1"}
        model.queue.append(AIMessage("", tool_calls=[call]))
        assert (LEFT_OUT in await chat.answer(f"the other one, {workflow}")) is is_out
    assert planned(services) == {"billing_questions"}
