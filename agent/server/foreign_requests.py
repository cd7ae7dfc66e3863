"""Refuses requests that a web page of somebody else's sent, by whatever method, and those of unknown people.

A browser lets any page send requests to this machine; it only keeps the answer from the page. That is enough to say
yes to a plan. So the name that was asked for (Host) and the page that asks (Origin) must both be known:

- A page that points a name of its own at this machine (DNS rebinding) asks for that name: refused by Host.
- A page elsewhere names itself in Origin, on every request that can change anything and on every websocket: refused
  by Origin, and so is ``null``, which stands for a file, a sandbox or a redirect.
- A request that a browser sends without Origin (an image, a link, a script) says so in Sec-Fetch-Site: refused.
- Programs such as curl and the SDK send no Origin. They pass: no page can make them.

The server asks who somebody is on some of its routes only; here it is asked on all of them.
"""

from __future__ import annotations

import logging

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from ...tools.settings import PREFIX
from .authentication import Unknown, person_asking
from .request_headers import header_values, host_name, is_loopback

_log = logging.getLogger(__name__)
_POLICY_VIOLATION = 1008
_SHOWN = 200
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
        elif problem := self._foreign(scope):
            await _refuse(403, problem, scope, receive, send)
        elif problem := _unknown(scope):
            await _refuse(401, problem, scope, receive, send)
        elif f"{scope['path'].lower()}/".startswith(_SHUT):
            await _refuse(404, "This server does not have that route.", scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _foreign(self, scope: Scope) -> str | None:
        hosts, origins = header_values(scope, b"host"), header_values(scope, b"origin")
        if len(hosts) != 1 or not self._is_own_host(hosts[0], scope):
            return (
                f"This server is not known as {', '.join(hosts)[:_SHOWN]!r}. If that name is yours, add it to "
                f"{PREFIX}SERVER_HOSTS."
            )
        for origin in origins:
            if origin not in self._origins and not _is_same(origin, hosts[0]):
                return (
                    f"Pages of {origin[:_SHOWN]!r} may not use this server. If you trust them, add that origin to "
                    f"{PREFIX}SERVER_ORIGINS."
                )
        if not origins and {"cross-site", "same-site"} & set(header_values(scope, b"sec-fetch-site")):
            return "A page of another site may not use this server."
        return None

    def _is_own_host(self, host: str, scope: Scope) -> bool:
        name = host_name(host)
        return name is not None and (
            is_loopback(name) or name in self._hosts or name == (scope.get("server") or ("",))[0]
        )


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
    method, path = scope.get("method", "websocket"), scope["path"][:_SHOWN]
    _log.warning("Refused %s %r: %s", method, path, problem)
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": _POLICY_VIOLATION, "reason": "Refused."})
    else:
        await JSONResponse({"detail": problem}, status_code=status)(scope, receive, send)


def _is_in_process(scope: Scope) -> bool:
    """Whether the server's own code asks, over no network; a request cannot set this."""
    root = str(scope.get("root_path") or "")
    return root == "/noauth" or root.startswith("/noauth/")


def _is_same(origin: str, host: str) -> bool:
    """Whether a page comes from this very server."""
    scheme, _, authority = origin.partition("://")
    return scheme in ("http", "https") and authority.lower() == host.lower()
