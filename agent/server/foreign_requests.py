"""Refuses requests that a web page of somebody else's sent, and those of unknown people.

The server asks who somebody is on some of its routes only; here it is asked on all of them.
"""

from __future__ import annotations

import logging

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from .authentication import Unknown, person_asking
from .request_headers import header_values
from .request_origin import SHOWN, foreign

_log = logging.getLogger(__name__)
_POLICY_VIOLATION = 1008
_HEALTH = "/ok"
_SHUT = ("/deploy/", "/docs/", "/internal/", "/ui/")
"""Routes of the development server that nobody needs here: one sends the `.env` of the folder where the server was
started to a deployment service, one loads a script of somebody else's host into a page of this server."""


class RefuseForeign:
    """ASGI middleware over HTTP and websockets.

    Args:
        app: what is guarded.
        hosts: names under which the server may be asked for, beside ``localhost``, loopback addresses and the address
            that the request came in on.
        origins: origins of pages that may use the server, beside pages of its own, as ``https://host[:port]``.
    """

    def __init__(self, app: ASGIApp, *, hosts: frozenset[str], origins: frozenset[str]) -> None:
        self._app, self._hosts, self._origins = app, hosts, origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on, or refuse it: 403 for where it comes from, 401 for who sends it."""
        if scope["type"] == "lifespan" or _is_in_process(scope):
            await self._app(scope, receive, send)
        elif problem := foreign(scope, hosts=self._hosts, origins=self._origins):
            await _refuse(403, problem, scope, receive, send)
        elif problem := _unknown(scope):
            await _refuse(401, problem, scope, receive, send)
        elif f"{scope['path'].lower()}/".startswith(_SHUT):
            await _refuse(404, "This server does not have that route.", scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _unknown(scope: Scope) -> str | None:
    # Whether it runs is nobody's secret; and a browser asks whether it may ask (OPTIONS) without saying who it is.
    if scope["path"] == _HEALTH or (
        scope.get("method") == "OPTIONS" and header_values(scope, b"access-control-request-method")
    ):
        return None
    try:
        person_asking(scope)
    except Unknown as error:
        return str(error)
    return None


async def _refuse(status: int, problem: str, scope: Scope, receive: Receive, send: Send) -> None:
    method, path = scope.get("method", "websocket"), scope["path"][:SHOWN]
    _log.warning("Refused %s %r: %s", method, path, problem)
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": _POLICY_VIOLATION, "reason": "Refused."})
    else:
        await JSONResponse({"detail": problem}, status_code=status)(scope, receive, send)


def _is_in_process(scope: Scope) -> bool:
    """Whether the server's own code asks, over no network; a request cannot set this."""
    root = str(scope.get("root_path") or "")
    return root == "/noauth" or root.startswith("/noauth/")
