"""A table from hash values to rows, in sorted arrays: eight bytes an entry, where a dictionary takes a hundred."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .growing_rows import GrowingRows, room_for

_ROW_BITS, _HASH_BITS = 26, 32
_ROW_MASK = np.uint64((1 << _ROW_BITS) - 1)
_MOST_UNSORTED = 512
"""Rows that wait unsorted: comparing with all of them takes about as long as one binary search."""


class SortedKeys:
    """Finds the rows that share a 32-bit value with a query in the same column.

    An entry is one 64-bit number (6 bits of column, 32 of value, 26 of row), so one sorted array holds all
    columns and one call finds all of them. At most 64 columns and 2²⁶ − 1 (67 million) rows.
    """

    def __init__(self, columns: int) -> None:
        """Args: how many values each row has."""
        self._column_bits = np.arange(columns, dtype=np.uint64) << np.uint64(_HASH_BITS + _ROW_BITS)
        self._sorted: NDArray[np.uint64] = np.empty(0, dtype=np.uint64)
        self._sorted_rows = 0
        self._waiting = GrowingRows(np.uint32, columns)

    def __len__(self) -> int:
        return self._sorted_rows + len(self._waiting)

    def add(self, values: NDArray[Any]) -> None:
        """Add rows of values, shape (m, columns) of 32-bit numbers; rows are counted from 0 in their order."""
        self._waiting.extend(values)
        if len(self._waiting) > _MOST_UNSORTED:
            self._merge()

    def rows_with(self, values: NDArray[Any]) -> NDArray[np.intp]:
        """The rows that share one of these values, shape (columns,); a row stands once for each shared value."""
        wanted = self._column_bits | (values.astype(np.uint64) << np.uint64(_ROW_BITS))
        # No row has the highest number, so the first entry from there on belongs to another value.
        starts, ends = np.searchsorted(self._sorted, np.stack([wanted, wanted | _ROW_MASK]))
        found = [self._sorted[start:end] for start, end in zip(starts, ends, strict=True) if start < end]
        rows = [(part & _ROW_MASK).astype(np.intp) for part in found]
        if len(self._waiting):
            # Flat: numpy looks through one long row ten times as fast as through many short ones.
            equal = np.flatnonzero(self._waiting.rows == values)
            rows.append(equal // len(values) + self._sorted_rows)
        return np.concatenate(rows) if rows else np.empty(0, dtype=np.intp)

    def _merge(self) -> None:
        rows = np.arange(self._sorted_rows, len(self), dtype=np.uint64)[:, None]
        values = self._waiting.rows.astype(np.uint64) << np.uint64(_ROW_BITS)
        new = np.sort((self._column_bits | values | rows).ravel())
        merged = room_for(len(self._sorted) + len(new), (), new.dtype)
        merged[: len(self._sorted)], merged[len(self._sorted) :] = self._sorted, new
        merged.sort(kind="stable")  # timsort here, which merges two sorted runs in one pass
        self._sorted = merged
        self._sorted_rows = len(self)
        self._waiting = GrowingRows(np.uint32, len(self._column_bits))
