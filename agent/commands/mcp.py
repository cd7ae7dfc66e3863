"""`mcp`: the tools for other programs, over a pipe or over HTTP."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated
from urllib.parse import urlsplit

import typer

from ...tools.errors import InvalidInput
from ..output import note, say
from ..server.request_headers import is_loopback
from .options_and_prompts import open_generating_services


class Transport(StrEnum):
    """How clients reach the server."""

    STDIO = "stdio"
    HTTP = "http"


def mcp(
    transport: Annotated[
        Transport, typer.Option("--transport", help="stdio: the client starts it; http: clients connect.")
    ] = Transport.STDIO,
    host: Annotated[str, typer.Option("--host", help="With http: the address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="With http: the port; 0 for any.")
    ] = 8766,
) -> None:
    """Serve the tools over MCP. Clients can propose plans; only a person can approve them, with `plans approve`."""
    import asyncio

    try:
        from ..mcp.run import serve_http, serve_pipe
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in ("fastmcp", "mcp", "mcp_types"):
            raise
        raise InvalidInput(
            f"The MCP server needs a package that is not installed: {error.name}.",
            hint="pip install 'finetune-coverage[mcp]'",
        ) from error

    services = open_generating_services(None)
    if transport is Transport.STDIO:
        note("MCP server on standard input and output; a client starts it and talks to it.")
        asyncio.run(serve_pipe(services))
    else:
        asyncio.run(serve_http(services, host, port, _say_where))


def _say_where(url: str, token: str) -> None:
    say(f"MCP server: {url}", style="bold")
    say("Every client must send the header")
    say(
        f"Authorization: Bearer {token}"
    )  # a line of its own, which fits a terminal of 80 columns and can be copied
    if not is_loopback(urlsplit(url).hostname or ""):
        note(
            "This is not encrypted: whoever is on the way between a client and this machine can read the token and "
            "the records. Where that is not only you, listen on 127.0.0.1 behind a proxy with HTTPS or an SSH tunnel."
        )
    note("Ctrl-C ends it.")
