"""Lexical near-duplicates: MinHash finds the likely ones, the exact Jaccard similarity decides."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from ...dataset.record import Record
from ..draft import Candidate, Rejection

LIMIT = 0.75
"""Jaccard similarity of word and word-pair sets from which two texts count as one; below it, the wording differs
in at least every fourth word or pair."""
_PERMUTATIONS = 128
_BANDS = 32


class NearDuplicate:
    """Compares what the users say, turn by turn, with all records and everything accepted so far.

    MinHash with locality-sensitive hashing (Broder 1997; Indyk and Motwani 1998): 32 bands of 4 rows find a pair
    of similarity 0.75 with probability 1 − (1 − 0.75⁴)³² > 0.999.
    """

    name = "near_duplicate"

    def __init__(self, existing: Iterable[Record]) -> None:
        from rensa import RMinHashLSH

        self._index: Any = RMinHashLSH(threshold=LIMIT, num_perm=_PERMUTATIONS, num_bands=_BANDS)
        self._shingles: list[frozenset[str]] = []
        self._owners: list[str] = []
        for record in existing:
            for text in {record.user_text, *record.user_turns}:
                if len(text.split()) >= 5:
                    self._add(text, record.id)

    def check(self, candidate: Candidate) -> Rejection | None:
        """The most similar text of another record, when it is too similar."""
        shingles = _shingles(candidate.written_text("user"))
        best, owner = 0.0, ""
        for key in self._index.query(_minhash(shingles)):
            other = self._shingles[key]
            similarity = len(shingles & other) / max(1, len(shingles | other))
            if similarity > best:
                best, owner = similarity, self._owners[key]
        if best >= LIMIT:
            return Rejection(self.name, f"Jaccard {best:.2f} with {owner} (limit {LIMIT})")
        return None

    def accepted(self, candidate: Candidate) -> None:
        """Remember it."""
        self._add(candidate.written_text("user"), "a record accepted in this job")

    def _add(self, text: str, owner: str) -> None:
        shingles = _shingles(text)
        self._index.insert(len(self._owners), _minhash(shingles))
        self._shingles.append(shingles)
        self._owners.append(owner)


def _shingles(text: str) -> frozenset[str]:
    words = re.findall(r"\w+", text.lower())
    return frozenset(words) | frozenset(f"{a} {b}" for a, b in pairwise(words))


def _minhash(shingles: frozenset[str]) -> Any:
    from rensa import RMinHash

    minhash = RMinHash(num_perm=_PERMUTATIONS, seed=1)
    minhash.update(sorted(shingles))
    return minhash
