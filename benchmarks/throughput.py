"""How close generation comes to the ideal, what it costs the client, and whether memory stays flat."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from typing import Any

from .endpoint import Behaviour
from .running_endpoint import running_endpoint
from .table import markdown_table

CONCURRENCY = 64
LATENCY, SLOW = 0.2, 1.0
COUNT = 3_000
MEMORY_COUNTS = (300, 30_000)
RUNS = 3
WAYS = {
    "form": "this engine: the checks of form, journaled, no verifier",
    "all": "the same and duplicates by meaning (wordllama)",
    "verified": "the same and the verifier, which is a second call for each record",
    "bare": "AsyncOpenAI + semaphore, no check, no journal",
    "aiohttp": "aiohttp + semaphore, the same bytes each time: what endpoint and machine let through",
}
OPTIONS = {"form": ("cheap", "unverified"), "all": ("unverified",), "verified": ()}
"""Of `one_job`, for the ways that are this engine."""


def run_process(module: str, *arguments: object) -> dict[str, Any]:
    """One measured process; its JSON document."""
    command = [sys.executable, "-m", f"benchmarks.{module}", *map(str, arguments)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def engine_job(url: str, count: int, concurrency: int, *more: str) -> dict[str, Any]:
    """One job of the engine in a new data folder: nothing is known of the endpoint."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        return run_process("one_job", folder, url, count, concurrency, *more)


def run_way(way: str, latency: float) -> dict[str, Any]:
    """One run of a way against an endpoint of its own."""
    with running_endpoint(Behaviour(latency=latency)) as endpoint:
        if way in OPTIONS:
            return engine_job(endpoint.url, COUNT, CONCURRENCY, *OPTIONS[way])
        more = ("aiohttp",) if way == "aiohttp" else ()
        return run_process("bare_loop", endpoint.url, COUNT, CONCURRENCY, *more)


def measure() -> dict[str, Any]:
    """All figures; the ways take turns, and the median run of each counts."""
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in WAYS}
    for _ in range(RUNS):
        for way in WAYS:
            runs[way].append(run_way(way, LATENCY))
    median = {name: sorted(done, key=lambda run: run["seconds"])[RUNS // 2] for name, done in runs.items()}
    slow = {way: run_way(way, SLOW) for way in ("all", "bare")}
    memory = {}
    for count in MEMORY_COUNTS:
        with running_endpoint(Behaviour(latency=0.02)) as endpoint:
            memory[count] = engine_job(endpoint.url, count, CONCURRENCY, "unverified")
    return {"runs": runs, "median": median, "slow": slow, "memory": memory}


def utilisation(way: str, run: dict[str, Any], latency: float) -> float:
    """The seconds that the calls alone take over those that the run took, 0 to 1."""
    calls = COUNT * (2 if way == "verified" else 1)
    return float(calls / CONCURRENCY * latency / run["seconds"])


def report(figures: dict[str, Any]) -> str:
    """The figures in Markdown."""
    rows = []
    for name, words in WAYS.items():
        run = figures["median"][name]
        slow = figures["slow"].get(name)
        rows.append(
            (
                words,
                run["accepted"],
                f"{utilisation(name, run, LATENCY):.3f}",
                f"{utilisation(name, slow, SLOW):.3f}" if slow else "",
                f"{run['cpu_seconds'] / COUNT * 1000:.2f} s",
            )
        )
    small, large = (figures["memory"][count] for count in MEMORY_COUNTS)
    ratio = large["engine_peak"] / small["engine_peak"]
    net = (large["engine_peak"] - large["body_bytes"]) / small["engine_peak"]
    whole = large["peak_memory"] / small["peak_memory"]
    columns = [
        "",
        "delivered",
        f"utilisation at {LATENCY * 1000:.0f} ms",
        f"at {SLOW:.0f} s",
        "client CPU per 1,000",
    ]
    return (
        f"{markdown_table(columns, rows)}\n\nN = {COUNT:,}, {CONCURRENCY} at once, nothing known of the endpoint at "
        f"the start; at {LATENCY * 1000:.0f} ms the median of {RUNS} runs. Store: SQLite, WAL, synchronous=NORMAL.\n\n"
        f"Peak memory while N = {MEMORY_COUNTS[1]:,} are generated is {ratio:.2f} times that at N = "
        f"{MEMORY_COUNTS[0]:,} ({large['accepted']:,} records delivered), and {net:.2f} times without the bodies of "
        f"the records, which are {large['body_bytes'] / 2**20:.0f} MiB; with the measuring of their worth at the end "
        f"{whole:.2f} times, {large['peak_memory'] / 2**20:,.0f} MiB."
    )


if __name__ == "__main__":
    print(report(measure()))
