"""How many planted defects the checks find, and how many untouched real dialogues they refuse.

Run as ``python -m benchmarks.checks``; ``--help`` tells the options. Checks that learn from real records are fitted on
two thirds of a dataset and judge the other third; checks that compare know every record but the judged one. The figures
that count are those of the dialogues that no rule or threshold was tuned on.
"""

from __future__ import annotations

import argparse
import os
import time
import warnings
from collections import defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path
from typing import get_args

from finetune_coverage.tools.dataset.record import Record
from finetune_coverage.tools.generation.attempts.draft import Candidate, Rejection
from finetune_coverage.tools.generation.checks.check import Check
from finetune_coverage.tools.models.embedding import make_embeddings
from finetune_coverage.tools.settings import Settings

from .checks_figures import Figures, print_figures
from .checks_judges import FOLDS, RESPONSIBLE, Judges, RememberedVectors
from .planted_defects import planted_defects
from .real_dialogues import SHARED_DATA, Dataset, Part, as_candidate, datasets, part_of
from .true_duplicates import true_duplicates

MEASURED: tuple[Part, ...] = ("held_out", "fresh")
"""The parts that nothing was tuned on."""
SHORT_DIALOGUE = 4
"""Messages; the dialogues that the cost of the cheap checks is measured on have no more."""


def measure(folder: Path, part: Part, *, planted: bool, refused: bool, processes: int) -> None:
    """Judge one part and print its tables.

    Args:
        folder: where the shared datasets are.
        part: which dialogues to judge.
        planted: whether defects are planted too, besides judging the untouched ones.
        refused: whether every refused untouched dialogue is listed.
        processes: how many work at once.
    """
    figures, started = Figures(), time.perf_counter()
    work = partial(_figures_of, part=part, planted=planted)
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        # The largest one first: it takes longer than all others together.
        largest_first = sorted(datasets(folder), key=lambda dataset: -len(dataset.records))
        jobs = [(each, fold) for each in largest_first if _has(each, part) for fold in range(FOLDS)]
        for measured in pool.map(work, jobs):
            figures.add(measured)
    print_figures(figures, part, time.perf_counter() - started, with_refused=refused)


def _has(dataset: Dataset, part: Part) -> bool:
    return any(part_of(record) == part for record in dataset.records)


def _figures_of(job: tuple[Dataset, int], part: Part, planted: bool) -> Figures:
    dataset, fold = job
    warnings.simplefilter("ignore")
    figures = Figures()
    judges = Judges(dataset, _embeddings(), fold)
    by_check = _measure_untouched(dataset, judges, figures, part)
    if planted:
        _measure_planted(dataset, judges, figures, by_check, part)
    return figures


@cache
def _embeddings() -> RememberedVectors:
    """One for each process: the folds of a dataset embed the same texts."""
    return RememberedVectors(make_embeddings(Settings()))


def _measure_untouched(dataset: Dataset, judges: Judges, figures: Figures, part: Part) -> dict[str, set[str]]:
    """Judges each record before it is remembered; returns the refused ones by check."""
    for record in dataset.records:
        if part_of(record) != part:
            judges.remember(record)
    duplicates = true_duplicates(dataset)
    refused: list[tuple[str, Rejection]] = []
    by_check: defaultdict[str, set[str]] = defaultdict(set)
    figures.judged[dataset.name] = 0
    for record in dataset.records:
        if part_of(record) != part:
            continue
        rejections = _judge_untouched(record, judges, figures) if record.id in judges.fold else []
        judges.remember(record)
        if record.id not in judges.fold:
            continue
        for rejection in rejections:
            by_check[rejection.check].add(record.id)
        if record.id not in duplicates:
            figures.judged[dataset.name] += 1
            refused += [(record.id, rejection) for rejection in rejections[:1]]
    figures.refused[dataset.name] = refused
    return by_check


def _judge_untouched(record: Record, judges: Judges, figures: Figures) -> list[Rejection]:
    candidate = as_candidate(record)
    cheap, comparing = judges.cheap(candidate), judges.comparing(candidate)
    started = time.process_time()
    rejections = _rejections([*cheap, *comparing[:2]], candidate)
    if len(record.messages) <= SHORT_DIALOGUE:
        figures.seconds.append(time.process_time() - started)
    return rejections + _rejections(comparing[2:], candidate)


def _rejections(checks: Iterable[Check], candidate: Candidate) -> list[Rejection]:
    return [rejection for check in checks if (rejection := check.check(candidate)) is not None]


def _measure_planted(
    dataset: Dataset, judges: Judges, figures: Figures, by_check: dict[str, set[str]], part: Part
) -> None:
    for planted in planted_defects(dataset, part):
        if planted.record.id not in judges.fold:
            continue
        responsible = RESPONSIBLE[planted.kind]
        compares = "exact_duplicate" in responsible
        if not compares and any(planted.record.id in by_check[check] for check in responsible):
            continue
        checks: Sequence[Check] = (
            judges.comparing(planted.candidate) if compares else judges.cheap(planted.candidate)
        )
        found = any(check.check(planted.candidate) for check in checks if check.name in responsible)
        figures.found[planted.kind][dataset.name, found] += 1


def main() -> None:
    """Measure the parts that are named."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.checks", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=SHARED_DATA, help="of the shared datasets")
    parser.add_argument(
        "--part", action="append", choices=get_args(Part), help=f"default: {', '.join(MEASURED)}"
    )
    parser.add_argument(
        "--untouched", action="store_true", help="judge real dialogues only, plant no defects"
    )
    parser.add_argument("--refused", action="store_true", help="list the refused real dialogues")
    parser.add_argument(
        "--processes", type=int, default=len(os.sched_getaffinity(0)), help="that work at once"
    )
    options = parser.parse_args()
    for part in options.part or MEASURED:
        measure(
            options.folder,
            part,
            planted=not options.untouched,
            refused=options.refused,
            processes=options.processes,
        )


if __name__ == "__main__":
    main()
