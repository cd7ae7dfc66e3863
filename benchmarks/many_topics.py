"""How long the first answers about very many records and topics take, and how long they are."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from .many_records import write_records
from .table import markdown_table

SIZES = ((200_000, 300), (1_000_000, 2_000), (100_000, 10_000))
"""Records and topics."""
COMMANDS = ("analyze", "recommend", "chat")
GOAL_SECONDS = 10.0
GOAL_LINES = 100


class Answer(NamedTuple):
    """What a command took: seconds by the clock and of CPU time, and the lines of its answer."""

    seconds: float
    cpu_seconds: float
    lines: int


def measure() -> dict[tuple[int, int], dict[str, Answer]]:
    """Each command in a process of its own, on data folders that are made for it. Chat ends after its first answer."""
    found = {}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        for count, topics in SIZES:
            home = Path(folder) / f"home-{count}-{topics}"
            path = Path(folder) / "records.jsonl"
            write_records(path, count, uneven_topics=topics)
            _run(home, "import", str(path))
            path.unlink()
            found[count, topics] = {command: _run(home, command) for command in COMMANDS}
    return found


def _run(home: Path, command: str, *arguments: str) -> Answer:
    began, before = time.perf_counter(), os.times()
    done = subprocess.run(
        [sys.executable, "-m", "finetune_coverage.agent.cli", command, *arguments, "-w", "wf-1"],
        env={**os.environ, "FINETUNE_COVERAGE_HOME": str(home)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=True,
    )
    after = os.times()
    cpu = after.children_user - before.children_user + after.children_system - before.children_system
    return Answer(time.perf_counter() - began, cpu, done.stdout.count("\n"))


def report(found: dict[tuple[int, int], dict[str, Answer]]) -> str:
    """The figures in Markdown."""
    rows = []
    for (count, topics), answers in found.items():
        for command, answer in answers.items():
            is_met = answer.seconds <= GOAL_SECONDS and answer.lines <= GOAL_LINES
            figures = (f"{answer.seconds:.1f} s", f"{answer.cpu_seconds:.1f} s", str(answer.lines))
            rows.append((f"{count:,}", f"{topics:,}", command, *figures, "met" if is_met else "not met"))
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    goal = f"≤ {GOAL_SECONDS:g} s, ≤ {GOAL_LINES} lines"
    return (
        f"{markdown_table(['records', 'topics', 'command', 'time', 'CPU time', 'lines', goal], rows)}\n\n"
        "Each in a process of its own, its start included. `recommend` waits for the label check, the first answer of "
        f"`chat` does not. Load of the machine at the end: {load} on {os.cpu_count()} cores."
    )


if __name__ == "__main__":
    print(report(measure()))
