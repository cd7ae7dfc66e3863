"""The tool called by itself: by a model, by a program, through MCP, which calls the same function."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import finetune_coverage
import pytest
from finetune_coverage.tools.coverage.recommendation import PlanItem
from finetune_coverage.tools.dataset.importer import import_files
from finetune_coverage.tools.errors import InvalidInput
from finetune_coverage.tools.generate_synthetic_data import (
    generate_synthetic_data,
    generate_synthetic_data_tool,
    run_approved_item,
)
from finetune_coverage.tools.generation.approvals.approval import approve_plan
from finetune_coverage.tools.generation.approvals.plans import pending_plan, propose_plan
from finetune_coverage.tools.services import Services
from langchain_core.tools import ToolException

from .conftest import CALL, Chat, Watch

APPROVED = {"topic": "technical_issues", "count": 2, "strategy": "few_shot"}

NOT_APPROVED: dict[str, dict[str, Any]] = {
    "one record more": {"count": 3},
    "one record less": {"count": 1},
    "a negative count": {"count": -2},
    "no records": {"count": 0},
    "a fraction": {"count": 2.5},
    "beyond every limit": {"count": 10**12},
    "another topic": {"topic": "billing_questions"},
    "the topic in capitals": {"topic": "TECHNICAL_ISSUES"},
    "the topic as it is shown": {"topic": "Technical Issues"},
    "white space behind the topic": {"topic": "technical_issues "},
    "a line break behind the topic": {"topic": "technical_issues\n"},
    "a Cyrillic letter in the topic": {"topic": "tеchnical_issues"},
    "a full-width letter in the topic": {"topic": "ｔechnical_issues"},
    "an invisible letter in the topic": {"topic": "technical_issues\u200b"},
    "a wildcard for the topic": {"topic": "%"},
    "SQL in the topic": {"topic": "x' OR '1'='1"},
    "an empty topic": {"topic": ""},
    "another strategy": {"strategy": "topic_description"},
    "the strategy in capitals": {"strategy": "FEW_SHOT"},
    "the strategy's title": {"strategy": "Few-Shot"},
    "another workflow": {"workflow_id": "wf-2"},
    "the workflow in capitals": {"workflow_id": "WF-1"},
}
EXTRAS: dict[str, Any] = {
    "approval_id": "approval-1",
    "approved": True,
    "approver": "admin",
    "channel": "cli",
    "plan_id": "plan-1",
    "yes": True,
    "cap_tokens": 10**12,
}


@pytest.fixture
def approved(services: Services) -> str:
    """An approval of 2 technical records with few-shot; nothing of it is used."""
    plan = propose_plan(services.store, "wf-1", [PlanItem.model_validate(APPROVED)])
    return approve_plan(services.store, plan.id, approver="ada", channel="host").id


async def test_an_approval_covers_exactly_its_values(
    services: Services,
    approved: str,
    dataset: Callable[..., Path],
    watch: Watch,
    subtests: pytest.Subtests,
) -> None:
    for workflow in ("wf-2", "WF-1"):
        import_files(services.store, workflow, [dataset({"technical_issues": 3}, f"{workflow}.jsonl")])
    tool = generate_synthetic_data_tool(services)
    for name, changed in NOT_APPROVED.items():
        call = {"workflow_id": "wf-1", **APPROVED, **changed}
        with subtests.test(name):
            answer = await generate_synthetic_data(services, **call)
            assert answer["error"]["code"] in ("approval_required", "invalid_input", "workflow_not_found")
            try:
                text = await tool.ainvoke(call)
            except (ValueError, ToolException):
                continue  # refused by the schema
            assert json.loads(text)["success"] is False
            assert watch.generated == (0, 0, 0)
    assert watch.generated == (0, 0, 0)


async def test_arguments_that_claim_an_approval_count_for_nothing(
    chat: Chat, services: Services, watch: Watch, subtests: pytest.Subtests
) -> None:
    await chat.new("hi")  # exactly this plan is pending, and pending is not approved
    plan = pending_plan(services.store, "thread-1", "wf-1")
    assert plan is not None
    tool = generate_synthetic_data_tool(services)
    for name, value in {**EXTRAS, "plan_id": plan.id, "thread_id": "thread-1"}.items():
        with subtests.test(name):
            text = await tool.ainvoke({**CALL, name: value})
            assert json.loads(text)["error"]["code"] == "approval_required"
            watch.nothing()
    for name, value in {"approval_id": plan.id, "approver": "me"}.items():
        with subtests.test("the function takes no such argument", name=name):
            with pytest.raises(TypeError):
                await generate_synthetic_data(services, **CALL, **{name: value})
            watch.nothing()


async def test_made_up_approvals_and_items(
    services: Services, approved: str, watch: Watch, subtests: pytest.Subtests
) -> None:
    guesses: list[tuple[str, Any]] = [
        ("approval-1", 0),
        ("", 0),
        ("%", 0),
        ("' OR 1=1 --", 0),
        (approved.upper(), 0),
        (approved, 1),
        (approved, -1),
        (approved, 10**9),
    ]
    for approval_id, number in guesses:
        with subtests.test(approval_id, number=number):
            answer = await run_approved_item(services, approval_id, number)
            assert answer["error"]["code"] == "approval_required"
            assert watch.generated == (0, 0, 0)


async def test_a_plan_that_nobody_answered_is_no_approval(
    chat: Chat, services: Services, watch: Watch
) -> None:
    await chat.new("hi")
    plan = pending_plan(services.store, "thread-1", "wf-1")
    assert plan is not None
    assert (await run_approved_item(services, plan.id, 0))["error"]["code"] == "approval_required"
    proposed = propose_plan(services.store, "wf-1", [PlanItem.model_validate(APPROVED)])
    answer = await generate_synthetic_data(services, workflow_id="wf-1", **APPROVED)
    assert answer["error"]["code"] == "approval_required"
    assert (await run_approved_item(services, proposed.id, 0))["error"]["code"] == "approval_required"
    watch.nothing()


def test_no_tool_of_the_package_approves() -> None:
    """`approve_plan` is Python for host programs; what is offered to models is the other tools."""
    tools = [name for name in finetune_coverage.__all__ if name.endswith("_tool")]
    assert tools and not any("approve" in name or "plan" in name for name in tools)


@pytest.mark.parametrize("cap", [0, -1, -(10**9), float("nan"), float("inf"), float("-inf")])
def test_a_cap_that_is_none_cannot_be_proposed(services: Services, watch: Watch, cap: float) -> None:
    items = [PlanItem.model_validate(APPROVED)]
    with pytest.raises(InvalidInput):
        propose_plan(services.store, "wf-1", items, cap_tokens=cap)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput):
        propose_plan(services.store, "wf-1", items, cap_usd=cap)
    watch.nothing()
