"""What the check benchmark counted, summed up and printed."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from finetune_coverage.tools.generation.attempts.draft import Rejection
from rich.console import Console
from rich.table import Table

from .real_dialogues import Part
from .verdicts import counted


@dataclass
class Figures:
    """What was counted.

    Attributes:
        found: per kind of defect, how many were found and how many planted; by dataset.
        refused: per dataset, the untouched records that were refused: (record id, rejection).
        judged: per dataset, how many untouched records were judged.
        seconds: CPU seconds of the cheap checks for each short dialogue.
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


def summary_of(figures: Figures) -> dict[str, Any]:
    """All figures as one JSON-ready dict."""
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
        "real_refused_by_check": dict(Counter(rejection.check for rejection in refused).most_common()),
        "cheap_checks_ms": {
            "mean": round(1000 * float(np.mean(figures.seconds)), 3),
            "p95": round(1000 * float(np.quantile(figures.seconds, 0.95)), 3),
        },
    }


def _share(counts: Counter[tuple[str, bool]], dataset: str | None = None) -> float:
    chosen = {key: count for key, count in counts.items() if dataset in (None, key[0])}
    found = sum(count for (_, hit), count in chosen.items() if hit)
    return round(found / sum(chosen.values()), 4)


def print_figures(figures: Figures, part: Part, seconds: float, *, with_refused: bool) -> None:
    """Tables on the standard output; on request with every refused untouched record."""
    summary, console, names = summary_of(figures), Console(width=140), list(figures.judged)
    table = Table("defect", "planted", "found", *names, title=f"Part {part!r}: recall of planted defects")
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
    console.print("Refused untouched records by check:", summary["real_refused_by_check"])
    console.print(
        "Of these by their verdicts (refused_records.csv):",
        summary["real_refused_verdicts"],
        "; wrongly refused or unread, as a share of all judged:",
        summary["real_wrongly_refused_share"],
    )
    console.print("Cheap checks, CPU ms per dialogue of up to 4 messages:", summary["cheap_checks_ms"])
    console.print("Seconds:", round(seconds, 1))
    if with_refused:
        for each in figures.refused.values():
            for record_id, rejection in each:
                print(record_id, rejection.check, rejection.evidence, sep="\t")
