"""One import as a process of its own, measured from inside, between two rounds of bare parsing of the same file.

Run as ``python -m benchmarks.one_import FOLDER FILE [DATABASE_URL]``; it prints one JSON document.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

import orjson
from finetune_coverage.tools.analyze_coverage import analyze_coverage
from finetune_coverage.tools.dataset.importer import import_files
from finetune_coverage.tools.dataset.record import Record
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.settings import Settings
from finetune_coverage.tools.store.records import NewRecord, insert_records

WORKFLOW = "bench"
GENERATED = 30
"""Records added before the second analysis."""


def parse(path: Path) -> float:
    """Seconds for parsing a file line by line, and nothing else."""
    began = time.perf_counter()
    with path.open("rb") as file:
        for line in file:
            orjson.loads(line)
    return time.perf_counter() - began


def analyze(services: Services) -> tuple[float, int]:
    """Seconds for the whole tool, and how many records it counts."""
    began = time.perf_counter()
    answer = analyze_coverage(services, WORKFLOW)
    return time.perf_counter() - began, answer["coverage"]["total_records"]


def generate(services: Services) -> None:
    """Add a few records as a job does."""
    body = json.dumps({"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}]})
    new = [Record(f"made-{number}", body, "topic_03", "synthetic") for number in range(GENERATED)]
    with services.store.write() as connection:
        insert_records(connection, WORKFLOW, [NewRecord(record, job_id="job-1") for record in new])


def cpu_seconds() -> float:
    """Processor time of this process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def measure(folder: Path, path: Path, database_url: str | None = None) -> dict[str, Any]:
    """All figures of one import into an empty store."""
    services = Services(
        Settings(home=folder, database_url=database_url, model="embedded", embedding_model="embedded")
    )
    services.store.close()  # made and ready
    before = parse(path)
    began, cpu = time.perf_counter(), cpu_seconds()
    report = import_files(services.store, WORKFLOW, [path])
    seconds, cpu = time.perf_counter() - began, cpu_seconds() - cpu
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    after = parse(path)
    first, counted = analyze(services)
    generate(services)
    second, counted_again = analyze(services)
    if (report.added, counted, counted_again) != (counted, counted, counted + GENERATED):
        raise RuntimeError(f"{report.added} records imported, {counted} and {counted_again} counted")
    return {
        "records": report.added,
        "bytes": path.stat().st_size,
        "parse_seconds": (before + after) / 2,
        "import_seconds": seconds,
        "cpu_seconds": cpu,
        "peak_memory": memory,
        "analysis_seconds": first,
        "analysis_again_seconds": second,
    }


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:])))
