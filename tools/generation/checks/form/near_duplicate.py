"""Lexical near-duplicates: MinHash finds the likely ones, the exact Jaccard similarity decides."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....dataset.record import Record
from ...attempts.draft import Candidate, Rejection
from ...search.growing_rows import GrowingRows
from ...search.similar_sets import SimilarSets
from ...search.words import shingles_of, words_of
from ..check import ANY
from .user_texts import compared_texts, says_enough

LIMIT = 0.75
"""Jaccard similarity of word and word-pair sets from which two texts count as one; below it, the wording differs
in at least every fourth word or pair."""


class NearDuplicate:
    """Compares what the users say, turn by turn, with all records and everything accepted so far.

    Of a text only hashes are kept, in arrays: about 300 bytes for a text of ten words.
    """

    name = "near_duplicate"
    languages = ANY

    def __init__(self, existing: Iterable[Record] = ()) -> None:
        self._sets = SimilarSets()
        self._owner_of = GrowingRows(np.uint32)
        self._owners: list[str] = []
        for record in existing:
            self.know(record)

    def know(self, record: Record) -> None:
        """Remember an existing record."""
        self._remember(record.id, compared_texts(record))

    def check(self, candidate: Candidate) -> Rejection | None:
        """The most similar text of another record, when it is too similar."""
        found = self._sets.nearest(_shingles(candidate.written_text("user")))
        if found is None:
            return None
        number, similarity = found
        candidate.scores[self.name] = round(similarity, 3)
        if similarity < LIMIT:
            return None
        other = self._owners[self._owner_of.rows[number]]
        return Rejection(
            self.name, f"shares {similarity:.0%} of its wording with {other} (limit {LIMIT:.0%})"
        )

    def accepted(self, candidate: Candidate) -> None:
        """Remember it."""
        self._remember(candidate.record_id, [candidate.written_text("user")])

    def among(self, records: Iterable[Record]) -> NearDuplicate:
        """The same, for these records only."""
        return NearDuplicate(records)

    def _remember(self, owner: str, texts: Iterable[str]) -> None:
        sets = [_shingles(text) for text in texts if says_enough(text)]
        for shingles in sets:
            self._sets.add(shingles)
        self._owner_of.extend(np.full(len(sets), len(self._owners)))
        self._owners.append(owner)


@lru_cache(maxsize=4)
def _shingles(text: str) -> NDArray[Any]:
    """Kept for a moment, since what passes is remembered right after its check."""
    return shingles_of(words_of(text))
