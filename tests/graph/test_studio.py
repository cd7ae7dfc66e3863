"""`langgraph dev` serves the graph with no LangSmith key, and a client drives it over HTTP."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from finetune_coverage.tools.dataset.importer import import_files
from finetune_coverage.tools.dataset.records import load_records
from finetune_coverage.tools.dataset.store import Store

ROOT = Path(__file__).resolve().parents[2]
LOADED_BY_A_SERVER = ("LANGSMITH_API_KEY", "LANGCHAIN_API_KEY", "LANGGRAPH_CLOUD_LICENSE_KEY")

pytestmark = pytest.mark.server


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def home(tmp_path: Path, dataset: Callable[..., Path]) -> Path:
    """A data folder with the workflow wf-1."""
    folder = tmp_path / "home"
    folder.mkdir()
    store = Store.open(f"sqlite:///{folder / 'coverage.db'}")
    import_files(store, "wf-1", [dataset()])
    store.close()
    return folder


@pytest.fixture
def server(home: Path, tmp_path: Path, mock_openai: Any, writing: Any) -> Iterator[str]:
    """The address of a `langgraph dev` of its own, with a language model that is a mock endpoint."""
    pytest.importorskip("langgraph_api", reason="needs the extra [studio]")
    writer = writing.Writer()

    def reply(body: dict[str, Any]) -> str:
        wanted = re.findall(r"(?:Exchanges: |with )(\d+)", json.dumps(body["messages"][-1]))
        writer.calls += 1
        return str(writer.answer(writer.calls, int(wanted[0]) if wanted else 1))

    mock_openai.reply = reply
    port = free_port()
    environment = {k: v for k, v in os.environ.items() if k not in LOADED_BY_A_SERVER}
    environment |= mock_openai.environment
    environment |= {
        "FINETUNE_COVERAGE_HOME": str(home),
        "FINETUNE_COVERAGE_EMBEDDING_MODEL": "embedded",
        "LANGGRAPH_STRICT_MSGPACK": "true",
        "LANGSMITH_TRACING": "false",
        "LANGGRAPH_CLI_NO_ANALYTICS": "1",
    }
    command = [
        sys.executable,
        "-m",
        "langgraph_cli",
        "dev",
        "--no-browser",
        "--no-reload",
        "--port",
        str(port),
    ]
    log = (tmp_path / "server.log").open("w")
    process = subprocess.Popen(
        [*command, "--config", str(ROOT / "langgraph.json")],
        cwd=tmp_path,
        env=environment,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait(address, process, tmp_path / "server.log")
        yield address
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        log.close()


def _wait(address: str, process: subprocess.Popen[bytes], log: Path, seconds: float = 150) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text()
        try:
            if httpx.get(f"{address}/ok", timeout=5).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.5)
    pytest.fail(f"the server did not start:\n{log.read_text()}")


async def test_a_conversation_over_http(server: str, home: Path, tmp_path: Path) -> None:
    from langgraph_sdk import get_client

    client = get_client(url=server, timeout=httpx.Timeout(120))
    try:
        assistants = await client.assistants.search()
        assert [assistant["graph_id"] for assistant in assistants] == ["coverage"]
        thread = (await client.threads.create())["thread_id"]

        async def run(**what: Any) -> dict[str, Any]:
            result = await client.runs.wait(thread, "coverage", durability="sync", **what)
            assert isinstance(result, dict)
            assert "__error__" not in result, f"{result}\n{(tmp_path / 'server.log').read_text()[-4000:]}"
            return result

        async def asked() -> dict[str, Any] | None:
            state = await client.threads.get_state(thread)
            waiting: list[Any] = [i for task in state["tasks"] for i in task["interrupts"]]
            return waiting[0]["value"] if waiting else None

        await run(input={"messages": [{"role": "user", "content": "check wf-1 please"}]})
        request = await asked()
        assert request is not None
        assert request["action_requests"][0]["args"] == {
            "workflow_id": "wf-1",
            "topic": "technical_issues",
            "count": 16,
            "strategy": "few_shot",
        }
        assert request["review_configs"][0]["allowed_decisions"] == ["approve", "edit", "reject"]
        assert "**Balance Score:** 0.45 (Poor)" in request["action_requests"][0]["description"]

        # A person who types instead of clicking arrives as new input.
        result = await run(
            input={"messages": [{"role": "user", "content": "how many technical issues are there?"}]}
        )
        assert "has 8 records" in result["messages"][-1]["content"]
        assert await asked() is not None

        # A form sends numbers as strings.
        args = {"workflow_id": "wf-1", "topic": "technical_issues", "count": "3", "strategy": "few_shot"}
        edited = {"name": "generate_synthetic_data", "args": args}
        result = await run(command={"resume": {"decisions": [{"type": "edit", "edited_action": edited}]}})
        assert "I've generated 3 new synthetic records" in result["messages"][-1]["content"]
        request = await asked()
        assert request is not None

        result = await run(command={"resume": "make it 2 for technical issues with few-shot"})
        assert "**Plan**: 2 for" in result["messages"][-1]["content"]
        result = await run(command={"resume": {"decisions": [{"type": "approve"}]}})
        assert "Technical Issues: 11 → 13 records" in result["messages"][-1]["content"]

        result = await run(command={"resume": "proceed"})
        assert result["next_step"] == "grader" and result["rounds"] == 2 and len(result["record_ids"]) == 5
        assert await asked() is None
    finally:
        await client.aclose()
    store = Store.open(f"sqlite:///{home / 'coverage.db'}")
    assert len(list(load_records(store, "wf-1", origin="synthetic"))) == 5
    store.close()
    assert (home / "conversations.db").exists()
    log = (tmp_path / "server.log").read_text()
    assert "Blocking call" not in log and "unregistered type" not in log
