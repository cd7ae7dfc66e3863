"""Who may see the page: what comes from elsewhere, or without the key, gets nothing."""

from __future__ import annotations

import pytest
from finetune_coverage.agent.web.door import Door
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

ORIGIN = "http://127.0.0.1:8765"
SOCKET = "ws://127.0.0.1:8765/socket"


async def _page(_: object) -> PlainTextResponse:
    return PlainTextResponse("the page")


async def _socket(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text("hello")
    await socket.close()


def client(password: str | None = None, *, is_secure: bool = False) -> TestClient:
    app = Starlette(
        routes=[Route("/{path:path}", _page, methods=["GET", "POST"]), WebSocketRoute("/socket", _socket)]
    )
    door = Door(app, token="the-token", password=password, hosts=(), is_secure=is_secure)
    base = ORIGIN.replace("http", "https") if is_secure else ORIGIN
    return TestClient(door, base_url=base, follow_redirects=False)


def known() -> TestClient:
    visitor = client()
    assert visitor.get("/data/a?token=the-token&x=1").headers["location"] == "/data/a?x=1"
    return visitor


def test_the_key_lets_in_once_and_a_cookie_after_that() -> None:
    visitor = known()
    answer = visitor.get("/")
    assert answer.text == "the page"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy and "frame-ancestors 'none'" in policy
    kept = client().get("/?token=the-token").headers["set-cookie"].lower()
    assert "httponly" in kept and "samesite=strict" in kept and "the-token" not in kept


@pytest.mark.parametrize("query", ["", "?token=", "?token=guessed", "?token=the-tokenx", "?token=gäß"])
def test_without_the_key_there_is_nothing(query: str) -> None:
    answer = client().get(f"/{query}")
    assert answer.status_code == 401 and "the page" not in answer.text and "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"},
        {"host": "evil.example:8765"},
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9999"},
        {"sec-fetch-site": "cross-site"},
    ],
)
def test_what_another_page_sends_is_refused_with_the_cookie_too(headers: dict[str, str]) -> None:
    visitor = known()
    assert visitor.post("/upload", headers=headers).status_code == 403
    if "sec-fetch-site" not in headers:
        with (
            pytest.raises(WebSocketDisconnect),
            visitor.websocket_connect(SOCKET, headers=headers) as socket,
        ):
            socket.receive_text()


def test_a_socket_needs_the_cookie() -> None:
    with known().websocket_connect(SOCKET, headers={"origin": ORIGIN}) as socket:
        assert socket.receive_text() == "hello"
    with (
        pytest.raises(WebSocketDisconnect),
        client().websocket_connect(SOCKET, headers={"origin": ORIGIN}) as socket,
    ):
        socket.receive_text()


def test_an_address_cannot_lead_away() -> None:
    assert client().get("//evil.example/?token=the-token").headers["location"] in ("/", "/evil.example/")


def test_beyond_this_machine_the_password_lets_in_and_the_token_does_not() -> None:
    visitor = client("a long password", is_secure=True)
    assert visitor.get("/?token=the-token").status_code == 401
    assert visitor.post("/login", data={"password": "a wrong one"}).status_code == 401
    let_in = visitor.post("/login", data={"password": "a long password"})
    assert let_in.status_code == 303 and "secure" in let_in.headers["set-cookie"].lower()
    assert visitor.get("/").text == "the page"
