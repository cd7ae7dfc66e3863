"""The MCP server in a process of its own: from the proposal over a person's yes to the records."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastmcp import Client
from fastmcp.client.client import CallToolResult
from fastmcp.client.transports import StreamableHttpTransport
from mcp import MCPError

from .conftest import Command
from .endpoint import Endpoint
from .mcp_clients import ITEM, WANTED, call, http_server, over_pipe, proposed

pytestmark = [pytest.mark.server, pytest.mark.slow]


async def generate_after_a_yes(client: Client[Any], command: Command, endpoint: Endpoint) -> None:
    """The whole way; generation is refused until the person's yes."""
    before = await call(client, "analyze_coverage", workflow_id="wf-small")
    assert before["coverage"]["topic_distribution"] == {"billing": 6, "technical": 1}
    plan_id = await proposed(client)

    refused = await call(client, "generate_synthetic_data", **WANTED)
    assert refused["error"]["code"] == "approval_required"
    assert f"plans approve {plan_id}" in refused["error"]["hint"]
    assert endpoint.calls == 0

    assert command("plans", "approve", "--yes", plan_id).code == 0  # in another process than the server's
    done = await call(client, "generate_synthetic_data", **WANTED)
    assert (done["generation"]["status"], done["generation"]["accepted"]) == ("complete", 3)
    after = await call(client, "analyze_coverage", workflow_id="wf-small")
    assert after["coverage"]["topic_distribution"] == {"billing": 6, "technical": 4}
    again = await call(client, "generate_synthetic_data", **WANTED)
    assert again["error"]["code"] == "approval_required", "one yes is for one generation"


async def test_over_a_pipe_until_the_client_leaves_in_the_middle(
    command: Command, small: str, endpoint: Endpoint, tmp_path: Path
) -> None:
    # A client that finds anything but messages on the server's standard output complains of it, as an error here.
    async with over_pipe(tmp_path / "log.txt") as client:
        await generate_after_a_yes(client, command, endpoint)
        under_way = await in_the_middle_of_six(client, command, endpoint)
    with pytest.raises(MCPError):
        await under_way
    log = (tmp_path / "log.txt").read_text(encoding="utf-8")
    assert "MCP server on standard input" in log and "Traceback" not in log

    # What it leaves is a job that can go on.
    (job,) = [job for job in command("jobs", "--json").document["jobs"] if job["status"] != "complete"]
    assert job["status"] == "running" and 2 <= job["accepted"] < 6
    calls = endpoint.calls
    resumed = await asyncio.to_thread(command, "jobs", "resume", job["id"], "--json")
    assert resumed.document["generation"]["accepted"] == 6
    assert endpoint.calls - calls <= 6 - job["accepted"], "what was accepted is not made again"


async def in_the_middle_of_six(
    client: Client[Any], command: Command, endpoint: Endpoint
) -> asyncio.Task[CallToolResult]:
    """A call that has made two records of six or some more."""
    item = {**ITEM, "count": 6}
    some = asyncio.Event()

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        if progress >= 2:
            some.set()

    endpoint.latency = 0.4
    command("plans", "approve", "--yes", await proposed(client, item))
    wanted = {**WANTED, **item}
    under_way = asyncio.create_task(
        client.call_tool("generate_synthetic_data", wanted, progress_handler=hear)
    )
    await asyncio.wait_for(some.wait(), 90)
    return under_way


def said_beside(folder: Path) -> str:
    """The standard error of the one server that was started there."""
    (file,) = folder.glob("*.err")
    return file.read_text(encoding="utf-8")


async def test_over_http(command: Command, small: str, endpoint: Endpoint, tmp_path: Path) -> None:
    with http_server(tmp_path) as server:
        async with Client(StreamableHttpTransport(server.url, auth=server.token)) as client:
            await generate_after_a_yes(client, command, endpoint)
        assert server.url.startswith("http://127.0.0.1:")
        assert "not encrypted" not in said_beside(tmp_path), "nobody is on the way"
        assert (tmp_path / "home" / "mcp-token").stat().st_mode & 0o077 == 0

        ping = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
        bearer = {"Authorization": f"Bearer {server.token}", "Accept": "application/json, text/event-stream"}
        async with httpx.AsyncClient() as browser:

            async def status(**headers: str | bytes) -> int:
                named = {name.capitalize(): value for name, value in headers.items()}
                answer = await browser.post(server.url, json=ping, headers={**bearer, **named})
                return answer.status_code

            assert await status() not in (401, 403, 421)
            assert await status(authorization="") == 401
            assert await status(authorization="Bearer guessed") == 401
            assert await status(authorization="Bearer gäß".encode()) == 401
            assert await status(host="evil.example") == 421, "another name for the loopback"
            assert await status(origin="http://evil.example") == 403


async def test_the_address_that_is_told_is_one_that_clients_can_use(small: str, tmp_path: Path) -> None:
    with http_server(tmp_path, "--host", "0.0.0.0") as server:
        assert "0.0.0.0" not in server.url
        transport = StreamableHttpTransport(server.url, auth=server.token)
        async with Client(transport) as client:
            assert (await call(client, "list_workflows"))["workflows"][0]["id"] == small
        assert "This is not encrypted" in said_beside(tmp_path)
