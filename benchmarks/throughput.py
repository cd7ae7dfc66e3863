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
LATENCY = 0.2
COUNT = 3_000
MEMORY_COUNTS = (300, 30_000)
RUNS = 3
WAYS = {
    "cheap": "this engine: parse to MinHash, topic check, journaled",
    "all": "the same and duplicates by meaning (wordllama)",
    "bare": "AsyncOpenAI + semaphore, no check, no journal",
    "aiohttp": "aiohttp + semaphore, the same bytes each time: what endpoint and machine let through",
}


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


def measure() -> dict[str, Any]:
    """All figures; the engine and the bare loops take turns, and the median run of each counts."""
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in WAYS}
    for _ in range(RUNS):
        with running_endpoint(Behaviour(latency=LATENCY)) as endpoint:
            runs["cheap"].append(engine_job(endpoint.url, COUNT, CONCURRENCY, "cheap"))
        with running_endpoint(Behaviour(latency=LATENCY)) as endpoint:
            runs["all"].append(engine_job(endpoint.url, COUNT, CONCURRENCY))
        with running_endpoint(Behaviour(latency=LATENCY)) as endpoint:
            runs["bare"].append(run_process("bare_loop", endpoint.url, COUNT, CONCURRENCY))
        with running_endpoint(Behaviour(latency=LATENCY)) as endpoint:
            runs["aiohttp"].append(run_process("bare_loop", endpoint.url, COUNT, CONCURRENCY, "aiohttp"))
    median = {name: sorted(done, key=lambda run: run["seconds"])[RUNS // 2] for name, done in runs.items()}
    memory = {}
    for count in MEMORY_COUNTS:
        with running_endpoint(Behaviour(latency=0.02)) as endpoint:
            memory[count] = engine_job(endpoint.url, count, CONCURRENCY)
    return {"runs": runs, "median": median, "memory": memory}


def report(figures: dict[str, Any]) -> str:
    """The figures in Markdown."""
    ideal = COUNT / CONCURRENCY * LATENCY
    rows = []
    for name, words in WAYS.items():
        run = figures["median"][name]
        rows.append(
            (
                words,
                run["accepted"],
                f"{ideal / run['seconds']:.3f}",
                f"{run['cpu_seconds'] / COUNT * 1000:.2f} s",
            )
        )
    small, large = (figures["memory"][count] for count in MEMORY_COUNTS)
    ratio = large["peak_memory"] / small["peak_memory"]
    net = (large["peak_memory"] - large["body_bytes"]) / small["peak_memory"]
    table = markdown_table(["", "delivered", "utilisation", "client CPU per 1,000"], rows)
    return (
        f"{table}\n\nN = {COUNT:,}, {CONCURRENCY} at once, {LATENCY * 1000:.0f} ms an answer, nothing known of the "
        f"endpoint at the start; median of {RUNS} runs. Store: SQLite, WAL, synchronous=NORMAL.\n\n"
        f"Peak memory at N = {MEMORY_COUNTS[1]:,} is {ratio:.2f} times that at N = {MEMORY_COUNTS[0]:,} "
        f"({large['accepted']:,} records delivered), and {net:.2f} times without the bodies of the records, which are "
        f"{large['body_bytes'] / 2**20:.0f} MiB."
    )


if __name__ == "__main__":
    print(report(measure()))
