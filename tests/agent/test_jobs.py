"""`jobs`: how one ended, what was refused and why, and going on with one that stopped."""

from __future__ import annotations

import os

import pytest
from finetune_coverage.tools.settings import Settings
from finetune_coverage.tools.store.leases import Lease
from finetune_coverage.tools.store.store import Store

from .conftest import Command
from .endpoint import Endpoint
from .test_generate import generate

pytestmark = pytest.mark.slow


def test_short_of_the_count(command: Command, small: str, endpoint: Endpoint) -> None:
    endpoint.useless_after = 5
    outcome = command(
        "generate",
        "-w",
        small,
        "--topic",
        "technical",
        "--count",
        "8",
        "--strategy",
        "topic_description",
        "--yes",
    )
    assert outcome.code == 3
    assert "Fewer than asked" in outcome.err
    (job,) = command("jobs", "--json").document["jobs"]
    assert job["status"] == "short" and 0 < job["accepted"] < 8
    shown = command("jobs", "show", job["id"]).out
    assert "parse" in shown and "rejected" in shown
    ledger = command("jobs", "show", job["id"], "--json").document
    outcomes = [attempt["status"] for attempt in ledger["attempts"]]
    assert outcomes.count("accepted") == job["accepted"]


def test_an_endpoint_that_refuses_fails_and_can_be_resumed(
    command: Command, small: str, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FINETUNE_COVERAGE_MAX_CONCURRENCY", "1")
    endpoint.refuse = 2
    failed = generate(command, small, "--yes", "--json")
    assert failed.code == 1
    assert failed.document["error"]["code"] == "endpoint_error"
    assert "Traceback" not in failed.err
    (job,) = command("jobs", "--json").document["jobs"]
    assert f"Go on with: finetune-coverage jobs resume {job['id']}" in failed.err
    assert job["status"] == "running"
    kept = job["accepted"]
    assert " stopped " in command("jobs").out and "jobs resume ID" in command("jobs").out
    shown = command("jobs", "show", job["id"]).out
    assert shown.splitlines()[1].startswith("stopped: ") and f"jobs resume {job['id']}" in shown
    store = Store.open(Settings().store_url)
    held = Lease.take(store, Settings().home, f"job {job['id']}", "a worker", seconds=60)
    assert " running " in command("jobs").out and "\nrunning: " in command("jobs", "show", job["id"]).out
    busy = command("jobs", "resume", job["id"], "--json")
    assert busy.document["error"]["code"] == "busy" and "owed" not in busy.err
    assert f"a worker, process {os.getpid()} on " in busy.document["error"]["message"]
    held.release()
    store.close()

    again = command("jobs", "resume", job["id"])
    assert again.code == 1 and f"{3 - kept} of 3 are owed: about " in again.err and "so far)." in again.err
    endpoint.refuse = None
    resumed = command("jobs", "resume", job["id"], "--json")
    assert resumed.code == 0, resumed.err
    assert resumed.document["generation"]["accepted"] == 3
    assert kept >= 1
    calls = endpoint.calls
    finished = command("jobs", "resume", job["id"])
    assert finished.code == 0 and "owed" not in finished.err, "a finished job gives its result again"
    assert endpoint.calls == calls


def test_unknown_jobs_and_plans(command: Command) -> None:
    for arguments in (["jobs", "show", "job-9"], ["jobs", "resume", "job-9"], ["plans", "approve", "plan-9"]):
        outcome = command(*arguments, "--json")
        assert outcome.code == 1
        assert outcome.document["error"]["code"] == "invalid_input"
    assert command("jobs").out == "No jobs.\n"


def test_a_job_that_nobody_is_at_is_cancelled(
    command: Command, small: str, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FINETUNE_COVERAGE_MAX_CONCURRENCY", "1")
    endpoint.refuse = 2
    generate(command, small, "--yes")
    endpoint.refuse = None
    (job,) = command("jobs", "--json").document["jobs"]
    cancelled = command("jobs", "cancel", job["id"])
    assert "Nobody is at it" in cancelled.out and f"jobs resume {job['id']}" in cancelled.err
    listed = command("jobs").out
    assert " cancelled " in listed and "begins nothing" in listed and " stopped " not in listed
    assert command("jobs", "show", job["id"]).out.splitlines()[1].startswith("cancelled: ")
    calls = endpoint.calls
    closed = command("jobs", "resume", job["id"])
    assert closed.code == 3 and "was cancelled" in closed.err and "owed" not in closed.err
    assert endpoint.calls == calls, "nothing is asked for a job that was cancelled"
    again = command("jobs", "cancel", job["id"])
    assert again.code == 1 and "has ended (short)" in again.err

    assert "ended before" in command("jobs", "resume", job["id"]).err
    assert command("jobs", "undo", job["id"]).code == 0
    undone = command("jobs", "resume", job["id"])
    assert undone.code == 1 and "was undone" in undone.err
