"""A real Chroma server on the loopback."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from finetune_coverage.tools.index.chroma_client import ServerClient


class ServedChroma(str):
    """The address of a server, with its process."""

    process: subprocess.Popen[bytes]


@contextmanager
def serving_chroma(folder: Path, port: int | None = None) -> Iterator[ServedChroma]:
    """Serves the folder until the block ends; gives the address."""
    if port is None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
    url = ServedChroma(f"http://127.0.0.1:{port}")
    program = Path(sys.executable).with_name("chroma")
    with (folder / "log.txt").open("wb") as log:
        process = subprocess.Popen(
            [program, "run", "--path", folder / "data", "--host", "127.0.0.1", "--port", str(port)],
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, "ANONYMIZED_TELEMETRY": "False"},
        )
        try:
            _wait_for(url, process)
            url.process = process
            yield url
        finally:
            process.terminate()
            process.wait(timeout=30)


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/api/v2/heartbeat", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("Chroma did not start")


def forget_all(url: str) -> None:
    """Delete all that a server has."""
    server = ServerClient(url)
    with server.use() as client:
        for collection in client.list_collections():
            client.delete_collection(collection.name)
    server.close()
