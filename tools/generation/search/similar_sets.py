"""The most similar of very many shingle sets: MinHash finds the likely ones, the exact Jaccard decides."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .growing_rows import GrowingRows
from .minhash import signatures
from .sorted_keys import SortedKeys
from .words import mixed

BANDS, _ROWS = 18, 5
"""A pair of Jaccard J shares a band with probability 1 − (1 − J⁵)¹⁸ (Indyk and Motwani 1998; Leskovec, Rajaraman
and Ullman, chapter 3): 0.992 for J = 0.75, 0.9994 for 0.8, and 0.04 for 0.3, so that few are looked at in vain."""
# Any odd 64-bit numbers: a sum of products with them is a universal hash of the five columns.
_FACTORS = np.random.default_rng(1).integers(2**63, size=_ROWS, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
_AT_ONCE = 4096
MOST_COMPARED = 100
"""Sets that are compared exactly; of more, those whose sketches agree most, and of these the first."""

_SKETCH_WORDS = 4
_SKETCH_COLUMNS, _BITS = 64, 4
"""A sketch is b-bit MinHash (Li and König 2010): four bits of 64 columns of the signature."""
_LOWEST_BITS = np.uint64(0x1111111111111111)
_DEVIATIONS = 4.7
"""Standard deviations by which a sketch may be wrong before a pair is passed over: one in a million is."""


class Signed(NamedTuple):
    """What n sets are found by.

    Attributes:
        bands: one value (32 bits) for the five signature columns of each band, shape (n, bands); alike sets share some.
        sketches: shape (n, 4), see `disagreements`.
    """

    bands: NDArray[np.uint32]
    sketches: NDArray[np.uint64]


class Pairs(NamedTuple):
    """Pairs of a later and an earlier set by number, and in how many columns their sketches disagree."""

    later: NDArray[np.int64]
    earlier: NDArray[np.int64]
    apart: NDArray[np.uint8]

    def most_alike(self) -> Pairs:
        """Each pair once, and of one later set as many as are compared exactly; in the order of both."""
        order = np.lexsort((self.earlier, self.apart, self.later))
        order = order[begins(self.later[order], self.earlier[order])]
        numbers = np.arange(len(order))
        first_of_set = np.maximum.accumulate(np.where(begins(self.later[order]), numbers, 0))
        order = order[numbers - first_of_set < MOST_COMPARED]
        order = order[np.lexsort((self.earlier[order], self.later[order]))]
        return Pairs(self.later[order], self.earlier[order], self.apart[order])


class SimilarSets:
    """Sets of 32-bit hashes in flat arrays: about 4 bytes a hash and 200 bytes a set."""

    def __init__(self) -> None:
        self._bands = SortedKeys(BANDS)
        self._sketches = GrowingRows(np.uint64, _SKETCH_WORDS)
        self._hashes = GrowingRows(np.uint32)
        self._ends = GrowingRows(np.int64)
        self._ends.extend([0])
        self._waiting: list[NDArray[Any]] = []
        self._asked: tuple[NDArray[Any], Signed] | None = None

    def __len__(self) -> int:
        return len(self._bands) + len(self._waiting)

    def add(self, shingles: NDArray[Any]) -> None:
        """Add one set, as sorted different hashes; sets are counted from 0 in their order."""
        self._waiting.append(shingles)
        if len(self._waiting) == _AT_ONCE:
            self._file()

    def nearest(self, shingles: NDArray[Any]) -> tuple[int, float] | None:
        """Number and Jaccard similarity of the most similar set found, or None when no set shares a band."""
        self._file()
        signed = sign([shingles])
        self._asked = shingles, signed
        return self._nearest_before(np.array([len(self)]), [shingles], signed, 0.0).get(0)

    def add_each(
        self, sets: Sequence[NDArray[Any]], is_kept: NDArray[np.bool_], *, at_least: float
    ) -> dict[int, tuple[int, float]]:
        """Add sets, and find for each the most similar one before it.

        Args:
            sets: as for `add`.
            is_kept: of each, whether later ones are compared with it.
            at_least: a Jaccard similarity below which a set does not matter.

        Returns:
            Number and Jaccard similarity, the first of several, by place in ``sets``, where there is one.
        """
        self._file()
        signed = sign(sets)
        numbers = len(self) + np.cumsum(is_kept) - is_kept
        kept = np.flatnonzero(is_kept).tolist()
        self._keep([sets[one] for one in kept], Signed(signed.bands[kept], signed.sketches[kept]))
        return self._nearest_before(numbers, sets, signed, at_least)

    def _nearest_before(
        self, numbers: NDArray[np.int64], sets: Sequence[NDArray[Any]], signed: Signed, at_least: float
    ) -> dict[int, tuple[int, float]]:
        """The most similar set before each of these numbers."""
        queries, rows = self._bands.pairs_with(signed.bands)
        sizes = np.array([len(one) for one in sets])
        here = self._ends.rows[rows + 1] - self._ends.rows[rows]
        possible = (rows < numbers[queries]) & (here > 0) & may_be_alike(here, sizes[queries], at_least)
        queries, rows = queries[possible], rows[possible]
        apart = disagreements(self._sketches.rows[rows], signed.sketches[queries])
        close = apart <= most_disagreements(at_least)
        pairs = Pairs(queries[close], rows[close], apart[close]).most_alike()
        found = {}
        starts = np.flatnonzero(begins(pairs.later))
        for start, end in pairwise([*starts.tolist(), len(pairs.later)]):
            query, rows = int(pairs.later[start]), pairs.earlier[start:end]
            similarities = self._jaccard(rows, sets[query])
            best = int(np.argmax(similarities))
            if similarities[best] >= at_least:
                found[query] = int(rows[best]), float(similarities[best])
        return found

    def _jaccard(self, rows: NDArray[np.intp], shingles: NDArray[Any]) -> NDArray[np.float64]:
        starts, ends = self._ends.rows[rows], self._ends.rows[rows + 1]
        sizes = ends - starts
        firsts = np.cumsum(sizes) - sizes
        # The numbers of all hashes of these rows, one row after the other, without a loop over the rows.
        hashes = self._hashes.rows[np.repeat(starts - firsts, sizes) + np.arange(sizes.sum())]
        places = np.minimum(np.searchsorted(shingles, hashes), len(shingles) - 1)
        common = np.add.reduceat((shingles[places] == hashes).astype(np.int64), firsts)
        return np.asarray(common / (sizes + len(shingles) - common))

    def _file(self) -> None:
        if self._waiting:
            # Most often it is the one that was asked about last, which is signed already.
            is_asked = (
                self._asked is not None and len(self._waiting) == 1 and self._waiting[0] is self._asked[0]
            )
            self._keep(self._waiting, self._asked[1] if self._asked and is_asked else sign(self._waiting))
            self._waiting = []

    def _keep(self, sets: Sequence[NDArray[Any]], signed: Signed) -> None:
        if sets:
            self._bands.add(signed.bands)
            self._sketches.extend(signed.sketches)
            self._hashes.extend(np.concatenate(sets))
            self._ends.extend(self._ends.rows[-1] + np.cumsum([len(one) for one in sets]))


def sign(sets: Sequence[NDArray[Any]]) -> Signed:
    """What sets of sorted different hashes are found by."""
    columns = signatures(sets, BANDS * _ROWS)
    in_bands = columns.reshape(len(sets), BANDS, _ROWS)
    values = mixed((in_bands * _FACTORS).sum(axis=2, dtype=np.uint64))
    halves = (columns[:, :_SKETCH_COLUMNS] & np.uint32(2**_BITS - 1)).astype(np.uint8)
    bytes_of = halves[:, ::2] | (halves[:, 1::2] << np.uint8(_BITS))
    sketches = np.ascontiguousarray(bytes_of).view(np.uint64)
    return Signed((values >> np.uint64(32)).astype(np.uint32), sketches)


def disagreements(sketches: NDArray[np.uint64], others: NDArray[np.uint64]) -> NDArray[np.uint8]:
    """In how many of the 64 columns sketches differ: about 60 (1 − J) for sets of Jaccard J.

    Args:
        sketches: shape (n, 4).
        others: likewise.
    """
    apart = sketches ^ others
    apart |= apart >> np.uint64(1)
    apart |= apart >> np.uint64(2)
    return np.asarray(np.bitwise_count(apart & _LOWEST_BITS).sum(axis=-1, dtype=np.uint8))


def most_disagreements(at_least: float) -> int:
    """Columns in which the sketches of two sets of that Jaccard similarity differ at most, but for one in a million."""
    if at_least <= 0:
        return _SKETCH_COLUMNS
    same = at_least + (1 - at_least) / 2**_BITS
    deviation = math.sqrt(_SKETCH_COLUMNS * same * (1 - same))
    most: int = math.ceil(_SKETCH_COLUMNS * (1 - same) + _DEVIATIONS * deviation)
    return min(_SKETCH_COLUMNS, most)


def may_be_alike(sizes: NDArray[Any], others: NDArray[Any], at_least: float) -> NDArray[np.bool_]:
    """Whether sets of so many hashes can have a Jaccard similarity of ``at_least``."""
    return np.asarray(np.minimum(sizes, others) >= at_least * np.maximum(sizes, others) - 1e-6)


def begins(*columns: NDArray[Any]) -> NDArray[np.bool_]:
    """Where a row differs from the one before in one of the columns; the first one does."""
    differs = np.ones(len(columns[0]), np.bool_)
    if len(differs):
        differs[1:] = np.logical_or.reduce([column[1:] != column[:-1] for column in columns])
    return differs
