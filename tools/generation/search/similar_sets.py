"""The most similar of very many shingle sets: MinHash finds the likely ones, the exact Jaccard decides."""

from __future__ import annotations

from typing import Any

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
_MOST_COMPARED = 1000
"""Sets that are compared exactly; of more, those that share the most bands, which are the most similar ones."""


class SimilarSets:
    """Sets of 32-bit hashes in flat arrays: about 4 bytes a hash and 160 bytes a set."""

    def __init__(self) -> None:
        self._bands = SortedKeys(BANDS)
        self._hashes = GrowingRows(np.uint32)
        self._ends = GrowingRows(np.int64)
        self._ends.extend([0])
        self._waiting: list[NDArray[Any]] = []
        self._looked_for: tuple[NDArray[Any], NDArray[np.uint32]] | None = None

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
        if not len(shingles):
            return None
        values = band_values([shingles])
        self._looked_for = shingles, values
        found = self._bands.rows_with(values[0])
        if not len(found):
            return None
        rows, shared = np.unique(found, return_counts=True)
        if len(rows) > _MOST_COMPARED:
            rows = rows[np.argpartition(-shared, _MOST_COMPARED)[:_MOST_COMPARED]]
        similarities = self._jaccard(rows, shingles)
        best = int(np.argmax(similarities))
        return int(rows[best]), float(similarities[best])

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
            self._bands.add(self._values_of_waiting())
            self._hashes.extend(np.concatenate(self._waiting))
            self._ends.extend(self._ends.rows[-1] + np.cumsum([len(one) for one in self._waiting]))
            self._waiting = []

    def _values_of_waiting(self) -> NDArray[np.uint32]:
        # A set that is added was mostly looked for just before.
        if (
            self._looked_for is not None
            and len(self._waiting) == 1
            and self._waiting[0] is self._looked_for[0]
        ):
            return self._looked_for[1]
        return band_values(self._waiting)


def band_values(sets: list[NDArray[Any]]) -> NDArray[np.uint32]:
    """One value (32 bits) for the five signature columns of each band, shape (len(sets), bands).

    Alike sets share some.
    """
    columns = signatures(sets, BANDS * _ROWS).reshape(len(sets), BANDS, _ROWS)
    values = mixed((columns * _FACTORS).sum(axis=2, dtype=np.uint64))
    return (values >> np.uint64(32)).astype(np.uint32)
