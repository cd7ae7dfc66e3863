"""What people start and a worker carries out: theirs again where a person stops it, the worker's where a server ends.

Each program that hands jobs over is a process of its own here, with one worker beside it on a PostgreSQL.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from finetune_coverage.tools.dataset.importer import import_files
from finetune_coverage.tools.generation.jobs.ledger import JOB, JobSummary, list_jobs
from finetune_coverage.tools.generation.workers.queue import waiting_items
from finetune_coverage.tools.store.leases import held_leases
from finetune_coverage.tools.store.store import Store

from ..forked import Forked
from ..graph.conftest import dataset, writing
from ..graph.studio_page import APPROVE, Page
from ..graph.studio_server import serving
from .conftest import Command
from .endpoint import Endpoint
from .mcp_clients import ITEM, WANTED, call, over_pipe, proposed
from .test_generate import start

__all__ = ["dataset", "writing"]  # fixtures
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(sys.platform == "win32", reason="sends signals; needs no Windows"),
]


@pytest.fixture(autouse=True)
def address(postgresql_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Of the database that all of them use, and who carries jobs out."""
    monkeypatch.setenv("FINETUNE_COVERAGE_DATABASE_URL", postgresql_url)
    monkeypatch.setenv("FINETUNE_COVERAGE_RUN_JOBS", "workers")
    monkeypatch.setenv("FINETUNE_COVERAGE_EMBEDDING_MODEL", "wordllama")
    return postgresql_url


Working = Callable[[], Forked]


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Working]:
    """Starts a worker with the environment of that moment."""
    started: list[Forked] = []

    def start_one() -> Forked:
        started.append(Forked(tmp_path, None, "worker"))
        return started[-1]

    yield start_one
    for one in started:
        if one.returncode is None:
            one.send_signal(signal.SIGTERM)
        _, err = one.communicate()
        assert one.returncode == 0 and "Traceback" not in err, err


def job_when(address: str, holds: Callable[[JobSummary], bool], seconds: float = 90) -> JobSummary:
    """The newest job, as soon as something holds of it."""
    store = Store.open(address)
    end = time.monotonic() + seconds
    try:
        while time.monotonic() < end:
            if (jobs := list_jobs(store)) and holds(jobs[0]):
                return jobs[0]
            time.sleep(0.1)
    finally:
        store.close()
    raise AssertionError(f"it takes too long: {jobs}")


def wait_until_it_stands_still(address: str, seconds: float = 90) -> None:
    """Until no worker is at a job, and none shall be."""
    store = Store.open(address)
    end = time.monotonic() + seconds
    try:
        while waiting_items(store) or held_leases(store, JOB):
            assert time.monotonic() < end, (waiting_items(store), held_leases(store, JOB))
            time.sleep(0.1)
    finally:
        store.close()


async def test_an_mcp_client_gets_what_a_worker_wrote(
    address: str, command: Command, small: str, endpoint: Endpoint, worker: Working, tmp_path: Path
) -> None:
    worker()
    log = tmp_path / "mcp.log"
    async with over_pipe(log) as client:
        command("plans", "approve", "--yes", await proposed(client))
        answer = await call(client, "generate_synthetic_data", **WANTED)
        assert answer["generation"]["accepted"] == 3, answer
        endpoint.latency = 0.5
        command("plans", "approve", "--yes", await proposed(client, {**ITEM, "count": 12}))
        asking = asyncio.create_task(call(client, "generate_synthetic_data", **{**WANTED, "count": 12}))
        await asyncio.to_thread(job_when, address, lambda job: job.count == 12 and job.accepted >= 2)
    await asyncio.gather(asking, return_exceptions=True)
    await asyncio.to_thread(wait_until_it_stands_still, address)
    assert job_when(address, lambda job: job.count == 12).accepted < 12, (
        "the client has gone, and its job waits"
    )
    assert "Traceback" not in log.read_text()


@pytest.mark.server
async def test_a_langgraph_server_that_ends_leaves_its_job_to_the_workers(
    address: str,
    worker: Working,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    writing: ModuleType,
    dataset: Callable[..., Path],
) -> None:
    from langgraph_sdk import get_client

    settings = {
        "FINETUNE_COVERAGE_DATABASE_URL": address,
        "FINETUNE_COVERAGE_RUN_JOBS": "workers",
        "FINETUNE_COVERAGE_MAX_CONCURRENCY": "2",
    }
    for server in serving(tmp_path, writing.Writer(), settings):
        for name, value in (server._endpoint.environment | settings).items():
            monkeypatch.setenv(name, value)
        worker()
        store = Store.open(address)
        import_files(store, "wf-1", [dataset()])
        store.close()
        client = get_client(url=server.address)
        page = Page(client, server, (await client.threads.create())["thread_id"], "wf-1")
        await page.says("check it please")
        server.seconds_per_call = 0.5
        answered: dict[str, Any] = {"command": {"resume": APPROVE}, "durability": "sync"}
        reading = asyncio.create_task(_read(client, page.thread, answered))
        begun = await asyncio.to_thread(job_when, address, lambda job: job.accepted >= 2)
        assert begun.accepted < begun.count
        await asyncio.to_thread(server.stop)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        await client.aclose()
        assert not server.is_running
        done = await asyncio.to_thread(job_when, address, lambda job: job.status != "running")
        assert (done.status, done.accepted) == ("complete", done.count), server.log[-3000:]


async def _read(client: Any, thread: str, answered: dict[str, Any]) -> None:
    async for _ in client.runs.stream(thread, "coverage", **answered):
        pass


def test_sigterm_leaves_a_batch_at_the_endpoint_for_the_next_worker(
    address: str,
    command: Command,
    small: str,
    endpoint: Endpoint,
    worker: Working,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FINETUNE_COVERAGE_USE_BATCH_API", "true")
    endpoint.batches.looks = 10_000
    first = worker()
    wanted = ("--topic", "technical", "--count", "4", "--strategy", "topic_description", "--yes")
    following = start("generate", "-w", small, *wanted)
    end = time.monotonic() + 90
    while not any(endpoint.batches.looked.values()):
        assert time.monotonic() < end, command("jobs").out
        time.sleep(0.1)
    began = time.monotonic()
    first.send_signal(signal.SIGTERM)
    out, _ = first.communicate(60)
    assert first.returncode == 0 and time.monotonic() - began < 30 and " leaves job-" in out, out
    endpoint.batches.looks = 0
    worker()
    _, err = following.communicate()
    assert following.returncode == 0, err
    done = job_when(address, lambda job: job.status != "running")
    assert (done.status, done.accepted, len(endpoint.batches.batches)) == ("complete", 4, 1)
