"""Real dialogues with one defect each, to measure how many of each kind the checks find.

Nothing here knows how the checks work. Each kind has a planter, which gives None where the dialogue has no place for
its defect. Most kinds have several forms; the form and the place are drawn by a generator that is seeded with record
and kind, so every run plants the same.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from finetune_coverage.tools.dataset.record import Record
from finetune_coverage.tools.generation.attempts.draft import Candidate

from .planted_in_calls import (
    Observed,
    missing_required_argument,
    unanswered_call,
    undeclared_tool,
    ungrounded_argument,
    wrong_argument_type,
)
from .planted_in_text import artefact, broken_roles, contradiction, near_copy
from .real_dialogues import Dataset, Part, as_candidate, part_of

Kind = Literal[
    "wrong_topic",
    "exact_copy",
    "near_copy",
    "undeclared_tool",
    "wrong_argument_type",
    "missing_required_argument",
    "ungrounded_argument",
    "unanswered_call",
    "artefact",
    "broken_roles",
    "contradiction",
]
LEAST_OF_TOPIC = 10
"""Records of a topic before another dialogue is passed off as one of its: with fewer, nobody knows the topic."""

Planter = Callable[[Record, Observed, random.Random], dict[str, Any] | None]
PLANTERS: dict[Kind, Planter] = {
    "near_copy": near_copy,
    "undeclared_tool": undeclared_tool,
    "wrong_argument_type": wrong_argument_type,
    "missing_required_argument": missing_required_argument,
    "ungrounded_argument": ungrounded_argument,
    "unanswered_call": unanswered_call,
    "artefact": artefact,
    "broken_roles": broken_roles,
    "contradiction": contradiction,
}


@dataclass(frozen=True)
class Planted:
    """A real dialogue with one defect."""

    kind: Kind
    record: Record
    candidate: Candidate


def planted_defects(dataset: Dataset, part: Part) -> Iterator[Planted]:
    """Every defect that one part of the dataset has a place for."""
    observed = Observed(dataset.records)
    sizes = Counter(record.topic for record in dataset.records)
    topics = sorted(topic for topic, size in sizes.items() if topic and size >= LEAST_OF_TOPIC)
    for record in dataset.records:
        if part_of(record) != part:
            continue
        others = [topic for topic in topics if topic not in (record.topic, *record.other_topics)]
        if others:
            topic = random.Random(f"{record.id} wrong_topic").choice(others)
            yield Planted("wrong_topic", record, as_candidate(record, topic=topic))
        yield Planted("exact_copy", record, as_candidate(record))
        for kind, planter in PLANTERS.items():
            source = planter(record, observed, random.Random(f"{record.id} {kind}"))
            if source is not None:
                yield Planted(kind, record, as_candidate(record, source))
