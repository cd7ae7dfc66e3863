"""Faulty endpoints: what is delivered, in what time, and how many calls are wasted."""

from __future__ import annotations

from typing import Any

from .endpoint import Behaviour
from .running_endpoint import running_endpoint
from .table import markdown_table, seconds
from .throughput import engine_job, run_process

FAULTY: dict[str, Any] = {"busy": 0.05, "errors": 0.02, "drops": 0.01, "invalid": 0.02}
COUNT = 600
CONCURRENCY = 64
LATENCY = 0.2
RUNS = 10
SLOTS = 32


def measure() -> dict[str, Any]:
    """Ten runs with faults beside a bare loop that drops what fails, and one against an endpoint of 32 slots."""
    runs = []
    for seed in range(RUNS):
        behaviour = Behaviour(latency=LATENCY, seed=seed, **FAULTY)
        with running_endpoint(behaviour) as endpoint:
            run = engine_job(endpoint.url, COUNT, CONCURRENCY)
            counts = endpoint.log()["counts"]
        with running_endpoint(behaviour) as endpoint:
            bare = run_process("bare_loop", endpoint.url, COUNT, CONCURRENCY)
        calls = sum(counts.values())
        faults = sum(counts.get(name, 0) for name in FAULTY)
        runs.append({**run, "calls": calls, "faults": faults, "bare": bare})
    with running_endpoint(Behaviour(latency=LATENCY, slots=SLOTS)) as endpoint:
        narrow = engine_job(endpoint.url, COUNT, CONCURRENCY)
        narrow["calls"] = sum(endpoint.log()["counts"].values())
    return {"runs": runs, "narrow": narrow}


def report(figures: dict[str, Any]) -> str:
    """The figures in Markdown."""
    rows = []
    for number, run in enumerate(figures["runs"], 1):
        wasted = run["calls"] - run["faults"] - COUNT
        rows.append(
            (
                number,
                f"{run['accepted']} of {COUNT}",
                run["calls"],
                run["faults"],
                f"{wasted} ({wasted / run['calls']:.1%})",
                seconds(run["seconds"]),
                f"{run['seconds'] / run['bare']['seconds']:.2f}",
                run["bare"]["accepted"],
            )
        )
    header = [
        "run",
        "delivered",
        "calls",
        "faults",
        "wasted beyond them",
        "time",
        "× bare loop",
        "bare loop delivered",
    ]
    narrow = figures["narrow"]
    shares = ", ".join(f"{share:.0%} {name}" for name, share in FAULTY.items())
    return (
        f"{markdown_table(header, rows)}\n\nFaults: {shares}. {CONCURRENCY} at once.\n\n"
        f"An endpoint of {SLOTS} slots that answers 429 above: {narrow['accepted']} of {COUNT} delivered in "
        f"{narrow['calls']} calls, {seconds(narrow['seconds'])} "
        f"(ideal {seconds(COUNT / SLOTS * LATENCY)})."
    )


if __name__ == "__main__":
    print(report(measure()))
