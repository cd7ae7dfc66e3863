"""What the page costs: its first load, an open tab that nothing happens in, and the review of 100,000 records.

CPU seconds are fair on a busy machine, seconds by the clock are not; both are told, with the machine's load.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from finetune_coverage.tools.dataset.bundled_sample import import_sample
from finetune_coverage.tools.dataset.importer import import_files
from finetune_coverage.tools.dataset.record import Record
from finetune_coverage.tools.inspection.review_page import MOST_LOOKED_AT, Wanted, count_meant, review_page
from finetune_coverage.tools.store.records import NewRecord, insert_records
from finetune_coverage.tools.store.store import Store
from finetune_coverage.tools.store.workflows import create_workflow

from .crowd_of_records import crowd
from .many_records import write_records
from .table import markdown_table, seconds

RECORDS = 100_000
GOAL_BYTES, GOAL_SECONDS, GOAL_REVIEW, GOAL_IDLE = 1_500_000, 2.0, 0.3, 0.01
IDLE_SECONDS = 30
_TRIES = 5
_BATCH = 5_000
_WAIT = 120_000
QUERIES = {
    "real, in their order": ("real", Wanted(origin="real")),
    "real, one topic": ("real", Wanted(origin="real", topic="topic_07")),
    "generated, newest first": ("generated", Wanted(origin="synthetic")),
    "generated, one round": ("generated", Wanted(origin="synthetic", jobs=("job-3",))),
    "generated, not read by a verifier (1 in 10)": ("generated", Wanted(judged="unverified")),
    "generated, worth nothing (1 in 1,000)": ("generated", Wanted(worth="nothing")),
    "generated, kept by a person (none)": ("generated", Wanted(judged="kept")),
    "generated, most worth a look": ("generated", Wanted(origin="synthetic", is_queue=True)),
    "generated, most worth a look, one topic": (
        "generated",
        Wanted(origin="synthetic", topic="topic_07", is_queue=True),
    ),
}


def fill(home: Path) -> Store:
    """A store with the bundled sample, so many real records, and so many generated ones with their provenance."""
    store = Store.open(f"sqlite:///{home / 'coverage.db'}")
    import_sample(store, "sample")
    file = home / "records.jsonl"
    write_records(file, RECORDS)
    import_files(store, "real", [file])
    file.unlink()
    create_workflow(store, "generated")
    records = iter(crowd(RECORDS))
    rng = random.Random(1)
    for start in range(0, RECORDS, _BATCH):
        part = islice(records, min(_BATCH, RECORDS - start))
        batch = [_generated(rng, number, record) for number, record in enumerate(part, start)]
        with store.write() as connection:
            insert_records(connection, "generated", batch)
    return store


def _generated(rng: random.Random, number: int, record: Record) -> NewRecord:
    made = Record(record.id, record.body, record.topic, "synthetic", provenance=_provenance(rng, number))
    return NewRecord(made, job_id=f"job-{number % 20}")


def _provenance(rng: random.Random, number: int) -> dict[str, Any]:
    """As a job writes it, of about its size."""
    found = {
        "job": f"job-{number % 20}",
        "slot": number,
        "attempt": number,
        "approval": "approval-0123456789ab",
        "strategy": "few_shot",
        "seeds": [f"{rng.getrandbits(80):020x}-1" for _ in range(5)],
        "examples": [f"{rng.getrandbits(80):020x}-1" for _ in range(5)],
        "drawn": {
            "scenario": {"area": "sync", "situation": "two laptops overwrite each other", "user": "an office"}
        },
        "template": "0123456789abcdef",
        "model": "a model at an endpoint",
        "profile": "full",
        "checks": [
            "hidden_text",
            "role_grammar",
            "artefacts",
            "language",
            "length",
            "near_duplicate",
            "topic",
        ],
        "not_judged": [],
        "scores": {"near_duplicate": 0.2, "semantic_duplicate": 0.7, "topic": round(rng.uniform(0, 1), 3)},
        "worth": 0.0 if number % 1_000 == 0 else round(rng.uniform(0.01, 1), 3),
    }
    if number % 10:
        found["verifier"] = {"model": "m", "template": "x", "passed": ["topic", "answers", "consistent"]}
    return found


def review_table(store: Store) -> str:
    """What a page of each kind takes, and the count that its buttons name, which comes after it."""
    rows = []
    for name, (workflow_id, wanted) in QUERIES.items():
        page = _timed(partial(review_page, store, workflow_id, wanted))
        count = _timed(partial(count_meant, store, workflow_id, wanted))
        rows.append([name, *(f"{value * 1000:.0f} ms" for value in (*page, *count))])
    return markdown_table(["records", "page, CPU", "page, clock", "count, CPU", "count, clock"], rows)


def _timed(work: Callable[[], Any]) -> tuple[float, float]:
    """CPU and clock seconds, the middle of some tries."""
    cpu, clock = [], []
    for _ in range(_TRIES):
        began, before = time.perf_counter(), time.process_time()
        work()
        cpu.append(time.process_time() - before)
        clock.append(time.perf_counter() - began)
    return statistics.median(cpu), statistics.median(clock)


@contextmanager
def served(home: Path) -> Iterator[tuple[int, str]]:
    """The page in a process of its own: its number, and the address with the key."""
    process = subprocess.Popen(
        [sys.executable, "-m", "finetune_coverage.agent.cli", "serve", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=os.environ | {"FINETUNE_COVERAGE_HOME": str(home), "PYTHONUNBUFFERED": "1", "COLUMNS": "200"},
    )
    try:
        assert process.stdout is not None
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found is not None
        yield process.pid, found.group()
    finally:
        process.terminate()
        process.wait()


def cpu_seconds(pid: int) -> float:
    """Of a process so far, with its kernel time; Linux only."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def page_table(home: Path) -> str:
    """First loads, idle tabs, and the keys of the review, in Chromium."""
    from playwright.sync_api import sync_playwright

    rows: list[list[object]] = []
    with served(home) as (pid, url), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        origin = url.partition("/?")[0]

        def load(name: str, address: str, shows: str, goals: str) -> Any:
            context = browser.new_context()  # nothing is cached
            if address != url:
                token = url.partition("token=")[2]
                address = f"{origin}{address}{'&' if '?' in address else '?'}token={token}"
            page = context.new_page()
            page.set_default_timeout(_WAIT)
            received = [0]
            page.on("requestfinished", lambda asked: received.append(asked.sizes()["responseBodySize"]))
            began, before = time.perf_counter(), cpu_seconds(pid)
            page.goto(address)
            page.wait_for_selector(shows)
            took, cpu = time.perf_counter() - began, cpu_seconds(pid) - before
            page.wait_for_timeout(1_500)
            rows.append([name, f"{sum(received) / 1000:,.0f} kB", seconds(took), seconds(cpu), goals])
            return page

        goals = f"{GOAL_BYTES / 1e6} MB, {GOAL_SECONDS:.0f} s"
        load("first load of all", url, "input[type=file]", goals).close()
        load("datasets, again", url, "input[type=file]", goals).close()
        load("overview of the sample, its first analysis", "/data/sample", ".topic", "").close()
        open_page = load("overview of the sample, again", "/data/sample", ".topic", goals)
        before = cpu_seconds(pid)
        open_page.wait_for_timeout(IDLE_SECONDS * 1000)
        idle = (cpu_seconds(pid) - before) / IDLE_SECONDS
        open_page.close()
        load("review of 100,000 generated, first time", "/data/generated/review", ".turn", "").close()
        review = load("review of 100,000 generated, again", "/data/generated/review", ".turn", goals)
        took = []
        for number in range(1, 11):
            began = time.perf_counter()
            review.keyboard.press("j")
            review.wait_for_selector(f'.queue [data-number="{number}"][aria-current]')
            took.append(time.perf_counter() - began)
        browser.close()
    lines = [
        markdown_table(["", "received", "usable after", "CPU of the server", "goal"], rows),
        "",
        f"An open tab in which nothing happens costs {idle:.2%} of a core ({IDLE_SECONDS} s; goal < {GOAL_IDLE:.0%}). "
        f"The next record by key: {statistics.median(took) * 1000:.0f} ms (median of {len(took)}).",
    ]
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        store = fill(home)
        print(page_table(home))
        print(f"\nA page of {RECORDS:,} records, in the store (goal {GOAL_REVIEW * 1000:.0f} ms):\n")
        print(review_table(store))
        size = len(json.dumps(_provenance(random.Random(1), 1)))
        store.close()
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    print(
        f"\nMiddle of {_TRIES}; {size:,} bytes of provenance a record. Filters that read it look at {MOST_LOOKED_AT:,} "
        f"records a page, the count at all. Load of the machine at the end: {load} on {os.cpu_count()} cores."
    )


if __name__ == "__main__":
    main()
