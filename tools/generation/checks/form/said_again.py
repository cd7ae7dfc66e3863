"""How much of a record a text says again: a copy with its words in another order, between a greeting and a thanks.

Vectors alone do not tell it: the nearest real record of a new one is often as near in meaning as the source of such a
copy. The words do. Of each known record the shared words count by how seldom they are in the dataset, and the sum is
taken as a part of all its words: what is added to a copy takes nothing away. Real records say each other again, too:
how much is measured, each against the one nearest to it in meaning, over all topics together, since the few records of
one do not show their extremes; and in the topic itself where it has many, among which a nearer one is found.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....dataset.record import Record
from ...search.words import word_hashes, words_of
from . import near_duplicate
from .likeness import likeness_limit

SELDOM = 0.02
"""Share of the real records that say more of their neighbour than the limit."""
LEAST_LIMIT = 0.7
"""Below it a third of what the record says is missing, whatever the real ones do."""
LEAST_POOL, LEAST_OWN = 40, 50
"""Real records, of all topics or of one, from which on it is known how much they say each other again."""
MOST_OWN, MOST_OF_A_TOPIC = 1_000, 100

Words = NDArray[np.uint64]


def as_dense(topic: str, real: Sequence[Record]) -> list[Record]:
    """Real records to learn from: of other topics as many each as the topic has. Among more a nearer one is found.

    Args:
        topic: that is written for.
        real: records of all topics.
    """
    by_topic: dict[str | None, list[Record]] = {topic: []}
    for record in real:
        if record.topic and record.user_text.strip():
            by_topic.setdefault(record.topic, []).append(record)
    most = min(MOST_OF_A_TOPIC, len(by_topic[topic]))
    pool: list[Record] = []
    for records in by_topic.values():
        if len(pool) < MOST_OWN:
            pool += records[:most]
    return pool


class SaidAgain:
    """Compares the words of texts, as real records of the dataset use them.

    Attributes:
        limit: the part from which on a text says a record again; ``None`` where the real records are too few to tell.
    """

    def __init__(
        self,
        real: Sequence[Record],
        vectors: NDArray[Any],
        own: Sequence[Record] = (),
        own_vectors: NDArray[Any] | None = None,
    ) -> None:
        """Learn which words are seldom, and how much real records say each other again.

        Args:
            real: records of several topics.
            vectors: a unit vector of what the user says in each, shape (n, d).
            own: all real records of the topic that is written for.
            own_vectors: likewise.
        """
        words = [self.words(record.written_text("user")) for record in real]
        self._seen = Counter(word for one in words for word in one.tolist())
        self._most = math.log(len(real) + 1) + 0.1
        by_topic: dict[str | None, list[int]] = {}
        for row, record in enumerate(real):
            by_topic.setdefault(record.topic, []).append(row)
        parts = [part for rows in by_topic.values() for part in self._among(rows, words, vectors)]
        self.limit: float | None = None
        if len(parts) < LEAST_POOL:
            return
        self.limit = max(LEAST_LIMIT, float(np.quantile(parts, 1 - SELDOM)))
        if len(own) >= LEAST_OWN and own_vectors is not None:
            some = list(range(0, len(own), -(-len(own) // MOST_OWN)))
            theirs = [self.words(own[row].written_text("user")) for row in some]
            dense = self._among(range(len(some)), theirs, own_vectors[some])
            self.limit = max(self.limit, float(np.quantile(dense, 1 - SELDOM))) if dense else self.limit

    @staticmethod
    def words(text: str) -> Words:
        """The different words of a text, as sorted hashes."""
        return np.unique(word_hashes(words_of(text)))

    def part(self, text: Words, known: Words) -> float:
        """How much of what ``known`` says ``text`` says again, 0 to 1."""
        weights = np.array([self._weight(word) for word in known.tolist()])
        whole = float(weights.sum())
        return float(weights[np.isin(known, text, assume_unique=True)].sum()) / whole if whole else 0.0

    def _weight(self, word: int) -> float:
        return self._most - math.log(self._seen.get(word, 0) + 1)

    def _among(self, rows: Sequence[int], words: Sequence[Words], vectors: NDArray[Any]) -> list[float]:
        """Of each of these real records how much it says of the one nearest to it; without duplicates."""
        if len(rows) < 2:
            return []
        some = vectors[list(rows)]
        same_meaning = likeness_limit(some)
        cosines = some @ some.T
        np.fill_diagonal(cosines, -1)
        parts = []
        for place, near in enumerate(cosines.argmax(axis=1)):
            own, other = words[rows[place]], words[rows[int(near)]]
            shared = len(np.intersect1d(own, other, assume_unique=True))
            is_same = shared >= near_duplicate.LIMIT * (len(own) + len(other) - shared)
            if not is_same and cosines[place, near] < same_meaning:
                parts.append(self.part(own, other))
        return parts
