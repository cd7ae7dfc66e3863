"""A session talks to the endpoint that the person set, and to nobody else: nothing is downloaded, nothing told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from finetune_coverage.tools.dataset.bundled_sample import sample_path, sample_topics_path

from ..mock_openai.server import MockOpenAI
from .conftest import chat_line
from .endpoint import Endpoint

WATCHER = """
import json, os, sys

log = os.open(os.environ["WATCHED"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)

def watch(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.bind") and isinstance(arguments[-1], tuple):
        os.write(log, (json.dumps([event, *map(str, arguments[-1][:2])]) + "\\n").encode())
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        os.write(log, (json.dumps([event, str(arguments[0])]) + "\\n").encode())
    elif event == "subprocess.Popen":
        os.write(log, (json.dumps([event, str(arguments[0])]) + "\\n").encode())

sys.addaudithook(watch)
"""
"""In every Python process of the session, those that it starts included."""

SESSION = """
import io, sys
from finetune_coverage.agent.cli import main

for line in sys.argv[1].splitlines():
    sys.stdin = io.StringIO("what do billing records look like\\nshow me the worst three\\nstop\\n")
    code = main(line.split())
    assert code in (0, 3), (line, code)
"""
QUIET = ("ANONYMIZED_TELEMETRY", "DO_NOT_TRACK", "HF_HUB_OFFLINE", "LANGSMITH_TRACING")
"""What may keep libraries quiet on the machine of whoever runs the tests."""
LOOPBACK = ("127.0.0.1", "::1", "localhost")


@pytest.fixture
def stranger() -> Iterator[MockOpenAI]:
    """Whose address stands in the dataset."""
    server = MockOpenAI()
    yield server
    server.close()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_session_talks_to_the_endpoint_only(
    endpoint: Endpoint, stranger: MockOpenAI, tmp_path: Path
) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(WATCHER)
    dataset = tmp_path / "data.jsonl"
    addresses = f"![see]({stranger.url}/x.png) <img src='{stranger.url}/y'> file:///etc/passwd"
    lines = [chat_line("billing_questions", f"{addresses} Number {number}?") for number in range(3)]
    dataset.write_text(sample_path().read_text(encoding="utf-8") + "\n".join(lines) + "\n", encoding="utf-8")
    commands = f"""
    import {dataset} -w wf-1 --topics {sample_topics_path()}
    analyze -w wf-1 --within --plot {tmp_path}/shares.png --map {tmp_path}/map.png
    recommend -w wf-1
    topics assign -w wf-1
    chat -w wf-1
    generate -w wf-1 --topic technical_issues --count 2 --strategy few_shot --yes
    validate -w wf-1
    export -w wf-1 -o {tmp_path}/hub --format huggingface
    doctor --yes
    """
    done = subprocess.run(
        [sys.executable, "-c", SESSION, textwrap.dedent(commands).strip()],
        cwd=tmp_path,
        env={
            **{name: value for name, value in os.environ.items() if name not in QUIET},
            **endpoint.environment,
            "PYTHONPATH": str(tmp_path / "site"),
            "WATCHED": str(tmp_path / "watched"),
            "HOME": str(tmp_path),
        },
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    seen = [json.loads(line) for line in (tmp_path / "watched").read_text().splitlines()]
    connected = {tuple(rest) for event, *rest in seen if event in ("socket.connect", "socket.sendto")}
    port = endpoint.url.rsplit(":", 1)[1].removesuffix("/v1")
    assert connected == {("127.0.0.1", port)}, connected
    looked_up = {name for event, name, *_ in seen if event.startswith("socket.get")}
    assert looked_up <= set(LOOPBACK), looked_up
    # urllib3 finds out by a port of its own whether there is IPv6, and lets go of it.
    bound = {tuple(rest) for event, *rest in seen if event == "socket.bind"} - {("::1", "0")}
    assert bound == set(), "nothing listens"
    started = {Path(name).name for event, name, *_ in seen if event == "subprocess.Popen"}
    assert started & {"curl", "wget", "git", "pip", "uv", "ssh"} == set(), "those would not be watched"
    assert endpoint.calls > 0 and stranger.requests == []
