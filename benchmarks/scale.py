"""Import and analysis of ten thousand to a million chat records, beside bare parsing of the same file.

``python -m benchmarks.scale [RECORDS…]``: into a file, and into a database of a PostgreSQL server that it starts.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .crowd_of_records import source_name
from .many_records import write_records
from .postgresql_server import PostgresqlServer
from .table import markdown_table
from .throughput import run_process

COUNTS = (10_000, 100_000, 1_000_000)
RUNS = 3
GOAL_RATIO = 15.0
GOAL_OF_SERVER = 3.0
GOAL_ANALYSIS = 0.050
GOAL_MEMORY = 600e6
GOAL_FLAT = 1.3
FILE, SERVER = "SQLite", "PostgreSQL"

Found = dict[tuple[str, int], dict[str, Any]]
"""By database and number of records."""


def measure(counts: Sequence[int]) -> Found:
    """The median run of each database and size, by the ratio of import to parsing."""
    found: Found = {}
    server = PostgresqlServer(is_durable=True)
    try:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            for count in counts:
                path = Path(folder) / f"{count}.jsonl"
                write_records(path, count)
                for database in (FILE, SERVER):
                    runs = []
                    for _ in range(RUNS):
                        with tempfile.TemporaryDirectory(dir=folder, ignore_cleanup_errors=True) as home:
                            url = [server.url(server.new_database())] if database == SERVER else []
                            runs.append(run_process("one_import", home, path, *url))
                    found[database, count] = sorted(runs, key=ratio)[RUNS // 2]
    finally:
        server.remove()
    return found


def ratio(run: dict[str, Any]) -> float:
    """How many times as long as parsing the import took."""
    return float(run["import_seconds"] / run["parse_seconds"])


def report(found: Found) -> str:
    """The figures in Markdown."""
    rows = [
        (
            database,
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
        for (database, count), run in found.items()
    ]
    header = (
        "database",
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
    least, most = min(count for _, count in found), max(count for _, count in found)
    small, large, served = found[FILE, least], found[FILE, most], found[SERVER, most]
    flat = (large["import_seconds"] / most) / (small["import_seconds"] / least)
    slower = served["import_seconds"] / large["import_seconds"]
    goals = (
        ("import, times parsing", f"{ratio(large):.2f}", f"≤ {GOAL_RATIO:g}", ratio(large) <= GOAL_RATIO),
        (
            "import, PostgreSQL times SQLite",
            f"{slower:.2f}",
            f"≤ {GOAL_OF_SERVER:g}",
            slower <= GOAL_OF_SERVER,
        ),
        *(
            (
                f"analysis after it, {database}",
                f"{run['analysis_seconds'] * 1000:.1f} ms",
                f"≤ {GOAL_ANALYSIS * 1000:.0f} ms",
                run["analysis_seconds"] <= GOAL_ANALYSIS,
            )
            for database, run in ((FILE, large), (SERVER, served))
        ),
        (
            "peak memory",
            f"{large['peak_memory'] / 1e6:.0f} MB",
            f"< {GOAL_MEMORY / 1e6:.0f} MB",
            large["peak_memory"] < GOAL_MEMORY,
        ),
        (
            f"cost of a record, {most:,} against {least:,}",
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
        f"exchanges of {source_name()}, a tenth with a tool call. CPU and memory are those of the importing "
        "process; the PostgreSQL server runs on the same machine, as it is installed. Load of the machine at the end: "
        f"{load} on {os.cpu_count()} cores."
    )


def _micro(seconds: float, count: int) -> str:
    return f"{seconds / count * 1e6:.1f} µs"


if __name__ == "__main__":
    print(report(measure([int(count) for count in sys.argv[1:]] or COUNTS)))
