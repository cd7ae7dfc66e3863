"""Worth: how many new real-like records a set of synthetic ones counts for, from 0 to its size.

The balance score counts records: thirty rewordings of what is there count thirty. A record's worth is 1 as long as
it is no more like what was there before than the topic's real records are like each other, 0 from where it is a
near duplicate, and falls between. It is the least of two views, because each misses something: a sentence with one
word changed may lie far off in meaning (the vectors gave such copies 0.3 of a record), and a sentence put in other
words shares few letters. A record that a probe places in another topic takes one away: being unlike is no merit there,
and sets of which half belonged elsewhere brought nothing on test sets. A set is worth no less than 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from ..index.spread import Vectors

MEANING = 0.9
"""Cosine of two sentence vectors from which they are near duplicates."""
WRITING = 0.8
"""Cosine of the letters of two texts from which one is a copy with a word changed: of such copies of Banking77's
questions 95% lie above 0.79, of different questions of one topic 10% above 0.77."""
FEWEST = 20
"""Real records of a topic from which its own likeness is known; with fewer, that of the topics around it counts."""
_LETTERS = 3
_LONGEST = 2_000
_BUCKETS = 2**14
_AT_ONCE = 1_000
"""Rows that are compared with as many others in one go, in some 30 MB, however many records there are."""


@dataclass(frozen=True)
class View:
    """Records of a topic in one respect, as unit rows; dense or sparse.

    Attributes:
        added: the synthetic ones, in the order in which they were accepted.
        known: what was there before: real ones, and earlier synthetic ones.
        usual: how like each real record is to the one that is most like it, as `nearest` gives it.
        duplicate: likeness from which two are near duplicates, whatever the real ones are like.
    """

    added: Vectors | csr_matrix
    known: Vectors | csr_matrix
    usual: NDArray[Any]
    duplicate: float

    def newness(self) -> NDArray[Any]:
        """Of each added record, from 0 to 1."""
        count = self.added.shape[0]
        likeness = np.full(count, -1.0)
        for start in range(0, count, _AT_ONCE):
            end = min(start + _AT_ONCE, count)
            rows = self.added[start:end]
            earlier, known = _highest(rows, self.added[:end], start), _highest(rows, self.known)
            likeness[start:end] = np.maximum(earlier, known)
        copied = max(self.duplicate, float(np.quantile(self.usual, 0.95)) if len(self.usual) else 0.0)
        fresh = min(float(np.median(self.usual)) if len(self.usual) else 0.0, copied - 1e-6)
        return np.clip((copied - likeness) / (copied - fresh), 0.0, 1.0)


def _highest(
    rows: Vectors | csr_matrix, others: Vectors | csr_matrix, place: int | None = None
) -> NDArray[Any]:
    """Cosine of each unit row with the one that is most like it, -1 where there is none.

    Args:
        rows: shape (n, d).
        others: shape (m, d).
        place: where the rows begin among the others; then each is compared with those before it only.
    """
    highest = np.full(rows.shape[0], -1.0)
    for start in range(0, others.shape[0], _AT_ONCE):
        cosines = _dense(rows @ others[start : start + _AT_ONCE].T)
        if place is not None:
            count, compared = cosines.shape
            is_before = np.tri(count, compared, place - start - 1, dtype=np.bool_)
            cosines = np.where(is_before, cosines, -1.0)
        highest = np.maximum(highest, cosines.max(axis=1))
    return highest


def worths(views: Sequence[View], is_elsewhere: NDArray[np.bool_]) -> NDArray[Any]:
    """The worth of each added record: 0 to 1, or -1 where it lies elsewhere. A set's is `together`.

    Args:
        views: of the same records, in the same order.
        is_elsewhere: which of them a probe places in another topic, `recognition.elsewhere`.
    """
    least: NDArray[Any] = np.min([view.newness() for view in views], axis=0)
    return np.where(is_elsewhere, -1.0, least)


def together(each: NDArray[Any]) -> float:
    """What a set is worth, from 0 to its size."""
    return max(0.0, float(each.sum()))


def nearest(rows: Vectors | csr_matrix) -> NDArray[Any]:
    """Cosine of each unit row with the one that is most like it; empty with fewer than two."""
    cosines = _dense(rows @ rows.T)
    if len(cosines) < 2:
        return np.empty(0)
    np.fill_diagonal(cosines, -1.0)
    highest: NDArray[Any] = cosines.max(axis=1)
    return highest


def letters(texts: Sequence[str]) -> csr_matrix:
    """Unit rows of the runs of three letters in each text, whatever its language."""
    from sklearn.feature_extraction.text import HashingVectorizer

    hashing = HashingVectorizer(
        analyzer="char", ngram_range=(_LETTERS, _LETTERS), n_features=_BUCKETS, alternate_sign=False
    )
    rows: csr_matrix = hashing.transform([text[:_LONGEST] for text in texts] or [""])
    return rows[: len(texts)]


def _dense(product: Any) -> NDArray[Any]:
    return np.asarray(product.toarray() if hasattr(product, "toarray") else product, dtype=np.float64)
