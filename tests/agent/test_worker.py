"""`worker`: carries out what the other commands hand over, and `doctor` names those that live."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest

from ..forked import Forked
from .conftest import Command
from .endpoint import Endpoint
from .test_doctor import finding

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sends SIGTERM; needs no Windows")


def test_generate_hands_its_job_over_and_shows_what_came_of_it(
    command: Command, small: str, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FINETUNE_COVERAGE_RUN_JOBS", "workers")
    alone = command("doctor", "--yes", "--json")
    assert alone.code == 1 and finding(alone, "workers")["detail"] == "none"
    assert "finetune-coverage worker" in finding(alone, "workers")["hint"]
    worker = Forked(tmp_path, None, "worker")
    try:
        wanted = ("--topic", "technical", "--count", "2", "--strategy", "topic_description", "--yes")
        done = command("generate", "-w", small, *wanted, "--json")
        assert done.code == 0, done.err
        generation = done.document["generation"]
        assert (generation["accepted"], generation["status"]) == (2, "complete")
        assert generation["coverage_after"]["total_records"] == 9
        living = finding(command("doctor", "--yes", "--json"), "workers")
        assert living["ok"] is True
        assert f"worker 1, process {worker.pid} " in living["detail"] and "waiting" in living["detail"]
    finally:
        worker.send_signal(signal.SIGTERM)
        out, err = worker.communicate()
    assert worker.returncode == 0 and "Traceback" not in err
    assert [line.split(" job-")[0] for line in out.splitlines()] == [
        "worker 1: waits for approved jobs",
        f"worker 1: takes 2 technical by topic_description in {small}",
        "worker 1: ended",
        "worker 1: ends",
    ]
    assert finding(command("doctor", "--yes", "--json"), "workers")["ok"] is False
