"""Records in Parquet shards by Ray beside one process: processor time of a record, and that both come to the same.

``python -m benchmarks.ray_engine [--without-assign] [RECORDS…]``. The cluster is one of this machine with two workers.
Processor time is that of all its processes, those that only keep it going included, from the moment that it is up; that
of its start is told by itself. One process looks for near duplicates among all records here, as Ray does.

What users say is of the record's topic. Of ten records one has it, and the others get theirs from these (``assign``,
with the static embeddings, as on a machine without MiniLM). One process keeps their vectors in its index, Ray keeps
none. ``--without-assign`` leaves that stage out, and all records have topics, by chance.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import orjson
from finetune_coverage.tools.analyze_coverage import analyze
from finetune_coverage.tools.dataset.exporter import export_records
from finetune_coverage.tools.dataset.importer import import_files
from finetune_coverage.tools.dataset.sources import SourceFile
from finetune_coverage.tools.dataset.topic_candidates import HowToRead
from finetune_coverage.tools.dataset.validation import duplicates
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.settings import Settings
from finetune_coverage.tools.shards.assign_sharded import assign_sharded
from finetune_coverage.tools.shards.cluster import RayCluster, opened_cluster
from finetune_coverage.tools.shards.count_sharded import count_sharded
from finetune_coverage.tools.shards.export_sharded import ExportOrder, export_sharded
from finetune_coverage.tools.shards.import_sharded import import_sharded
from finetune_coverage.tools.topics.assign import AssignReport, assign_topics
from finetune_coverage.tools.validate_dataset import validate

from .many_records import write_records
from .table import markdown_table

COUNTS = (200_000, 2_000_000)
WITHOUT = "--without-assign"
WORKERS = 2
FILES = 8
GOAL = 1.5
"""Times the processor time of one process, at the largest size."""
GOAL_FLAT = 1.2
ONE, SHARDED = "one-process", "sharded"
STAGES = ("import", "assign", "count", "validate", "export")
LABELLED = 10
"""Every so many records have a topic."""


class Cost(NamedTuple):
    """What a stage took.

    Attributes:
        cpu: processor seconds.
        seconds: by the clock.
    """

    cpu: float
    seconds: float


def measure(count: int, folder: Path, *, assigns: bool = True) -> dict[str, Any]:
    """Both engines on so many records; raises when they do not come to the same."""
    files = _files(folder / "data", count, unlabelled=assigns)
    services = Services(Settings(home=folder / "home", model="embedded", embedding_model="wordllama"))
    store, shards = services.store, services.settings.shard_folder
    duplicates.MOST_HASHES = sys.maxsize
    names = [name for name in STAGES if assigns or name != "assign"]
    one, said = _one_process(services, files, folder, names)
    began = time.monotonic()
    with opened_cluster(None, WORKERS) as cluster:
        cluster.run(os.getpid)
        start = time.monotonic() - began
        stages: dict[str, Callable[[], Any]] = {
            "import": lambda: import_sharded(store, cluster, SHARDED, files, shards, how=HowToRead()),
            "assign": lambda: _told(assign_sharded(services, cluster, SHARDED)),
            "count": lambda: analyze(services, SHARDED, count_sharded(store, cluster, SHARDED, shards)),
            "validate": lambda: validate(services, SHARDED, cluster=cluster),
            "export": lambda: _exported(services, cluster, folder),
        }
        ray = {name: _measured(stages[name], _cpu_of_cluster, name, said) for name in names}
    return {"records": count, "one": one, "ray": ray, "start": start}


def _one_process(
    services: Services, files: Sequence[SourceFile], folder: Path, names: Sequence[str]
) -> tuple[dict[str, Cost], dict[str, Any]]:
    alone = folder / "alone.jsonl"
    stages: dict[str, Callable[[], Any]] = {
        "import": lambda: import_files(services.store, ONE, files),
        "assign": lambda: _told(assign_topics(services, ONE)),
        "count": lambda: analyze(services, ONE),
        "validate": lambda: validate(services, ONE),
        "export": lambda: replace(export_records(services.store, ONE, alone), path=alone, files=()),
    }
    said: dict[str, Any] = {}
    return {name: _measured(stages[name], _own_cpu, name, said) for name in names}, said


def _told(report: AssignReport) -> AssignReport:
    """What both engines are to say alike: confidences to five digits."""
    print(f"{report.assigned}, {report.uncategorized} uncategorized", file=sys.stderr, flush=True)
    if report.expected_right is None:
        raise RuntimeError("no record got a topic: nothing is compared")
    return replace(report, expected_right=round(report.expected_right, 5))


def _exported(services: Services, cluster: RayCluster, folder: Path) -> Any:
    shards, target = services.settings.shard_folder, folder / "together"
    report = export_sharded(services.store, cluster, SHARDED, target, shards, ExportOrder())
    with (folder / "alone.jsonl").open("rb") as alone:
        for part in sorted(target.iterdir()):
            with part.open("rb") as file:
                while block := file.read(1 << 24):
                    if alone.read(len(block)) != block:
                        raise RuntimeError(f"{part} is not what one process wrote")
        if alone.read(1):
            raise RuntimeError("one process wrote more")
    return replace(report, path=folder / "alone.jsonl", files=())


def _measured(stage: Callable[[], Any], cpu: Callable[[], float], name: str, said: dict[str, Any]) -> Cost:
    before, began = cpu(), time.monotonic()
    answer = stage()
    cost = Cost(cpu() - before, time.monotonic() - began)
    if said.setdefault(name, answer) != answer:
        raise RuntimeError(f"{name}: the engines do not come to the same")
    print(f"{name}: {cost.cpu:.1f} s CPU, {cost.seconds:.1f} s", file=sys.stderr, flush=True)
    return cost


def _own_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _cpu_of_cluster() -> float:
    """Of this process and all below it, with what those of them took that have ended."""
    ticks = os.sysconf("SC_CLK_TCK")
    parents, times = {}, {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        process = int(stat.parent.name)
        parents[process] = int(fields[1])
        times[process] = sum(map(int, fields[11:15])) / ticks
    return sum(time for process, time in times.items() if _is_below(process, parents))


def _is_below(process: int, parents: dict[int, int]) -> bool:
    while process in parents:
        if process == os.getpid():
            return True
        process = parents[process]
    return False


def _files(folder: Path, count: int, *, unlabelled: bool) -> list[SourceFile]:
    folder.mkdir(parents=True)
    files = []
    for number in range(FILES):
        path = folder / f"part-{number}.jsonl"
        write_records(path, count // FILES, seed=number, by_topic=unlabelled)
        if unlabelled:
            _take_labels(path)
        files.append(SourceFile(path, str(path)))
    return files


def _take_labels(path: Path) -> None:
    """Leave its topic to every tenth record."""
    written = path.with_suffix(".part")
    with path.open("rb") as labelled, written.open("wb") as file:
        for number, line in enumerate(labelled):
            record = orjson.loads(line)
            if number % LABELLED:
                del record["topic"]
            file.write(orjson.dumps(record) + b"\n")
    written.replace(path)


def report(runs: Sequence[dict[str, Any]]) -> str:
    """The figures as Markdown."""
    rows = []
    for run in runs:
        for stage, one in run["one"].items():
            ray = run["ray"][stage]
            cells = (
                _micro(one.cpu, run),
                _micro(ray.cpu, run),
                f"{one.seconds:.1f} s",
                f"{ray.seconds:.1f} s",
            )
            rows.append((f"{run['records']:,}", stage, *cells))
    header = ["records", "stage", "CPU a record, one process", "by Ray", "clock, one process", "by Ray"]
    totals = [
        tuple(sum(cost.cpu for cost in run[engine].values()) / run["records"] for engine in ("one", "ray"))
        for run in runs
    ]
    ratio, flat = totals[-1][1] / totals[-1][0], totals[-1][1] / totals[0][1]
    goals = markdown_table(
        ["over all stages", "measured", "goal", ""],
        [
            (
                f"CPU by Ray, times that of one process, at {runs[-1]['records']:,}",
                f"{ratio:.2f}",
                f"≤ {GOAL}",
                "met" if ratio <= GOAL else "not met",
            ),
            (
                f"CPU a record by Ray, {runs[-1]['records']:,} against {runs[0]['records']:,}",
                f"{flat:.2f}",
                f"≤ {GOAL_FLAT}",
                "met" if flat <= GOAL_FLAT else "not met",
            ),
        ],
    )
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    starts = ", ".join(f"{run['start']:.0f} s" for run in runs)
    return (
        f"{markdown_table(header, rows)}\n\n{goals}\n\nReports, findings and exported bytes were the same. Starting a "
        f"cluster took {starts}, which is in no row. Load of the machine at the end: {load} on {os.cpu_count()} cores."
    )


def _micro(seconds: float, run: dict[str, Any]) -> str:
    return f"{seconds / run['records'] * 1e6:.1f} µs"


def main(counts: Sequence[int], *, assigns: bool) -> None:
    """Measure and print."""
    runs = []
    for count in counts:
        with tempfile.TemporaryDirectory() as folder:
            runs.append(measure(count, Path(folder), assigns=assigns))
    print(report(runs))


if __name__ == "__main__":
    named = [int(count) for count in sys.argv[1:] if count != WITHOUT]
    main(named or COUNTS, assigns=WITHOUT not in sys.argv)
