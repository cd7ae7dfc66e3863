"""No MCP client can get round a person's yes to exactly one plan."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from fastmcp.exceptions import ToolError

from .conftest import Command
from .endpoint import Endpoint
from .mcp_clients import ITEM, WANTED, call, in_process, proposed

pytestmark = pytest.mark.slow

TOOLS = {
    "list_workflows", "analyze_coverage", "list_topics", "show_records", "list_jobs", "show_plans",
    "estimate_generation", "propose_generation", "generate_synthetic_data",
}  # fmt: skip
YES_WORDS = ("approv", "confirm", "yes", "force", "channel", "auto")


async def test_nothing_that_a_client_can_reach_approves(small: str) -> None:
    async with in_process() as client:
        tools = await client.list_tools()
        assert {tool.name for tool in tools} == TOOLS
        arguments = {name for tool in tools for name in tool.input_schema["properties"]}
        assert [name for name in arguments if any(word in name for word in YES_WORDS)] == []
        assert await client.list_resources() == []
        assert await client.list_resource_templates() == []
        assert await client.list_prompts() == []
        for tool in ("approve_plan", "plans_approve", "run_approved_item"):
            with pytest.raises(ToolError, match="Unknown tool"):
                await client.call_tool(tool, {"plan_id": await proposed(client)})


EDITS: list[dict[str, Any]] = [
    {"count": 4},
    {"count": 1},
    {"count": 30_000},
    {"topic": "billing"},
    {"topic": "Technical"},
    {"topic": "technical "},
    {"topic": "tеchnical"},  # a Cyrillic letter
    {"strategy": "few_shot"},
    {"workflow_id": "wf-other"},
]
BAD: list[dict[str, Any]] = [
    {"count": -3},
    {"count": 3.5},
    {"count": "three"},
    {"strategy": "anything"},
    {"approved": True},
    {"approval_id": "approval-1"},
    {"approver": "a person", "channel": "cli"},
    {"plan_id": "plan-1"},
]


async def test_another_call_than_the_approved_one_is_refused(
    command: Command, small: str, endpoint: Endpoint
) -> None:
    command("import", *_files(command), "-w", "wf-other")
    async with in_process() as client:
        plan_id = await proposed(client)
        for bad in BAD:
            answer = await call(client, "generate_synthetic_data", **{**WANTED, **bad})
            assert answer["error"]["code"] == "invalid_input", bad
        assert command("plans", "approve", "--yes", plan_id).code == 0
        for edit in EDITS:
            answer = await call(client, "generate_synthetic_data", **{**WANTED, **edit})
            assert answer["error"]["code"] in ("approval_required", "topic_not_found"), edit
        for bad in BAD:
            answer = await call(client, "generate_synthetic_data", **{**WANTED, **bad})
            assert answer["error"]["code"] == "invalid_input", bad
        assert endpoint.calls == 0
        assert (await call(client, "list_jobs"))["jobs"] == []


def _files(command: Command) -> list[str]:
    from finetune_coverage.tools.dataset.bundled_sample import sample_path, sample_topics_path

    return [str(sample_path()), "--topics", str(sample_topics_path())]


async def test_calls_at_the_same_time_share_one_yes(command: Command, small: str, endpoint: Endpoint) -> None:
    async with in_process() as client:
        command("plans", "approve", "--yes", await proposed(client))
        answers = await asyncio.gather(*(call(client, "generate_synthetic_data", **WANTED) for _ in range(5)))
        won = [answer for answer in answers if answer["success"]]
        lost = {answer["error"]["code"] for answer in answers if not answer["success"]}
        assert len({answer["generation"]["job_id"] for answer in won}) == 1
        assert lost <= {"busy", "approval_required"}
        assert len((await call(client, "list_jobs"))["jobs"]) == 1
        records = await call(client, "show_records", workflow_id=small, origin="synthetic")
        assert len(records["records"]) == 3


async def test_a_second_plan_of_the_same_shape_needs_its_own_yes(
    command: Command, small: str, endpoint: Endpoint
) -> None:
    async with in_process() as client:
        command("plans", "approve", "--yes", await proposed(client))
        assert (await call(client, "generate_synthetic_data", **WANTED))["success"]
        calls = endpoint.calls
        second = await proposed(client)
        refused = await call(client, "generate_synthetic_data", **WANTED)
        assert refused["error"]["code"] == "approval_required"
        assert second in refused["error"]["hint"]
        assert endpoint.calls == calls


async def test_a_plan_for_an_older_dataset_cannot_be_approved(
    command: Command, small: str, endpoint: Endpoint
) -> None:
    async with in_process() as client:
        plan_id = await proposed(client)
        command("import", *_files(command), "-w", small)
        (plan,) = (await call(client, "show_plans", plan_id=plan_id))["plans"]
        assert (plan["status"], plan["outdated"]) == ("pending", True)
        assert command("plans", "approve", "--yes", plan_id).code == 1
        assert (await call(client, "generate_synthetic_data", **WANTED))["error"][
            "code"
        ] == "approval_required"
        assert await proposed(client) != plan_id, "proposing again makes one that can be approved"


async def test_the_caps_that_were_approved_bind(command: Command, small: str, endpoint: Endpoint) -> None:
    # Many records: the cap has room for a first draft, and not for all of them.
    item, wanted = {**ITEM, "count": 40}, {**WANTED, "count": 40}
    async with in_process() as client:
        answer = await call(client, "propose_generation", workflow_id=small, items=[item], max_tokens=5_000)
        assert answer["plan"]["cap_tokens"] == 5_000
        assert "at most 5,000 tokens" in command("plans", "approve", "--yes", answer["plan"]["id"]).out
        done = (await call(client, "generate_synthetic_data", **wanted))["generation"]
        assert done["status"] == "short"
        assert done["cost"]["tokens"] <= 5_000
        assert "token budget of 5,000" in done["stop_reason"]
        assert endpoint.calls >= 1
