"""Who may use the LangGraph server: no page of another site, nobody from another machine without a token.

A real `langgraph dev`, and requests as browsers, programs and proxies send them.
"""

from __future__ import annotations

import json
import os
import re
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
from finetune_coverage.tools.dataset.importer import import_files
from finetune_coverage.tools.generation.approvals.approval import approval_of
from finetune_coverage.tools.generation.approvals.plans import list_plans
from finetune_coverage.tools.settings import Settings
from finetune_coverage.tools.store.store import Store

from .studio_page import APPROVE, Page
from .studio_server import ROOT, STUDIO, StudioServer, serving

pytestmark = [pytest.mark.server, pytest.mark.timeout(300), pytest.mark.slow]

TOKEN = "a-long-token-of-ada-0123456789"
EVERY_METHOD = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


@pytest.fixture(scope="module")
def _with_token(tmp_path_factory: pytest.TempPathFactory, writing: ModuleType) -> Iterator[StudioServer]:
    tokens = {"FINETUNE_COVERAGE_SERVER_TOKENS": f"ada:{TOKEN}, ben:another-long-token-0123456789"}
    yield from serving(tmp_path_factory.mktemp("tokens"), writing.Writer(), tokens)


@pytest.fixture
def server_with_token(_with_token: StudioServer) -> StudioServer:
    if not _with_token.is_running:
        _with_token.start()
    return _with_token


@pytest.fixture
async def waiting(server: StudioServer, dataset: Callable[..., Path]) -> AsyncIterator[Page]:
    """A conversation in which a plan waits for a yes."""
    async for page in _open(server, dataset):
        yield page


async def _open(
    server: StudioServer, dataset: Callable[..., Path], headers: dict[str, str] | None = None
) -> AsyncIterator[Page]:
    from langgraph_sdk import get_client

    client = get_client(url=server.address, timeout=httpx.Timeout(300), headers=headers)
    store = Store.open(f"sqlite:///{server.home / 'coverage.db'}")
    import_files(store, "wf-1", [dataset()])
    store.close()
    thread = (await client.threads.create())["thread_id"]
    page = Page(client, server, thread, "wf-1")
    await page.says("do 1 for technical issues with few-shot")
    yield page
    await client.aclose()


FOREIGN: dict[str, dict[str, str]] = {
    "a page elsewhere": {"Origin": "https://evil.example"},
    "a page on another port of this machine": {"Origin": "http://localhost:3000"},
    "a page that is a part of Studio's name": {"Origin": f"{STUDIO}.evil.example"},
    "Studio without encryption": {"Origin": STUDIO.replace("https", "http")},
    "a file or a sandbox": {"Origin": "null"},
    "an empty origin": {"Origin": ""},
    "a name that points here": {"Host": "evil.example"},
    "a name that points here, asked by its own page": {
        "Host": "evil.example:2024",
        "Origin": "http://evil.example:2024",
    },
    "any address": {"Host": "0.0.0.0:2024"},
    "no host": {"Host": ""},
    "a host with a user": {"Host": "localhost@evil.example"},
    "an image or a link": {"Sec-Fetch-Site": "cross-site"},
    "another port's image": {"Sec-Fetch-Site": "same-site"},
}


@pytest.mark.parametrize("headers", FOREIGN.values(), ids=FOREIGN)
def test_a_foreign_request_is_refused_whatever_it_asks(server: StudioServer, headers: dict[str, str]) -> None:
    with httpx.Client(base_url=server.address, headers=headers) as sender:
        for path in ("/ok", "/threads", "/runs/wait", "/docs", "/store/items", "/nowhere"):
            for method in EVERY_METHOD:
                answer = sender.request(method, path)
                assert answer.status_code == 403, (method, path, answer.text)
                # Without this header the browser gives the page nothing, not even that it was refused.
                assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": STUDIO, "Sec-Fetch-Site": "cross-site"},
        {"Host": "localhost:2024", "Origin": "http://localhost:2024"},
        {"Host": "[::1]:2024"},
        {"Host": "agent.example.com"},
        {"Sec-Fetch-Site": "none"},
    ],
    ids=str,
)
def test_programs_this_server_and_what_a_setting_names_are_let_in(
    server: StudioServer, headers: dict[str, str]
) -> None:
    assert httpx.get(f"{server.address}/ok", headers=headers).status_code == 200


def test_studio_may_ask_whether_it_may_ask(server: StudioServer) -> None:
    preflight = {"Origin": STUDIO, "Access-Control-Request-Method": "POST"}
    answer = httpx.options(f"{server.address}/threads", headers=preflight)
    assert answer.status_code == 200 and "POST" in answer.headers["access-control-allow-methods"]


async def test_a_page_elsewhere_cannot_say_yes(server: StudioServer, waiting: Page) -> None:
    """As text: then the browser does not ask beforehand whether it may send this."""
    yes = {"assistant_id": "coverage", "command": {"resume": APPROVE}}
    typed = {"assistant_id": "coverage", "input": {"messages": [{"role": "user", "content": "yes"}]}}
    foreign = {"Origin": "https://evil.example", "Content-Type": "text/plain"}
    async with httpx.AsyncClient(base_url=server.address, headers=foreign) as sender:
        for body in (yes, typed):
            for way in ("runs", "runs/wait", "runs/stream"):
                answer = await sender.post(f"/threads/{waiting.thread}/{way}", content=json.dumps(body))
                assert answer.status_code == 403
    assert waiting.approved == 0 and waiting.generated == []
    assert (await waiting.asked())["args"]["count"] == 1


def test_a_websocket_of_a_page_elsewhere_is_refused(server: StudioServer) -> None:
    def handshake(origin: str) -> bytes:
        host, port = server.address.removeprefix("http://").split(":")
        lines = [
            "GET /threads/x/stream HTTP/1.1",
            f"Host: {host}:{port}",
            f"Origin: {origin}",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        ]
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            connection.sendall("\r\n".join([*lines, "", ""]).encode())
            return connection.recv(4096).partition(b"\r\n")[0]

    assert b" 403 " in handshake("https://evil.example")
    assert "Refused websocket '/threads/x/stream'" in server.log


async def test_the_approver_is_not_what_a_request_says(server: StudioServer, waiting: Page) -> None:
    await waiting.answers(APPROVE, context={"approver": "the boss"})
    assert len(waiting.generated) == 1
    assert _approver(waiting) == "local"


def test_other_machines_are_not_served_without_a_token(server: StudioServer) -> None:
    """A proxy on this machine hands requests on as if they were its own; it says so."""
    passed_on: list[dict[str, str]] = [
        {"X-Forwarded-For": "203.0.113.7"},
        {"X-Forwarded-For": "127.0.0.1"},
        {"Forwarded": "for=203.0.113.7"},
        {"Host": "agent.example.com"},
        {"Host": "agent.example.com", "x-auth-scheme": "langsmith"},
    ]
    with httpx.Client(base_url=server.address) as sender:
        for headers in passed_on:
            for path in ("/threads", "/docs", "/openapi.json", "/internal/truncate"):
                answer = sender.post(path, json={}, headers=headers)
                assert answer.status_code == 401, (headers, path)
                assert "FINETUNE_COVERAGE_SERVER_TOKENS" in answer.text
            assert sender.get("/ok", headers=headers).status_code == 200


def test_with_a_token_everybody_needs_one(server_with_token: StudioServer) -> None:
    url = f"{server_with_token.address}/threads"
    wrong: list[dict[str, str]] = [
        {},
        {"Authorization": TOKEN},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": f"Bearer {TOKEN}x"},
        {"Authorization": "Bearer"},
        {"x-auth-scheme": "langsmith"},
        {"x-api-key": TOKEN},
    ]
    for headers in wrong:
        assert httpx.post(url, json={}, headers=headers).status_code == 401, headers
    assert httpx.post(url, json={}, headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200
    # A token does not open the server to pages: a browser may have stored it.
    with_page = {"Authorization": f"Bearer {TOKEN}", "Origin": "https://evil.example"}
    assert httpx.post(url, json={}, headers=with_page).status_code == 403


async def test_the_approver_is_whose_token_it_is(
    server_with_token: StudioServer, dataset: Callable[..., Path]
) -> None:
    async for page in _open(server_with_token, dataset, {"Authorization": f"Bearer {TOKEN}"}):
        await page.answers(APPROVE, context={"approver": "the boss"})
        assert _approver(page) == "ada"


def test_the_file_that_the_server_reads() -> None:
    config: dict[str, Any] = json.loads((ROOT / "langgraph.json").read_text())
    assert config["http"]["app"] == "finetune_coverage.agent.server.app:app"
    # Anybody may claim to be Studio; and a model that is given the agent as a tool could say yes to itself.
    assert config["auth"]["disable_studio_auth"] is True
    assert config["http"]["disable_mcp"] is True and config["http"]["disable_a2a"] is True
    assert config["http"]["disable_webhooks"] is True
    assert "env" not in config


def _approver(page: Page) -> str:
    store = Store.open(f"sqlite:///{page.server.home / 'coverage.db'}")
    (plan,) = [plan for plan in list_plans(store, page.workflow) if plan.status == "approved"]
    approval = approval_of(store, plan.id)
    store.close()
    assert approval is not None
    return approval.approver


def test_no_route_of_the_server_answers_a_stranger(server_with_token: StudioServer) -> None:
    """Every one that the server itself lists, those of later versions included; `/ok` alone says that it runs."""
    known = {"Authorization": f"Bearer {TOKEN}"}
    listed = httpx.get(f"{server_with_token.address}/openapi.json", headers=known).json()["paths"]
    routes = [(method.upper(), path) for path, methods in listed.items() for method in methods]
    assert len(routes) > 40, routes
    routes.append(("GET", "/noauth/threads"))  # how the server's own code asks itself
    with httpx.Client(base_url=server_with_token.address) as sender:
        for method, path in routes:
            path = re.sub(r"\{\w+\}", "00000000-0000-0000-0000-000000000000", path)
            assert path == "/ok" or sender.request(method, path).status_code == 401, (method, path)
            from_a_page = {**known, "Origin": "https://evil.example"}
            assert sender.request(method, path, headers=from_a_page).status_code == 403, (method, path)


def test_the_log_says_which_setting_lets_a_page_in(server: StudioServer) -> None:
    httpx.get(f"{server.address}/threads", headers={"Origin": "https://my-chat.example"})
    httpx.get(f"{server.address}/threads", headers={"Host": "my-name.example"})
    assert re.search(r"'https://my-chat.example' may not.*FINETUNE_COVERAGE_SERVER_ORIGINS", server.log)
    assert re.search(r"'my-name.example'.*FINETUNE_COVERAGE_SERVER_HOSTS", server.log)


def test_no_page_is_let_in_by_default() -> None:
    assert Settings().server_origins == () and Settings().server_hosts == ()
    studio = (ROOT / "Makefile").read_text().partition("\nstudio:")[2].partition("\n\n")[0]
    assert re.findall(r"https?://[\w.]+", studio) == [STUDIO], (
        "whom `make studio` names is what the page says"
    )


def test_routes_that_nobody_needs_are_shut(server: StudioServer) -> None:
    """One sends the folder's `.env` to somebody, one loads a stranger's script into a page of this server."""
    with httpx.Client(base_url=server.address) as sender:
        for path in ("/deploy", "/deploy/", "/Docs", "/docs", "/internal/truncate", "/ui", "/ui/agent"):
            for method in ("GET", "POST"):
                assert sender.request(method, path).status_code == 404, (method, path)
        assert sender.get("/ok").status_code == 200


@pytest.mark.skipif(os.name != "posix", reason="modes of files are POSIX")
async def test_what_the_server_keeps_is_its_owners_alone(
    server_with_token: StudioServer, dataset: Any
) -> None:
    """It keeps conversations as pickles in the folder in which it is started, and writes them when it ends."""
    async for page in _open(server_with_token, dataset, {"Authorization": f"Bearer {TOKEN}"}):
        await page.says("what does the score mean?")
    server_with_token.stop()
    kept = server_with_token.home.parent / ".langgraph_api"
    names = {path.name for path in kept.iterdir()}
    assert "older.pckl" in names and any(name.startswith(".langgraph_") for name in names), names
    assert [
        oct(path.stat().st_mode) for path in (kept, *kept.rglob("*")) if path.stat().st_mode & 0o077
    ] == []
