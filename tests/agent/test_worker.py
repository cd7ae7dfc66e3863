"""`worker`: carries out what the other commands hand over, and `doctor` names those that live."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from finetune_coverage.tools.generation.workers.following import NO_WORKER, WAITS

from ..forked import Forked
from .conftest import Chat, Command
from .endpoint import Endpoint
from .test_doctor import finding
from .test_generate import texts_of

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sends SIGTERM; needs no Windows")


@contextmanager
def at_work(folder: Path, took: str) -> Iterator[Forked]:
    """A worker as a process of its own, which is to have taken this and nothing else when it is ended."""
    worker = Forked(folder, None, "worker")
    try:
        yield worker
    finally:
        worker.send_signal(signal.SIGTERM)
        out, err = worker.communicate()
    assert worker.returncode == 0 and "Traceback" not in err
    assert [line.split(" job-")[0] for line in out.splitlines()] == [
        "worker 1: waits for approved jobs",
        f"worker 1: takes {took}",
        "worker 1: ended",
        "worker 1: ends",
    ]


def test_generate_hands_its_job_over_and_shows_what_came_of_it(
    command: Command, small: str, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FINETUNE_COVERAGE_RUN_JOBS", "workers")
    alone = command("doctor", "--yes", "--json")
    assert alone.code == 1 and finding(alone, "workers")["detail"] == "none"
    assert "finetune-coverage worker" in finding(alone, "workers")["hint"]
    with at_work(tmp_path, f"2 technical by topic_description in {small}") as worker:
        wanted = ("--topic", "technical", "--count", "2", "--strategy", "topic_description", "--yes")
        done = command("generate", "-w", small, *wanted, "--json")
        assert done.code == 0, done.err
        generation = done.document["generation"]
        assert (generation["accepted"], generation["status"]) == (2, "complete")
        assert generation["coverage_after"]["total_records"] == 9
        living = finding(command("doctor", "--yes", "--json"), "workers")
        assert living["ok"] is True
        assert f"worker 1, process {worker.pid} " in living["detail"] and "waiting" in living["detail"]
    assert finding(command("doctor", "--yes", "--json"), "workers")["ok"] is False


def test_a_yes_in_the_terminal_is_carried_out_by_a_worker(
    command: Command,
    small: str,
    endpoint: Endpoint,
    chat: Chat,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("FINETUNE_COVERAGE_RUN_JOBS", "workers")
    with at_work(tmp_path, f"3 technical by topic_description in {small}"):
        talked = chat("-w", small, typed="do 3 for technical with topic description\nyes\nstop\n")
        assert talked.code == 0, talked.err
        before, _, after = talked.out.partition("**Generation Complete**")
        assert (WAITS in before or NO_WORKER in before) and "Technical: 1 → 4 records" in after, talked.out
        assert len(texts_of(command, small)) == 3
