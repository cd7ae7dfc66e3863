"""Real records that stand in their dataset more than once, found without the checks."""

from __future__ import annotations

from rapidfuzz import fuzz, process

from .real_dialogues import Dataset

SAME = 85.0
"""Similarity of the users' words (0 to 100, edits by length) from which two dialogues are one and the same."""


def true_duplicates(dataset: Dataset) -> set[str]:
    """The ids of all records whose users say (nearly) what the users of another record say."""
    texts = [" ".join(record.user_text.lower().split()) for record in dataset.records]
    found: set[str] = set()
    for number, record in enumerate(dataset.records):
        # Two texts of too different a length cannot be that similar; cdist over all would take gigabytes.
        similar = process.extract(texts[number], texts, scorer=fuzz.ratio, score_cutoff=SAME, limit=2)
        if len(similar) > 1:
            found.add(record.id)
    return found
