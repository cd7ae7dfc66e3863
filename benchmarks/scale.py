"""Import and analysis of ten thousand to a million chat records, beside bare parsing of the same file."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from .crowd_of_records import source_name
from .many_records import write_records
from .table import markdown_table
from .throughput import run_process

COUNTS = (10_000, 100_000, 1_000_000)
RUNS = 3
GOAL_RATIO = 4.0
GOAL_ANALYSIS = 0.050
GOAL_MEMORY = 600e6
GOAL_FLAT = 1.3


def measure() -> dict[int, dict[str, Any]]:
    """The median run of each size, by the ratio of import to parsing."""
    found = {}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        for count in COUNTS:
            path = Path(folder) / f"{count}.jsonl"
            write_records(path, count)
            runs = []
            for _ in range(RUNS):
                with tempfile.TemporaryDirectory(dir=folder, ignore_cleanup_errors=True) as home:
                    runs.append(run_process("one_import", home, path))
            found[count] = sorted(runs, key=ratio)[RUNS // 2]
    return found


def ratio(run: dict[str, Any]) -> float:
    """How many times as long as parsing the import took."""
    return float(run["import_seconds"] / run["parse_seconds"])


def report(found: dict[int, dict[str, Any]]) -> str:
    """The figures in Markdown."""
    rows = [
        (
            f"{count:,}",
            f"{run['bytes'] / 1e6:.0f} MB",
            _micro(run["parse_seconds"], count),
            _micro(run["import_seconds"], count),
            f"{ratio(run):.2f}",
            _micro(run["cpu_seconds"], count),
            f"{run['analysis_seconds'] * 1000:.1f} ms",
            f"{run['analysis_again_seconds'] * 1000:.1f} ms",
            f"{run['peak_memory'] / 1e6:.0f} MB",
        )
        for count, run in found.items()
    ]
    header = (
        "records",
        "file",
        "parsing, each",
        "import, each",
        "ratio",
        "CPU of the import, each",
        "analysis",
        "again, 30 more",
        "peak memory",
    )
    small, large = found[COUNTS[0]], found[COUNTS[-1]]
    flat = (large["import_seconds"] / COUNTS[-1]) / (small["import_seconds"] / COUNTS[0])
    goals = (
        ("import, times parsing", f"{ratio(large):.2f}", f"≤ {GOAL_RATIO:g}", ratio(large) <= GOAL_RATIO),
        (
            "analysis after it",
            f"{large['analysis_seconds'] * 1000:.1f} ms",
            f"≤ {GOAL_ANALYSIS * 1000:.0f} ms",
            large["analysis_seconds"] <= GOAL_ANALYSIS,
        ),
        (
            "peak memory, all processes",
            f"{large['peak_memory'] / 1e6:.0f} MB",
            f"< {GOAL_MEMORY / 1e6:.0f} MB",
            large["peak_memory"] < GOAL_MEMORY,
        ),
        (
            f"cost of a record, {COUNTS[-1]:,} against {COUNTS[0]:,}",
            f"{flat:.2f}",
            f"≤ {GOAL_FLAT:g}",
            flat <= GOAL_FLAT,
        ),
    )
    table = markdown_table(
        ["at the largest size", "measured", "goal", ""],
        [(name, value, goal, "met" if is_met else "not met") for name, value, goal, is_met in goals],
    )
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return (
        f"{markdown_table(header, rows)}\n\n{table}\n\nMedian of {RUNS} runs, each in a process of its own; parsing is "
        "`for line in file: orjson.loads(line)` before and after the import in the same process. Records: two or three "
        f"exchanges of {source_name()}, a tenth with a tool call. Peak memory is the sum of the peaks of both "
        f"processes. Load of the machine at the end: {load} on {os.cpu_count()} cores."
    )


def _micro(seconds: float, count: int) -> str:
    return f"{seconds / count * 1e6:.1f} µs"


if __name__ == "__main__":
    print(report(measure()))
