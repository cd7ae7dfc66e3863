"""LangSmith's usual variables have conversations traced, and the client finds what it expects."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from ..prepared import sample_folder

pytestmark = pytest.mark.slow


@pytest.fixture
def langsmith() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """A server in its place: its address, and the paths and keys of what came."""
    came: list[tuple[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *args: Any) -> None:
            pass

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            came.append((self.path, self.headers.get("x-api-key", "")))
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def do_GET(self) -> None:
            self.do_POST()

        def do_PATCH(self) -> None:
            self.do_POST()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", came
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_conversation_is_traced(tmp_path: Any, langsmith: tuple[str, list[tuple[str, str]]]) -> None:
    url, came = langsmith
    home = tmp_path / "home"
    sample_folder(home)
    named = {
        "FINETUNE_COVERAGE_HOME": str(home),
        "LANGSMITH_TRACING": "true",
        "LANGSMITH_API_KEY": "ls-key",
        "LANGSMITH_ENDPOINT": url,
    }
    done = subprocess.run(
        [sys.executable, "-m", "finetune_coverage.agent.cli", "chat", "-w", "wf-1"],
        input="stop\n",
        env={**os.environ, **named},
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr
    assert any(path.startswith("/runs") and key == "ls-key" for path, key in came), came
