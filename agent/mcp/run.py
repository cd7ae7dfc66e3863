"""Running the MCP server: over a pipe, or over HTTP with a token."""

from __future__ import annotations

import hmac
from collections.abc import Callable

from fastmcp.server.auth import AccessToken, TokenVerifier

from ...tools.services import Services
from ..listening import kept_token, listen_on, shown_host
from .server import build_server

TOKEN_FILE = "mcp-token"
"""In the data folder. It is kept, so that a client need not be set up anew after each start."""
LOG_LEVEL = "WARNING"


class OneToken(TokenVerifier):
    """Lets in who knows the token.

    Args:
        token: what a client must send as its bearer token.
    """

    def __init__(self, token: str) -> None:
        super().__init__()
        self._token = token

    async def verify_token(self, token: str) -> AccessToken | None:
        """Who may come in; compared in constant time, so that it cannot be guessed letter by letter."""
        if not hmac.compare_digest(token.encode(), self._token.encode()):
            return None
        return AccessToken(token=token, client_id="mcp-client", scopes=[])


async def serve_pipe(services: Services) -> None:
    """Talk to the one client on standard input and output; anything else that is printed goes to standard error."""
    await build_server(services).run_stdio_async(show_banner=False, log_level=LOG_LEVEL)


async def serve_http(services: Services, host: str, port: int, on_start: Callable[[str, str], None]) -> None:
    """Talk to clients over HTTP until interrupted.

    Every request must carry the token, and its Host and Origin must be this server's own: a web page that a person
    happens to look at can neither guess the token nor reach the server under another name.

    Args:
        services: store, models and index.
        host: the address to listen on.
        port: the port; 0 for any that is free.
        on_start: called with the URL and the token, once clients can connect.

    Raises:
        InvalidInput: the address cannot be used.
    """
    listener = listen_on(host, port)
    token = kept_token(services.settings.home, TOKEN_FILE)
    server = build_server(services, auth=OneToken(token))
    on_start(f"http://{shown_host(host)}:{listener.getsockname()[1]}/mcp", token)
    await server.run_http_async(
        show_banner=False,
        host=host,
        log_level=LOG_LEVEL,
        path="/mcp",
        host_origin_protection=True,
        allowed_hosts=[host],
        allowed_origins=[],
        sockets=[listener],
    )
