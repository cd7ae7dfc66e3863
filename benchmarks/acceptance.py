"""What judging one candidate against very many records costs: time, memory, and what is found.

``python -m benchmarks.acceptance`` prints the figures; it takes two to three minutes on two free cores.
"""

from __future__ import annotations

import random
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from finetune_coverage.tools.dataset.record import Record
from finetune_coverage.tools.generation.attempts.acceptance import duplicate_checks
from finetune_coverage.tools.generation.attempts.draft import Candidate, Draft
from finetune_coverage.tools.generation.checks.check import ComparingCheck
from finetune_coverage.tools.generation.checks.form.exact_duplicate import ExactDuplicate
from finetune_coverage.tools.generation.checks.form.likeness import LIMIT
from finetune_coverage.tools.generation.checks.form.near_duplicate import NearDuplicate
from finetune_coverage.tools.generation.checks.form.semantic_duplicate import SemanticDuplicate
from finetune_coverage.tools.generation.checks.form.written_vector import WrittenVector
from finetune_coverage.tools.models.embedding import make_embeddings
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.settings import Settings
from finetune_coverage.tools.store.records import NewRecord, insert_records
from finetune_coverage.tools.store.workflows import create_workflow
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from .crowd_of_records import crowd, dialogues, exchange, source_name

EXISTING = 100_000
CANDIDATES = 400
REAL_VECTORS = 2_000
"""Texts that MiniLM embeds; the other vectors are weighted sums of two of these, which keeps the spectrum."""


Cost = tuple[float, float]
"""Milliseconds of the clock and of the processor: on a busy machine the clock also counts the others' work."""


def run() -> dict[str, Any]:
    """All measurements; times in milliseconds unless the name says otherwise."""
    records = list(crowd(EXISTING + CANDIDATES))
    random.Random(2).shuffle(records)
    return {
        "existing_records": EXISTING,
        "texts": source_name(),
        "check": {model: check_times(model, records) for model in ("embedded", "wordllama")},
        "bytes_per_record": {"one exchange": bytes_each(crowd(20_000)), "dialogue": bytes_each(dialogues())},
        "start": {str(count): start_seconds(count) for count in (10_000, EXISTING)},
    }


def check_times(model: str, records: Sequence[Record]) -> dict[str, Any]:
    """Time of each check for one candidate, and how many planted copies were refused."""
    known, fresh = records[:EXISTING], records[EXISTING:]
    embeddings = make_embeddings(Settings(embedding_model=model))
    vectors = _vectors(embeddings, known, only_some=model == "embedded")
    written = WrittenVector(embeddings)
    began = time.perf_counter()
    checks: list[ComparingCheck] = [
        ExactDuplicate(known),
        NearDuplicate(known),
        SemanticDuplicate(written, known, vectors),
    ]
    loading = time.perf_counter() - began

    spent: dict[str, list[Cost]] = {"vector": [], **{check.name: [] for check in checks}, "accepted": []}
    outcomes: dict[str, list[bool]] = {"fresh": [], "copy": [], "near copy": []}
    agrees = 0
    for number, record in enumerate(fresh):
        kind = ("fresh", "fresh", "copy", "near copy")[number % 4]
        candidate = _candidate(_planted(kind, record, known[number * 7]))
        spent["vector"].append(_cost(partial(written.of, candidate)))
        refused = False
        for check in checks:
            spent[check.name].append(_cost(partial(check.check, candidate)))
            refused = refused or check.check(candidate) is not None
        outcomes[kind].append(refused)
        if kind == "fresh":
            nearest = float(np.max(vectors @ written.of(candidate)))
            rejection = checks[2].check(candidate)
            agrees += nearest < LIMIT or rejection is not None
            spent["accepted"].append(_cost(partial(_tell, checks, candidate)))
    again = [_candidate(record) for record in fresh]
    alone = [_cost(partial(_ask, checks[:2], candidate)) for candidate in again]
    all_checks = np.sum([spent[check.name] for check in checks], axis=0)
    return {
        "load_s": round(loading, 2),
        "times": {name: _spread(values) for name, values in spent.items()}
        | {"all three checks": _spread(all_checks), "exact and near alone": _spread(alone)},
        "refused": {kind: float(np.mean(values)) for kind, values in outcomes.items()},
        "agrees_with_brute_force": agrees / len(outcomes["fresh"]),
    }


def bytes_each(records: Any) -> float:
    """Memory of the exact and the near check together, for each record."""
    listed = list(records)
    for record in listed:
        record.source  # noqa: B018  (parsed beforehand: it is the record's own memory)
    exact, near = ExactDuplicate(listed[:1]), NearDuplicate(listed[:1])
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for record in listed[1:]:
        exact.know(record)
        near.know(record)
    used = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    return round(used / len(listed))


def start_seconds(count: int) -> dict[str, float]:
    """How long the duplicate checks take to know a workflow, for the first and for a later job of one topic."""
    with tempfile.TemporaryDirectory() as folder:
        services = Services(Settings(home=Path(folder), embedding_model="wordllama"))
        create_workflow(services.store, "wf-1")
        records = crowd(count)
        while batch := [NewRecord(record) for record in islice(records, 1000)]:
            with services.store.write() as connection:
                insert_records(connection, "wf-1", batch)

        def start() -> object:
            return duplicate_checks(services, "wf-1", "topic_00", WrittenVector(services.embeddings))

        times = {"first job": _seconds(start), "later job": _seconds(start)}
        services.index.close()
        services.store.close()
    return times


def _vectors(embeddings: Any, known: Sequence[Record], *, only_some: bool) -> NDArray[np.float32]:
    texts = [record.user_text for record in known]
    real = np.asarray(embeddings.embed_documents(texts[:REAL_VECTORS] if only_some else texts), np.float32)
    if not only_some:
        return real
    rng = np.random.default_rng(3)
    one, other = rng.integers(0, len(real), size=(2, len(texts) - len(real)))
    mixed = 0.85 * real[one] + 0.5 * real[other]
    return np.concatenate([real, mixed / np.linalg.norm(mixed, axis=1, keepdims=True)]).astype(np.float32)


def _planted(kind: str, record: Record, source: Record) -> Record:
    if kind == "fresh":
        return record
    words = source.user_text.split()
    if kind == "near copy":
        words.insert(len(words) // 2, "please")
    return exchange(record.id, " ".join(words), record.written_text("assistant"), "topic_00")


def _candidate(record: Record) -> Candidate:
    draft = Draft(strategy="few_shot", topic="topic_00", requests=[], seeds=[])
    return Candidate(source=record.source, draft=draft)


def _ask(checks: Sequence[ComparingCheck], candidate: Candidate) -> None:
    for check in checks:
        check.check(candidate)


def _tell(checks: Sequence[ComparingCheck], candidate: Candidate) -> None:
    for check in checks:
        check.accepted(candidate)


def _cost(work: Callable[[], object]) -> Cost:
    clock, processor = time.perf_counter(), time.thread_time()
    work()
    return 1000 * (time.perf_counter() - clock), 1000 * (time.thread_time() - processor)


def _seconds(work: Callable[[], object]) -> float:
    return round(_cost(work)[0] / 1000, 1)


def _spread(costs: Sequence[Cost] | NDArray[Any]) -> dict[str, float]:
    median, p95 = np.percentile(np.asarray(costs), (50, 95), axis=0)
    numbers = {"median": median[0], "p95": p95[0], "median_cpu": median[1], "p95_cpu": p95[1]}
    return {name: round(float(number), 3) for name, number in numbers.items()}


def show(figures: dict[str, Any]) -> None:
    """Print the figures."""
    console = Console()
    for model, found in figures["check"].items():
        title = f"One candidate against {EXISTING:,} records, {model} vectors, in ms"
        table = Table("", "median", "p95", "median CPU", "p95 CPU", title=title)
        for name, times in found["times"].items():
            table.add_row(name, *(f"{number:.3f}" for number in times.values()))
        console.print(table)
        console.print(f"Refused: {found['refused']}; as brute force: {found['agrees_with_brute_force']:.3f}")
    console.print(f"Bytes per record, exact and near check together: {figures['bytes_per_record']}")
    console.print(f"Seconds until the checks know a workflow, by records: {figures['start']}")


if __name__ == "__main__":
    show(run())
