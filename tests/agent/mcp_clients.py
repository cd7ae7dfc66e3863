"""Real MCP clients for the tests: in this process, over a pipe to a server process, over HTTP to another."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from fastmcp import Client
from fastmcp.client.transports import StdioTransport
from finetune_coverage.agent.mcp.server import build_server
from finetune_coverage.tools.services import Services

from ..forked import Forked

PROGRAM = [sys.executable, "-m", "finetune_coverage.agent.cli"]
ITEM = {"topic": "technical", "count": 3, "strategy": "topic_description"}
WANTED = {"workflow_id": "wf-small", **ITEM}


def in_process() -> Client[Any]:
    """A client of a server in this process, under the settings of this test."""
    return Client(build_server(Services.from_settings()))


def over_pipe(log: Path) -> Client[Any]:
    """A client that starts `finetune-coverage mcp` and talks to its standard input and output."""
    command, *arguments = [*PROGRAM, "mcp"]
    return Client(StdioTransport(command, arguments, env=dict(os.environ), keep_alive=False, log_file=log))


@dataclass(frozen=True)
class Address:
    """Where a server listens, and what it lets in."""

    url: str
    token: str


@contextmanager
def http_server(folder: Path, *options: str) -> Iterator[Address]:
    """`finetune-coverage mcp --transport http` on a free port, of the loopback if no option says otherwise.

    Args:
        folder: for its output.
        options: of the command.
    """
    process = Forked(folder, None, "mcp", "--transport", "http", "--port", "0", *options)
    try:
        said = "\n".join(islice(process.lines(), 3))
        url, token = re.search(r"http://\S+", said), re.search(r"Bearer (\S+)", said)
        assert url and token, process.communicate()
        yield Address(url.group(0), token.group(1))
    finally:
        process.kill()
        process.communicate()


async def call(client: Client[Any], tool: str, **arguments: Any) -> dict[str, Any]:
    """A tool's answer; clients that know nothing of its shape see by `isError` whether it failed."""
    result = await client.call_tool(tool, arguments, raise_on_error=False)
    answer: dict[str, Any] = result.structured_content
    assert result.is_error is not answer["success"]
    return answer


async def proposed(client: Client[Any], *items: dict[str, Any], workflow: str = "wf-small") -> str:
    """The id of a plan that waits for a person."""
    answer = await call(client, "propose_generation", workflow_id=workflow, items=list(items) or [ITEM])
    plan_id: str = answer["plan"]["id"]
    return plan_id
