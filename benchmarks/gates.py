"""How many planted defects the gates find, and how many untouched real dialogues they refuse.

Run as ``python -m benchmarks.gates [FOLDER]``; FOLDER holds the shared datasets. Gates that learn from real records are
fitted on two thirds of a dataset and judge the other third; gates that compare know every record but the judged one.
Figures come from the dialogues that no rule or threshold was tuned on (``--tuning`` and ``--check`` show the others).
"""

from __future__ import annotations

import sys
import time
import warnings
from collections import defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from finetune_coverage.tools.dataset.record import Record
from finetune_coverage.tools.generation.draft import Candidate, Rejection
from finetune_coverage.tools.generation.gates.gate import Gate
from finetune_coverage.tools.models.embedding import make_embeddings
from finetune_coverage.tools.settings import Settings

from .gates_figures import Figures, print_figures, summary_of
from .gates_judges import FOLDS, RESPONSIBLE, Judges, RememberedVectors
from .planted_defects import planted_defects
from .real_dialogues import SHARED_DATA, Dataset, Part, as_candidate, datasets, part_of
from .true_duplicates import true_duplicates

PROCESSES = 4
SHORT_DIALOGUE = 4
"""Messages; the dialogues that the cost of the cheap gates is measured on have no more."""


def measure(folder: Path = SHARED_DATA, part: Part = "held_out") -> dict[str, Any]:
    """All figures as one JSON-ready dict; prints them as tables too."""
    figures, started = Figures(), time.perf_counter()
    work = partial(_figures_of, part=part)
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        # The largest one first: it takes longer than all others together.
        parts = sorted(datasets(folder), key=lambda dataset: -len(dataset.records))
        jobs = [(dataset, fold) for dataset in parts for fold in range(FOLDS)]
        for measured in pool.map(work, jobs):
            figures.add(measured)
    summary = summary_of(figures) | {"seconds": round(time.perf_counter() - started, 1)}
    print_figures(figures, summary, with_refused="--refused" in sys.argv)
    return summary


def _figures_of(job: tuple[Dataset, int], part: Part) -> Figures:
    dataset, fold = job
    warnings.simplefilter("ignore")
    figures = Figures()
    embeddings = RememberedVectors(make_embeddings(Settings()))
    _measure(dataset, Judges(dataset, embeddings, fold), figures, part)
    return figures


def _measure(dataset: Dataset, judges: Judges, figures: Figures, part: Part) -> None:
    for record in dataset.records:
        if part_of(record) != part:
            judges.remember(record)
    duplicates = true_duplicates(dataset)
    refused: list[tuple[str, Rejection]] = []
    by_gate: defaultdict[str, set[str]] = defaultdict(set)
    figures.judged[dataset.name] = 0
    for record in dataset.records:
        if part_of(record) != part:
            continue
        rejections = _judge_untouched(record, judges, figures) if record.id in judges.fold else []
        judges.remember(record)
        if record.id not in judges.fold:
            continue
        for rejection in rejections:
            by_gate[rejection.gate].add(record.id)
        if record.id not in duplicates:
            figures.judged[dataset.name] += 1
            refused += [(record.id, rejection) for rejection in rejections[:1]]
    figures.refused[dataset.name] = refused
    _judge_planted(dataset, judges, figures, by_gate, part)


def _judge_untouched(record: Record, judges: Judges, figures: Figures) -> list[Rejection]:
    candidate = as_candidate(record)
    cheap, comparing = judges.cheap(candidate), judges.comparing(candidate)
    started = time.process_time()
    rejections = _rejections([*cheap, *comparing[:2]], candidate)
    if len(record.messages) <= SHORT_DIALOGUE:
        figures.seconds.append(time.process_time() - started)
    return rejections + _rejections(comparing[2:], candidate)


def _rejections(gates: Iterable[Gate], candidate: Candidate) -> list[Rejection]:
    return [rejection for gate in gates if (rejection := gate.check(candidate)) is not None]


def _judge_planted(
    dataset: Dataset, judges: Judges, figures: Figures, by_gate: dict[str, set[str]], part: Part
) -> None:
    for planted in planted_defects(dataset, part):
        if planted.record.id not in judges.fold:
            continue
        responsible = RESPONSIBLE[planted.kind]
        compares = "exact_duplicate" in responsible
        if not compares and any(planted.record.id in by_gate[gate] for gate in responsible):
            continue
        gates: Sequence[Gate] = (
            judges.comparing(planted.candidate) if compares else judges.cheap(planted.candidate)
        )
        found = any(gate.check(planted.candidate) for gate in gates if gate.name in responsible)
        figures.found[planted.kind][dataset.name, found] += 1


if __name__ == "__main__":
    folders = [Path(argument) for argument in sys.argv[1:] if not argument.startswith("--")]
    measure(
        *folders,
        part="tuning" if "--tuning" in sys.argv else "check" if "--check" in sys.argv else "held_out",
    )
