"""What was written, counted while it is written: by topic, by half, by model."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from ...store.stored_rows import StoredRow


@dataclass
class Tally:
    """Counts of the records of an export.

    Attributes:
        halves: records of each file: ``train``, ``validation``.
        topics: records of each topic; ``None`` is uncategorized.
        synthetic: generated ones of each topic.
        synthetic_halves: generated ones of each file.
        models: generated ones of each model.
        strategies: generated ones of each strategy.
        relabelled: records that carry another topic than their source did.
        columns: the keys of the rows that were written, where the format makes rows of its own.
    """

    halves: Counter[str] = field(default_factory=Counter)
    topics: Counter[str | None] = field(default_factory=Counter)
    synthetic: Counter[str | None] = field(default_factory=Counter)
    synthetic_halves: Counter[str] = field(default_factory=Counter)
    models: Counter[str] = field(default_factory=Counter)
    strategies: Counter[str] = field(default_factory=Counter)
    relabelled: int = 0
    columns: set[str] = field(default_factory=set)

    @property
    def records(self) -> int:
        """All that were written."""
        return self.halves.total()

    def add(self, row: StoredRow, half: str) -> None:
        """Count a record that was written."""
        self.halves[half] += 1
        self.topics[row.topic] += 1
        if row.origin == "synthetic":
            self.synthetic[row.topic] += 1
            self.synthetic_halves[half] += 1
            told = row.provenance or {}
            self.models[str(told.get("model") or "not recorded")] += 1
            self.strategies[str(told.get("strategy") or "not recorded")] += 1

    def add_part(self, later: Tally) -> None:
        """Count what was written of later records."""
        self.halves.update(later.halves)
        self.topics.update(later.topics)
        self.synthetic.update(later.synthetic)
        self.synthetic_halves.update(later.synthetic_halves)
        self.models.update(later.models)
        self.strategies.update(later.strategies)
        self.relabelled += later.relabelled
        self.columns |= later.columns
