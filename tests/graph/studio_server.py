"""A real `langgraph dev` on the loopback, with a language model that is a mock endpoint."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from ..mock_openai.server import MockOpenAI
from ..readings import endpoint_reading

ROOT = Path(__file__).resolve().parents[2]
STUDIO = "https://smith.langchain.com"
LOADED_BY_A_SERVER = ("LANGSMITH_API_KEY", "LANGCHAIN_API_KEY", "LANGGRAPH_CLOUD_LICENSE_KEY")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class StudioServer:
    """One data folder, and the server process that works on it; it can be killed and started again.

    Attributes:
        home: the data folder.
        address: where the server listens.
        seconds_per_call: how long the model takes to answer.
        called: the models that were asked, one name a call.
    """

    def __init__(
        self, folder: Path, endpoint: Any, writer: Any, environment: Mapping[str, str] | None = None
    ) -> None:
        self.home = folder / "home"
        self.home.mkdir()
        self.seconds_per_call = 0.0
        self.called: list[str] = []
        self._folder, self._endpoint, self._writer = folder, endpoint, writer
        self._environment = environment or {}
        endpoint.reply = self._reply
        self._port = free_port()
        self.address = f"http://127.0.0.1:{self._port}"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def store_url(self) -> str:
        """Where its records are."""
        return self._environment.get(
            "FINETUNE_COVERAGE_DATABASE_URL", f"sqlite:///{self.home / 'coverage.db'}"
        )

    @property
    def log(self) -> str:
        return (self._folder / "server.log").read_text()

    def start(self) -> None:
        environment = {
            name: value
            for name, value in os.environ.items()
            if name not in LOADED_BY_A_SERVER and not name.startswith(("FINETUNE_COVERAGE_", "OPENAI_"))
        }
        environment |= self._endpoint.environment
        environment |= {
            "FINETUNE_COVERAGE_HOME": str(self.home),
            "FINETUNE_COVERAGE_EMBEDDING_MODEL": "wordllama",
            "ANONYMIZED_TELEMETRY": "False",
            "LANGGRAPH_STRICT_MSGPACK": "true",
            "LANGSMITH_TRACING": "false",
            "LANGGRAPH_CLI_NO_ANALYTICS": "1",
            **self._environment,
        }
        serve = [sys.executable, "-m", "langgraph_cli", "dev", "--no-browser", "--no-reload"]
        with (self._folder / "server.log").open("a") as log:
            self._process = subprocess.Popen(
                [*serve, "--port", str(self._port), "--config", str(ROOT / "langgraph.json")],
                cwd=self._folder,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._wait(self._process)

    def kill(self) -> None:
        """SIGKILL: nothing is put away."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        if self._process is None or not self.is_running:
            return
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()

    def _reply(self, body: dict[str, Any]) -> Any:
        if (read := endpoint_reading(body)) is not None:
            return read
        self.called.append(body["model"])
        time.sleep(self.seconds_per_call)
        system, task = (str(body["messages"][at]["content"]) for at in (0, -1))
        return str(self._writer.answer_to(system, task))

    def _wait(self, process: subprocess.Popen[bytes], seconds: float = 200) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            assert process.poll() is None, self.log
            try:
                if httpx.get(f"{self.address}/ok", timeout=5).status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.5)
        pytest.fail(f"the server did not start:\n{self.log}")


def serving(folder: Path, writer: Any, environment: Mapping[str, str]) -> Iterator[StudioServer]:
    """A server in a folder that an earlier one has left something in, until the test or session ends."""
    pytest.importorskip("langgraph_api", reason="needs the extra [studio]")
    endpoint = MockOpenAI()
    endpoint.models += ["small-1", "large-9"]
    started = StudioServer(folder, endpoint, writer, environment)
    kept = folder / ".langgraph_api"
    kept.mkdir(mode=0o755)
    (kept / "older.pckl").touch(0o644)
    try:
        started.start()
        yield started
    finally:
        started.stop()
        endpoint.close()
