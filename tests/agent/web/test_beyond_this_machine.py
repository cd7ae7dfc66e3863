"""The page for other machines: never without a password and TLS, and then by the password alone."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import expect
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from ..conftest import Command
from ..endpoint import Endpoint
from .pages import WAIT, Served, browser, serve

PASSWORD = "a password of some length"
SOCKET = "/_nicegui_ws/socket.io/?EIO=4&transport=websocket"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A self-signed one, and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("tls")
    pair = folder / "cert.pem", folder / "key.pem"
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    made += ["-subj", "/CN=localhost", "-days", "2", "-out", str(pair[0]), "-keyout", str(pair[1])]
    subprocess.run(made, check=True, capture_output=True)
    return pair


@pytest.fixture(scope="module")
def served(certificate: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    endpoint = Endpoint()
    options = ["--host", "0.0.0.0", "--certificate", str(certificate[0]), "--key", str(certificate[1])]
    home = tmp_path_factory.mktemp("served") / "home"
    started = serve(home, endpoint, 0, {"FINETUNE_COVERAGE_WEB_PASSWORD": PASSWORD}, *options)
    yield started
    started.kill()
    endpoint.close()


@pytest.mark.parametrize("has", ["nothing", "a password", "a certificate"])
def test_without_both_it_does_not_start(
    command: Command, monkeypatch: pytest.MonkeyPatch, certificate: tuple[Path, Path], has: str
) -> None:
    if has == "a password":
        monkeypatch.setenv("FINETUNE_COVERAGE_WEB_PASSWORD", PASSWORD)
    more = (
        ["--certificate", str(certificate[0]), "--key", str(certificate[1])] if has == "a certificate" else []
    )
    refused = command("serve", "--host", "0.0.0.0", "--port", "0", *more)
    assert refused.code == 1 and "0.0.0.0 can be reached from other machines" in refused.err


def test_a_password_that_is_too_short_is_refused(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FINETUNE_COVERAGE_WEB_PASSWORD", "short")
    refused = command("serve", "--port", "0")
    assert refused.code == 1 and "WEB_PASSWORD: 12 characters or more are needed" in refused.err


@pytest.mark.slow
@pytest.mark.server
def test_the_password_lets_in_over_tls(served: Served) -> None:
    address = urlsplit(served.url)
    assert address.scheme == "https" and address.hostname != "0.0.0.0" and not address.query
    expect.set_options(timeout=WAIT)
    with browser() as chromium:
        page = chromium.new_context(ignore_https_errors=True).new_page()
        page.set_default_timeout(WAIT)
        page.goto(served.url)
        for typed, answer in (("guessed", "That is not the password."), (PASSWORD, "None yet")):
            page.get_by_label("Password").fill(typed)
            page.get_by_role("button", name="Enter").click()
            expect(page.get_by_text(answer)).to_be_visible()
        cookies = page.context.cookies()
        assert [(c["secure"], c["httpOnly"], c["sameSite"]) for c in cookies if "coverage" in c["name"]] == [
            (True, True, "Strict")
        ]
        page.get_by_role("button", name="Use the bundled sample").click()  # goes over the websocket
        expect(page.get_by_text("150 records of the bundled sample")).to_be_visible()


@pytest.mark.server
def test_others_get_nothing(served: Served) -> None:
    port = urlsplit(served.url).port
    with pytest.raises(httpx.TransportError):
        httpx.get(f"http://127.0.0.1:{port}/")
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    visitor = httpx.Client(base_url=f"https://localhost:{port}", verify=trusting)
    for path in ("/", "/upload", "/data/sample", SOCKET.replace("websocket", "polling")):
        assert visitor.request("POST" if path == "/upload" else "GET", path).status_code == 401
    let_in = visitor.post("/login", data={"password": PASSWORD})
    cookie = let_in.headers["set-cookie"].partition(";")[0]
    assert visitor.get("/", headers={"host": f"evil.example:{port}"}).status_code == 403
    assert (
        visitor.post("/upload", content=b"x", headers={"origin": "https://evil.example"}).status_code == 403
    )
    visitor.close()
    for cookies, origin in (("", f"https://localhost:{port}"), (cookie, "https://evil.example")):
        with pytest.raises(InvalidStatus) as refused:
            connect(
                f"wss://localhost:{port}{SOCKET}",
                ssl=trusting,
                origin=origin,
                additional_headers={"cookie": cookies},
            )
        assert refused.value.response.status_code == 403
    with connect(
        f"wss://localhost:{port}{SOCKET}",
        ssl=trusting,
        origin=f"https://localhost:{port}",
        additional_headers={"cookie": cookie},
    ) as socket:
        assert str(socket.recv()).startswith("0{")
