"""Killed while waiting for a person, and in the middle of generation: nothing lost, nothing twice."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.tools.generation.approvals.plans import list_plans
from finetune_coverage.tools.generation.jobs.ledger import list_jobs
from finetune_coverage.tools.store.records import load_records
from finetune_coverage.tools.store.store import Store

from ..forked import Forked

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).with_name("crashing.py")


@pytest.fixture
def run(tmp_path: Path, dataset: Callable[..., Path]) -> Callable[..., Forked]:
    """Starts a process with one step of the conversation."""
    path = dataset()
    environment = os.environ | {"LANGGRAPH_STRICT_MSGPACK": "true", "ANONYMIZED_TELEMETRY": "False"}

    def start(action: str, text: str = "-", delay: float = 0.0) -> Forked:
        arguments = (str(tmp_path / "home"), str(path), action, text, str(delay))
        return Forked(tmp_path, SCRIPT, *arguments, environment=environment)

    return start


def finish(process: Forked) -> dict[str, Any]:
    out, err = process.communicate()
    assert process.returncode == 0, err
    assert "unregistered type" not in err and "Traceback" not in err
    result: dict[str, Any] = json.loads(out.splitlines()[-1])
    return result


def synthetic(tmp_path: Path) -> list[str]:
    store = Store.open(f"sqlite:///{tmp_path / 'home' / 'coverage.db'}")
    records = [(record.id, record.body) for record in load_records(store, "wf-1", origin="synthetic")]
    store.close()
    assert max(Counter(body for _, body in records).values(), default=1) == 1, "a record is there twice"
    return [record_id for record_id, _ in records]


def test_killed_while_waiting_for_approval(run: Callable[..., Any], tmp_path: Path) -> None:
    waiting = finish(run("new", "do 3 for technical issues with few-shot"))
    assert waiting["waits"] == ["generate_synthetic_data"]
    # The process is gone; another one, later, gets the answer.
    done = finish(run("resume", "yes"))
    assert "Technical Issues: 8 → 11 records" in done["said"][-1]
    assert len(synthetic(tmp_path)) == len(done["ids"]) == 3


def test_killed_in_the_middle_of_generation(run: Callable[..., Any], tmp_path: Path) -> None:
    finish(run("new", "do 6 for technical issues with few-shot"))
    _killed_when(run("resume", "yes", delay=0.4), "accepted 2")
    before = synthetic(tmp_path)
    assert 2 <= len(before) < 6

    asked = finish(run("go-on"))
    assert asked["waits"] == ["resume_generation"] and synthetic(tmp_path) == before
    done = finish(run("resume", "1"))
    after = synthetic(tmp_path)
    assert set(before) <= set(after) and len(after) == 6
    assert sorted(done["ids"]) == sorted(after)
    assert "Technical Issues: 8 → 14 records" in done["said"][-1]
    calls = len((tmp_path / "home" / "calls.log").read_text().splitlines())
    assert calls <= 7  # six records, and the one call that was under way when the process died
    store = Store.open(f"sqlite:///{tmp_path / 'home' / 'coverage.db'}")
    assert [job.status for job in list_jobs(store, "wf-1")] == ["complete"]
    assert sorted(plan.status for plan in list_plans(store, "wf-1")) == ["approved", "cancelled"]
    store.close()


def test_after_a_kill_a_message_instead_of_going_on(run: Callable[..., Any], tmp_path: Path) -> None:
    finish(run("new", "do 4 for technical issues with few-shot"))
    _killed_when(run("resume", "yes", delay=0.4), "accepted 1")
    before = synthetic(tmp_path)
    # A yes from before the question was asked is none to it, nor is a greeting.
    for said in ("yes", "hello, are you there?"):
        asked = finish(run("new", said))
        assert asked["waits"] == ["resume_generation"] and synthetic(tmp_path) == before
    done = finish(run("resume", "continue"))
    assert len(synthetic(tmp_path)) == len(done["ids"]) == 4


def test_killed_in_a_pilot_and_again_in_the_rest(run: Callable[..., Any], tmp_path: Path) -> None:
    finish(run("new", "do 6 for technical issues with few-shot"))
    finish(run("resume", "first 3, then the rest if they are good"))
    _killed_when(run("resume", "yes", delay=0.4), "accepted 1")
    assert finish(run("go-on"))["waits"] == ["resume_generation"] and len(synthetic(tmp_path)) < 3
    _killed_when(run("resume", "1", delay=0.4), "accepted 3", "accepted 1")
    assert finish(run("go-on"))["waits"] == ["resume_generation"] and 3 < len(synthetic(tmp_path)) < 6
    done = finish(run("resume", "1"))
    assert 'The rest of "Technical Issues" followed: the first 3 are worth' in done["said"][-1]
    assert len(synthetic(tmp_path)) == 6


def _killed_when(process: Forked, *begins: str) -> None:
    """Kills it once it has said lines that begin so, one after the other."""
    lines = iter(process.lines())
    for begin in begins:
        next(line for line in lines if line.startswith(begin))
    process.kill()
    process.communicate()
