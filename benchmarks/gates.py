"""How many planted defects the gates find, and how many untouched real dialogues they refuse.

Run as ``python -m benchmarks.gates [FOLDER]``; FOLDER holds the shared datasets. Gates that learn from real records are
fitted on two thirds of a dataset and judge the other third; gates that compare know every record but the judged one.
Figures come from the dialogues that no rule or threshold was tuned on (``--tuning`` and ``--check`` show the others).
"""

from __future__ import annotations

import sys
import time
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from finetune_coverage.tools.dataset.record import Record
from finetune_coverage.tools.generation.draft import Candidate, Rejection
from finetune_coverage.tools.generation.gates.artefacts import Artefacts
from finetune_coverage.tools.generation.gates.exact_duplicate import ExactDuplicate
from finetune_coverage.tools.generation.gates.gate import ComparingGate, Gate
from finetune_coverage.tools.generation.gates.near_duplicate import NearDuplicate
from finetune_coverage.tools.generation.gates.role_grammar import RoleGrammar
from finetune_coverage.tools.generation.gates.semantic_duplicate import SemanticDuplicate
from finetune_coverage.tools.generation.gates.tool_calls import tool_rungs
from finetune_coverage.tools.generation.gates.topic import TopicGate, TopicModel
from finetune_coverage.tools.generation.gates.written_vector import WrittenVector
from finetune_coverage.tools.models.embedding import make_embeddings
from finetune_coverage.tools.settings import Settings
from rich.console import Console
from rich.table import Table

from .planted_defects import Kind, planted_defects
from .real_dialogues import SHARED_DATA, Dataset, Part, as_candidate, datasets, part_of
from .true_duplicates import true_duplicates
from .verdicts import counted

FOLDS = 3
PROCESSES = 4
SHORT_DIALOGUE = 4
"""Messages; the dialogues that the cost of the cheap gates is measured on have no more."""
RESPONSIBLE: dict[Kind, set[str]] = {
    "wrong_topic": {"topic"},
    "exact_copy": {"exact_duplicate", "near_duplicate", "semantic_duplicate"},
    "near_copy": {"exact_duplicate", "near_duplicate", "semantic_duplicate"},
    "undeclared_tool": {"tool_schema"},
    "wrong_argument_type": {"tool_schema"},
    "missing_required_argument": {"tool_schema"},
    "ungrounded_argument": {"grounded_arguments", "results_fit_calls", "used_results"},
    "unanswered_call": {"answered_calls", "role_grammar"},
    "artefact": {"artefacts"},
    "broken_roles": {"role_grammar", "answered_calls"},
    "contradiction": {"answer_follows_results"},
}
"""The gates that are to find each kind. A dialogue that one of them refuses untouched does not count for the kind."""


@dataclass
class Figures:
    """What was counted.

    Attributes:
        found: per kind of defect, how many were found and how many planted; by dataset.
        refused: per dataset, the untouched records that were refused: (record id, rejection).
        judged: per dataset, how many untouched records were judged.
        seconds: CPU seconds of the cheap gates for each short dialogue.
    """

    found: defaultdict[str, Counter[tuple[str, bool]]] = field(default_factory=lambda: defaultdict(Counter))
    refused: dict[str, list[tuple[str, Rejection]]] = field(default_factory=dict)
    judged: dict[str, int] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)

    def add(self, other: Figures) -> None:
        """Take in the figures of another dataset."""
        for kind, counts in other.found.items():
            self.found[kind] += counts
        for name, refused in other.refused.items():
            self.refused.setdefault(name, []).extend(refused)
            self.judged[name] = self.judged.get(name, 0) + other.judged[name]
        self.seconds += other.seconds


class RememberedVectors:
    """An embedding model that embeds each text once; planted copies have their records' own words."""

    def __init__(self, embeddings: Any) -> None:
        self._embeddings = embeddings
        self._vectors: dict[str, list[float]] = {}

    def embed_query(self, text: str) -> list[float]:
        if text not in self._vectors:
            self._vectors[text] = self._embeddings.embed_query(text)
        return self._vectors[text]


class Judges:
    """The gates for one fold of a dataset: fitted ones on the others, comparing ones over all records."""

    def __init__(self, dataset: Dataset, embeddings: Any, fold: int) -> None:
        """The fitted gates have seen all records but those of the fold."""
        self.fold = {record.id for record in dataset.records[fold::FOLDS]}
        others = [record for record in dataset.records if record.id not in self.fold]
        self._fitted: list[Gate] = [RoleGrammar(others), Artefacts(others), *tool_rungs(others)]
        self._topics = TopicModel(others)
        self._embeddings = embeddings
        self._exact, self._near = ExactDuplicate([]), NearDuplicate([])
        self._semantic: dict[str, SemanticDuplicate] = {}

    def cheap(self, candidate: Candidate) -> list[Gate]:
        """The gates of form, tools and topic."""
        return [*self._fitted, TopicGate(candidate.draft.topic, self._topics)]

    def comparing(self, candidate: Candidate) -> list[ComparingGate]:
        """The gates that compare with what they have accepted."""
        topic = candidate.draft.topic
        if topic not in self._semantic:
            none = np.empty((0, len(self._embeddings.embed_query("size"))), dtype=np.float32)
            self._semantic[topic] = SemanticDuplicate(WrittenVector(self._embeddings), [], none)
        return [self._exact, self._near, self._semantic[topic]]

    def remember(self, record: Record) -> None:
        """The record is part of the dataset from now on."""
        candidate = as_candidate(record)
        for gate in self.comparing(candidate):
            gate.accepted(candidate)


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
    summary = _summary(figures) | {"seconds": round(time.perf_counter() - started, 1)}
    _print(figures, summary)
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


def _summary(figures: Figures) -> dict[str, Any]:
    judged = sum(figures.judged.values())
    all_refused = [one for each in figures.refused.values() for one in each]
    refused = [rejection for _, rejection in all_refused]
    verdicts = counted(all_refused)
    return {
        "recall": {kind: _share(counts) for kind, counts in figures.found.items()},
        "recall_by_dataset": {
            kind: {name: _share(counts, name) for name in sorted({name for name, _ in counts})}
            for kind, counts in figures.found.items()
        },
        "planted": {kind: counts.total() for kind, counts in figures.found.items()},
        "real_judged": judged,
        "real_refused_share": round(len(refused) / judged, 4),
        "real_refused_verdicts": dict(verdicts),
        "real_wrongly_refused_share": round((len(refused) - verdicts["right"]) / judged, 4),
        "real_refused_by_dataset": {
            name: round(len(each) / max(1, figures.judged[name]), 4) for name, each in figures.refused.items()
        },
        "real_refused_by_gate": dict(Counter(rejection.gate for rejection in refused).most_common()),
        "cheap_gates_ms": {
            "mean": round(1000 * float(np.mean(figures.seconds)), 3),
            "p95": round(1000 * float(np.quantile(figures.seconds, 0.95)), 3),
        },
    }


def _share(counts: Counter[tuple[str, bool]], dataset: str | None = None) -> float:
    chosen = {key: count for key, count in counts.items() if dataset in (None, key[0])}
    found = sum(count for (_, hit), count in chosen.items() if hit)
    return round(found / sum(chosen.values()), 4)


def _print(figures: Figures, summary: dict[str, Any]) -> None:
    console, names = Console(width=140), list(figures.judged)
    table = Table("defect", "planted", "found", *names, title="Recall of planted defects")
    for kind, recall in summary["recall"].items():
        by_dataset = summary["recall_by_dataset"][kind]
        shares = [f"{by_dataset[name]:.3f}" if name in by_dataset else "–" for name in names]
        table.add_row(kind, str(summary["planted"][kind]), f"{recall:.3f}", *shares)
    refused = [f"{summary['real_refused_by_dataset'][name]:.3f}" for name in names]
    table.add_section()
    table.add_row(
        "untouched, refused", str(summary["real_judged"]), f"{summary['real_refused_share']:.3f}", *refused
    )
    console.print(table)
    console.print("Refused untouched records by gate:", summary["real_refused_by_gate"])
    console.print(
        "Of these by their verdicts (refused_records.csv):",
        summary["real_refused_verdicts"],
        "; wrongly refused or unread, as a share of all judged:",
        summary["real_wrongly_refused_share"],
    )
    console.print("Cheap gates, CPU ms per dialogue of up to 4 messages:", summary["cheap_gates_ms"])
    console.print("Seconds:", summary["seconds"])
    if "--refused" in sys.argv:
        for each in figures.refused.values():
            for record_id, rejection in each:
                print(record_id, rejection.gate, rejection.evidence, sep="\t")


if __name__ == "__main__":
    folders = [Path(argument) for argument in sys.argv[1:] if not argument.startswith("--")]
    measure(
        *folders,
        part="tuning" if "--tuning" in sys.argv else "check" if "--check" in sys.argv else "held_out",
    )
