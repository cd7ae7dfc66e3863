"""kill -9 at a random moment of a job, again and again: what is lost, doubled, or paid for twice.

The endpoint's own log is the witness: when an answer had been sent before the kill, its text must be in the journal,
so that nobody needs to ask for it again.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text

from .endpoint import Behaviour
from .running_endpoint import Running, running_endpoint
from .table import markdown_table
from .throughput import run_process

KILLS = 20
COUNT = 400
CONCURRENCY = 32
LATENCY = 0.15
GRACE = 0.05
"""Seconds before the kill from which on an answer may be lost on its way into the journal."""


def journalled(folder: Path) -> dict[str, Any]:
    """Accepted record ids, and the texts of every answer, as the store of a data folder has them."""
    engine = create_engine(f"sqlite:///{folder / 'coverage.db'}")
    with engine.connect() as connection:
        records = (
            connection.execute(text("SELECT id FROM records WHERE origin = 'synthetic'")).scalars().all()
        )
        slots = connection.execute(text("SELECT record_id FROM slots WHERE record_id IS NOT NULL")).scalars()
        answers = connection.execute(
            text("SELECT response FROM attempts WHERE response IS NOT NULL")
        ).scalars()
        found = {"records": list(records), "slots": list(slots), "answers": set(answers)}
    engine.dispose()
    return found


def killed_run(folder: Path, endpoint: Running, moment: float) -> float | None:
    """Start the job, kill it ``moment`` seconds after its first request; None when it had ended before."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.one_job",
        str(folder),
        endpoint.url,
        str(COUNT),
        str(CONCURRENCY),
    ]
    before = len(endpoint.log()["requests"])
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    while process.poll() is None and len(endpoint.log()["requests"]) == before:
        time.sleep(0.01)
    try:
        process.wait(moment)
    except subprocess.TimeoutExpired:
        os.kill(process.pid, signal.SIGKILL)
        killed = time.time()
        process.wait()
        return killed
    return None


def one_kill(seed: int) -> dict[str, Any]:
    """One job that is killed once and resumed to its end."""
    moments = random.Random(seed)
    with (
        running_endpoint(Behaviour(latency=LATENCY, spread=0.3, seed=seed)) as endpoint,
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name,
    ):
        folder = Path(name)
        ideal = COUNT / CONCURRENCY * LATENCY
        killed = killed_run(folder, endpoint, moments.uniform(0.05, ideal))
        time.sleep(3 * LATENCY)  # until the endpoint has noticed that nobody listens
        before = journalled(folder)
        log = endpoint.log()["requests"]
        moment = killed or 0.0
        unanswered = sum(one["arrived"] <= moment and (one["sent"] or moment) >= moment for one in log)
        just_sent = sum(one["sent"] is not None and moment - GRACE < one["sent"] < moment for one in log)
        certain = [one["text"] for one in log if one["sent"] is not None and one["sent"] <= moment - GRACE]
        result = run_process("one_job", folder, endpoint.url, COUNT, CONCURRENCY, "resume") if killed else {}
        after = journalled(folder)
        calls = len(endpoint.log()["requests"])
    needed = len(after["answers"])
    return {
        "killed": killed is not None,
        "accepted_before": len(before["records"]),
        "unanswered": unanswered,
        "just_sent": just_sent,
        "received_and_lost": sum(answer not in before["answers"] for answer in certain),
        "lost": len(set(before["records"]) - set(after["records"])),
        "doubled": len(after["records"])
        - len(set(after["records"]))
        + len(after["slots"])
        - len(set(after["slots"])),
        "delivered": len(after["records"]),
        "status": result.get("status"),
        "repeats": calls - needed,
    }


def measure() -> dict[str, Any]:
    """`KILLS` jobs, each killed at another moment."""
    runs: list[dict[str, Any]] = []
    seed = 0
    while len(runs) < KILLS:
        run = one_kill(seed)
        seed += 1
        if run["killed"]:
            runs.append(run)
    return {"runs": runs}


def report(figures: dict[str, Any]) -> str:
    """The figures in Markdown."""
    rows = [
        (
            number,
            run["accepted_before"],
            f"{run['delivered']} of {COUNT}",
            run["lost"],
            run["doubled"],
            run["received_and_lost"],
            run["repeats"],
            run["unanswered"],
            run["just_sent"],
        )
        for number, run in enumerate(figures["runs"], 1)
    ]
    header = [
        "kill",
        "accepted before",
        "delivered in the end",
        "records lost",
        "doubled",
        f"answers received ≥ {GRACE * 1000:.0f} ms before and lost",
        "calls repeated",
        "under way at the kill",
        f"answered in the last {GRACE * 1000:.0f} ms",
    ]
    return markdown_table(header, rows)


if __name__ == "__main__":
    print(report(measure()))
