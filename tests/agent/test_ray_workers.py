"""`worker --engine ray`: workers as actors of a Ray cluster take jobs as any worker does, and are started again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from finetune_coverage.agent import cli

from .conftest import Command
from .endpoint import Endpoint
from .test_doctor import finding

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("ray"),
    pytest.mark.skipif(sys.platform == "win32", reason="sends SIGTERM; needs no Windows"),
]
ACTOR = b"ray::_WorkerActor"


def actors_below(ancestor: int) -> list[int]:
    """The processes of actors that a process has started, or one that it has."""
    parents, actors = {}, []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            if (entry / "cmdline").read_bytes().startswith(ACTOR):
                actors.append(int(entry.name))
        except OSError:
            continue

    def is_below(process: int) -> bool:
        while process not in (0, ancestor):
            process = parents.get(process, 0)
        return process == ancestor

    return [actor for actor in actors if is_below(actor)]


@pytest.mark.timeout(600)
def test_workers_in_a_ray_cluster_carry_jobs_out_and_one_that_dies_is_started_again(
    command: Command, small: str, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("ray", reason="needs Ray: pip install 'finetune-coverage[ray]'")
    monkeypatch.setenv("FINETUNE_COVERAGE_RUN_JOBS", "workers")
    monkeypatch.setenv("FINETUNE_COVERAGE_LEASE_SECONDS", "3")
    started = [sys.executable, "-m", cli.__name__, "worker", "--engine", "ray", "--actors", "2"]
    with subprocess.Popen(started, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as worker:
        said: list[str] = []
        heard = threading.Condition()

        def listen() -> None:
            assert worker.stdout is not None
            for line in worker.stdout:
                with heard:
                    said.append(line.strip())
                    heard.notify_all()

        def wait_for(holds: Callable[[], bool]) -> None:
            with heard:
                assert heard.wait_for(holds, 300), said

        threading.Thread(target=listen, daemon=True).start()
        wait_for(lambda: sum("waits for approved jobs" in line for line in said) == 2)
        os.kill(actors_below(worker.pid)[0], signal.SIGKILL)
        wait_for(lambda: sum("waits for approved jobs" in line for line in said) == 3)
        wanted = ("--topic", "technical", "--count", "2", "--strategy", "topic_description", "--yes")
        done = command("generate", "-w", small, *wanted, "--json")
        assert done.code == 0, done.err
        assert done.document["generation"]["accepted"] == 2
        living = finding(command("doctor", "--yes", "--json"), "workers")
        assert living["ok"] is True, living
        worker.send_signal(signal.SIGTERM)
        wait_for(lambda: sum(line.endswith(": ends") for line in said) == 2)
        assert worker.stderr is not None
        error = worker.stderr.read()
        assert worker.wait(60) == 0, error
    assert "Traceback" not in error
    assert any(" takes 2 technical by topic_description" in line for line in said)
