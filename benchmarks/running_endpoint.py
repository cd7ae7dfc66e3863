"""Starting the mock endpoint as a process of its own, and reading its log."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from .endpoint import Behaviour


@dataclass(frozen=True)
class Running:
    """An endpoint that runs; ``url`` is for OPENAI_BASE_URL."""

    url: str

    @property
    def port(self) -> int:
        """Where it listens on this machine."""
        return int(self.url.rsplit(":", 1)[1].split("/")[0])

    def log(self) -> dict[str, Any]:
        """Counts by outcome, the most requests at once, and every request."""
        with urllib.request.urlopen(self.url.removesuffix("/v1") + "/log") as answer:  # loopback only
            document: dict[str, Any] = json.load(answer)
        return document


@contextmanager
def running_endpoint(behaviour: Behaviour) -> Iterator[Running]:
    """An endpoint for the length of the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.endpoint", json.dumps(asdict(behaviour))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None and process.stdout is not None
    try:
        yield Running(process.stdout.readline().strip())
    finally:
        process.stdin.close()
        process.wait()
