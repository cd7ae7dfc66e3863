"""What the MCP tools answer, and how a generation looks to a client."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from .conftest import Command, chat_line
from .endpoint import Endpoint
from .mcp_clients import ITEM, WANTED, call, in_process, proposed

UNKNOWN = {**ITEM, "topic": "tecnical"}


async def test_clients_are_told_what_each_tool_does(small: str) -> None:
    async with in_process() as client:
        tools = {tool.name: tool for tool in await client.list_tools()}
        writes = {name for name, tool in tools.items() if not tool.annotations.read_only_hint}
        assert writes == {"propose_generation", "generate_synthetic_data"}
        assert tools["generate_synthetic_data"].annotations.open_world_hint
        assert not tools["generate_synthetic_data"].annotations.idempotent_hint
        assert all("success" in tool.output_schema["properties"] for tool in tools.values())


async def test_reading_changes_nothing_and_agrees_with_the_command_line(command: Command, small: str) -> None:
    async with in_process() as client:
        workflows = (await call(client, "list_workflows"))["workflows"]
        assert [(one["id"], one["records"]) for one in workflows] == [("wf-small", 7)]
        coverage = (await call(client, "analyze_coverage", workflow_id=small))["coverage"]
        assert coverage == command("analyze", "-w", small, "--json").document["coverage"]
        topics = (await call(client, "list_topics", workflow_id=small))["topics"]
        assert [(one["name"], one["records"]) for one in topics] == [("billing", 6), ("technical", 1)]
        assert topics[0]["description"] == "Invoices, prices and refunds."
        estimate = await call(client, "estimate_generation", workflow_id=small, items=[ITEM])
        assert estimate["estimate"]["predicted_score"] == pytest.approx(0.84, abs=0.01)
        assert estimate["estimate"]["calls"] >= 3
        assert command("plans", "--all", "--json").document["plans"] == []


async def test_records_come_in_pages(small: str) -> None:
    async with in_process() as client:
        seen: list[str] = []
        offset: int | None = 0
        while offset is not None:
            page = await call(
                client, "show_records", workflow_id=small, topic="billing", offset=offset, limit=4
            )
            assert len(page["records"]) <= 4
            seen += [record["id"] for record in page["records"]]
            offset = page.get("next_offset")
        assert len(set(seen)) == len(seen) == 6
        assert (await call(client, "show_records", workflow_id=small, uncategorized=True))["records"] == []


async def test_a_long_text_is_cut_and_says_so(command: Command, write_dataset: Any) -> None:
    command("import", write_dataset(chat_line("a", "x" * 5_000), chat_line("b", "short")), "-w", "wf-1")
    async with in_process() as client:
        long, short = (await call(client, "show_records", workflow_id="wf-1"))["records"]
        assert (long["shortened"], len(long["turns"][0]["text"])) == (True, 2_000)
        assert (short["shortened"], short["turns"][0]["text"]) == (False, "short")


@pytest.mark.parametrize(
    ("tool", "arguments", "code"),
    [
        ("analyze_coverage", {"workflow_id": "wf-9"}, "workflow_not_found"),
        ("analyze_coverage", {}, "invalid_input"),
        ("list_jobs", {"workflow_id": "wf-9"}, "workflow_not_found"),
        ("show_plans", {"plan_id": "plan-9"}, "invalid_input"),
        ("show_records", {"workflow_id": "wf-small", "limit": 51}, "invalid_input"),
        ("generate_synthetic_data", {**WANTED, "workflow_id": "wf-9"}, "workflow_not_found"),
        ("propose_generation", {"workflow_id": "wf-small", "items": []}, "invalid_input"),
        ("propose_generation", {"workflow_id": "wf-small", "items": [ITEM, ITEM]}, "invalid_input"),
        ("propose_generation", {"workflow_id": "wf-9", "items": [ITEM]}, "workflow_not_found"),
        ("propose_generation", {"workflow_id": "wf-small", "items": [UNKNOWN]}, "topic_not_found"),
        ("estimate_generation", {"workflow_id": "wf-small", "items": [UNKNOWN]}, "topic_not_found"),
        ("show_records", {"workflow_id": "wf-small", "topic": "tecnical"}, "topic_not_found"),
        ("propose_generation", {"workflow_id": "wf-small", "items": [ITEM], "max_usd": 0}, "invalid_input"),
        (
            "propose_generation",
            {"workflow_id": "wf-small", "items": [{**ITEM, "strategy": "tool_chain"}]},
            "invalid_input",
        ),
    ],
)
async def test_failures_are_data(small: str, tool: str, arguments: dict[str, Any], code: str) -> None:
    async with in_process() as client:
        answer = await call(client, tool, **arguments)
        assert answer["success"] is False
        assert answer["error"]["code"] == code
        assert answer["error"]["message"] and "Traceback" not in answer["error"]["message"]


async def test_an_unknown_topic_is_refused_as_on_the_command_line(command: Command, small: str) -> None:
    flags = ("--topic", "tecnical", "--count", "3", "--yes", "--json")
    typed = command("generate", "-w", small, *flags)
    with_strategy = command("generate", "-w", small, *flags, "--strategy", "topic_description")
    async with in_process() as client:
        answer = await call(client, "propose_generation", workflow_id=small, items=[UNKNOWN])
    for outcome in (typed, with_strategy):
        assert outcome.code == 1
        assert answer["error"]["message"] in outcome.err and answer["error"]["hint"] in outcome.err
    assert answer["error"]["hint"].startswith("Did you mean 'technical'? Its topics: billing, technical.")
    assert command("plans", "--all", "--json").document["plans"] == []


async def test_a_plan_that_lowers_the_score_says_so(command: Command, small: str) -> None:
    item = {**ITEM, "topic": "billing"}
    async with in_process() as client:
        estimate = (await call(client, "estimate_generation", workflow_id=small, items=[item]))["estimate"]
        proposal = await call(client, "propose_generation", workflow_id=small, items=[item])
        good = (await call(client, "estimate_generation", workflow_id=small, items=[ITEM]))["estimate"]
    assert estimate["predicted_score"] < estimate["score"] < good["predicted_score"]
    assert estimate["lowers_score"] and proposal["plan"]["outlook"]["lowers_score"]
    assert not good["lowers_score"]
    assert "lowers the balance score" in proposal["next_step"]


async def test_a_plan_beyond_a_ceiling_says_so(command: Command, small: str) -> None:
    assert command("targets", "set", "-w", small, "--most", "technical=2").code == 0
    async with in_process() as client:
        topics = (await call(client, "list_topics", workflow_id=small))["topics"]
        within = await call(client, "propose_generation", workflow_id=small, items=[{**ITEM, "count": 1}])
        beyond = await call(client, "propose_generation", workflow_id=small, items=[{**ITEM, "count": 2}])
    assert [(one["name"], one.get("most")) for one in topics] == [("billing", None), ("technical", 2)]
    assert "wanted" not in within["next_step"]
    assert "'technical' would have 3 records, and at most 2 are wanted." in beyond["next_step"]


async def test_the_same_proposal_is_one_plan(command: Command, small: str) -> None:
    async with in_process() as client:
        first = await proposed(client)
        assert await proposed(client) == first
        capped = await call(client, "propose_generation", workflow_id=small, items=[ITEM], max_tokens=9_000)
        assert capped["plan"]["id"] != first, "other caps are another plan"
        assert len(command("plans", "--json").document["plans"]) == 2


async def test_progress_grows_up_to_the_count(command: Command, small: str, endpoint: Endpoint) -> None:
    heard: list[tuple[float, float | None, str | None]] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        heard.append((progress, total, message))

    endpoint.latency = 0.2
    async with in_process() as client:
        command("plans", "approve", "--yes", await proposed(client))
        await client.call_tool("generate_synthetic_data", WANTED, progress_handler=hear)
    accepted = [progress for progress, _, _ in heard]
    assert len(accepted) >= 2
    assert accepted == sorted(set(accepted))
    assert {total for _, total, _ in heard} == {3}
    assert heard[0][2] is not None and "technical: 0 of 3 accepted" in heard[0][2]


async def test_a_cancelled_generation_is_left_in_order_and_goes_on(
    command: Command, small: str, endpoint: Endpoint
) -> None:
    item = {**ITEM, "count": 8}
    wanted = {**WANTED, **item}
    some = asyncio.Event()

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        if progress >= 2:
            some.set()

    endpoint.latency = 0.3
    async with in_process() as client:
        plan_id = await proposed(client, item)
        command("plans", "approve", "--yes", plan_id)
        under_way = asyncio.create_task(
            client.call_tool("generate_synthetic_data", wanted, progress_handler=hear)
        )
        await asyncio.wait_for(some.wait(), 60)
        under_way.cancel()
        with pytest.raises(asyncio.CancelledError):
            await under_way

        for _ in range(60):
            answer = await call(client, "generate_synthetic_data", **wanted)
            if answer["success"]:
                break
            assert answer["error"]["code"] == "busy"  # the cancelled call is writing down what it has
            await asyncio.sleep(0.5)
        assert answer["generation"]["accepted"] == 8
        (job,) = (await call(client, "list_jobs"))["jobs"]
        attempts = command("jobs", "show", job["id"], "--json").document["attempts"]
        written_down = len([one for one in attempts if one["response"]])
        assert endpoint.calls <= written_down + 2, "only the two calls that were cut off are made again"
        (plan,) = (await call(client, "show_plans", plan_id=plan_id))["plans"]
        assert (plan["status"], plan["items"][0]["job_status"]) == ("approved", "complete")


def test_without_the_extra_the_command_says_what_to_install(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    for name in [name for name in sys.modules if name.startswith("finetune_coverage.agent.mcp")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "fastmcp", None)
    monkeypatch.setitem(sys.modules, "fastmcp.server.auth", None)
    outcome = command("mcp")
    assert outcome.code == 1
    assert "pip install 'finetune-coverage[mcp]'" in outcome.err
