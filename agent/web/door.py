"""Who may see the page, and what a page of ours may load.

A person comes with the address that the command printed, which carries a token; the browser keeps a cookie for it. Or,
where the page can be reached from other machines, with the password. Requests that a page of somebody else's sent are
refused before that, whatever they carry.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import html
from collections.abc import Collection
from urllib.parse import parse_qs, urlencode

from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..server.request_origin import foreign

_COOKIE = "finetune_coverage"
_POLICY_VIOLATION = 1008
_LOGIN = "/login"
_MOST_TYPED = 4096
_AFTER_A_WRONG_ONE = 1.0
"""Seconds until the next password is looked at: nobody tries a dictionary."""

# The framework compiles its components in the browser and writes its elements into the page, hence the two unsafe
# words for scripts of our own; nothing is loaded from, or sent to, anywhere else.
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = (
    (b"content-security-policy", _POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    # Not "no-referrer": with that a browser sends the password's form with the origin "null", which is refused.
    (b"referrer-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)


class Door:
    """ASGI middleware over HTTP and websockets.

    Args:
        app: the page.
        token: of the printed address; also what the cookie is made of, so that it holds over a restart.
        password: to be typed instead, where the page listens beyond this machine; None elsewhere.
        hosts: names under which the page may be asked for, beside this machine's own.
        is_secure: it is served over TLS, so the cookie goes over TLS only.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        token: str,
        password: str | None,
        hosts: Collection[str],
        is_secure: bool,
    ) -> None:
        self._app, self._token, self._password, self._hosts = app, token, password, hosts
        self._is_secure = is_secure
        self._pass = hmac.new(f"{token}{password or ''}".encode(), b"cookie", hashlib.sha256).hexdigest()
        self._one_guess = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on, let the person in, or refuse: 403 for where it comes from, 401 for who sends it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif problem := foreign(scope, hosts=self._hosts, origins=()):
            await _refuse(scope, receive, send, 403, problem)
        elif self._is_known(scope):
            await self._app(scope, receive, _with_headers(send))
        elif scope["type"] == "http":
            response = await self._let_in(Request(scope, receive))
            await response(scope, receive, _with_headers(send))
        else:
            await _refuse(scope, receive, send, 401, "Who asks is not known.")

    @property
    def _cookie(self) -> str:
        # Browsers keep one jar for all ports of a machine: two data folders must not throw each other out.
        return f"{_COOKIE}_{hashlib.sha256(self._token.encode()).hexdigest()[:8]}"

    def _is_known(self, scope: Scope) -> bool:
        return _same(HTTPConnection(scope).cookies.get(self._cookie, ""), self._pass)

    async def _let_in(self, request: Request) -> Response:
        if self._password is None:
            named = request.query_params.get("token", "")
            if request.method == "GET" and _same(named, self._token):
                rest = [(key, value) for key, value in request.query_params.multi_items() if key != "token"]
                return self._known_at(request.url.path + (f"?{urlencode(rest)}" if rest else ""))
            return _page(
                401,
                "<p>Open the address that <code>finetune-coverage serve</code> printed in the terminal: it holds the "
                "key to this page.</p>",
            )
        if request.method == "POST" and request.url.path == _LOGIN:
            typed = parse_qs((await _body(request)).decode(errors="replace")).get("password", [""])[0]
            if _same(typed, self._password):
                return self._known_at("/")
            async with self._one_guess:
                await asyncio.sleep(_AFTER_A_WRONG_ONE)
            return _page(401, _form("That is not the password."))
        return _page(401, _form(""))

    def _known_at(self, address: str) -> Response:
        # One slash only: "//elsewhere" would lead away from here.
        response = RedirectResponse("/" + address.lstrip("/"), status_code=303)
        response.set_cookie(
            self._cookie, self._pass, httponly=True, samesite="strict", secure=self._is_secure, path="/"
        )
        return response


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


async def _body(request: Request) -> bytes:
    read = b""
    async for part in request.stream():
        read += part
        if len(read) > _MOST_TYPED:
            return b""
    return read


def _form(problem: str) -> str:
    said = f'<p role="alert">{html.escape(problem)}</p>' if problem else ""
    return (
        f'{said}<form method="post" action="{_LOGIN}"><label>Password <input type="password" name="password" autofocus '
        'required autocomplete="current-password"></label> <button>Enter</button></form>'
    )


def _page(status: int, body: str) -> Response:
    return HTMLResponse(
        "<!doctype html><html lang='en'><meta name='viewport' content='width=device-width, initial-scale=1'>"
        "<title>Finetune Coverage</title><style>:root{color-scheme:light dark}body{font:1rem/1.5 system-ui;margin:15vh "
        f"auto;max-width:32rem;padding:0 1rem}}</style><main><h1>Finetune Coverage</h1>{body}</main></html>",
        status_code=status,
    )


def _with_headers(send: Send) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], *_HEADERS]}
        await send(message)

    return sent


async def _refuse(scope: Scope, receive: Receive, send: Send, status: int, problem: str) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": _POLICY_VIOLATION, "reason": "Refused."})
    else:
        await _page(status, f"<p>{html.escape(problem)}</p>")(scope, receive, _with_headers(send))
