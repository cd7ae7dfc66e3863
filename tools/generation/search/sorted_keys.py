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
_TIMES_AS_LONG = 8
"""A sorted run is merged with the one before it unless that is so many times as long: so an entry is copied a few times
for each of few runs, where copying all there are for each 512 rows would make every row cost more than the last."""


class SortedKeys:
    """Finds the rows that share a 32-bit value with a query in the same column.

    An entry is one 64-bit number (6 bits of column, 32 of value, 26 of row), so a sorted array holds all columns and
    one call finds all of them in it. At most 64 columns and 2²⁶ − 1 (67 million) rows.
    """

    def __init__(self, columns: int) -> None:
        """Args: how many values each row has."""
        self._column_bits = np.arange(columns, dtype=np.uint64) << np.uint64(_HASH_BITS + _ROW_BITS)
        self._runs: list[NDArray[np.uint64]] = []
        self._sorted_rows = 0
        self._waiting = GrowingRows(np.uint32, columns)

    def __len__(self) -> int:
        return self._sorted_rows + len(self._waiting)

    def add(self, values: NDArray[Any]) -> None:
        """Add rows of values, shape (m, columns) of 32-bit numbers; rows are counted from 0 in their order."""
        self._waiting.extend(values)
        if len(self._waiting) > _MOST_UNSORTED:
            self._sort_waiting()

    def rows_with(self, values: NDArray[Any]) -> NDArray[np.intp]:
        """The rows that share one of these values, shape (columns,); a row stands once for each shared value."""
        return self.pairs_with(values[None])[1]

    def pairs_with(self, values: NDArray[Any]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """The rows that share a value with one of several queries.

        Args:
            values: shape (queries, columns).

        Returns:
            Queries and rows, shape (pairs,) each; a pair stands once for each shared value.
        """
        wanted = (self._column_bits | (values.astype(np.uint64) << np.uint64(_ROW_BITS))).ravel()
        # In their order a search finds its place near that of the one before.
        order = np.argsort(wanted) if len(values) > 1 else np.arange(len(wanted))
        wanted = wanted[order]
        queries, rows = [], []
        for run in self._runs:
            starts = np.searchsorted(run, wanted)
            # No row has the highest number, so the first entry from there on belongs to another value.
            counts = np.searchsorted(run, wanted | _ROW_MASK) - starts
            found = np.flatnonzero(counts)
            starts, counts = starts[found], counts[found]
            firsts = np.cumsum(counts) - counts
            entries = run[np.repeat(starts - firsts, counts) + np.arange(counts.sum())]
            queries.append(np.repeat(order[found] // len(self._column_bits), counts))
            rows.append((entries & _ROW_MASK).astype(np.intp))
        for query, one in enumerate(values if len(self._waiting) else ()):
            # Flat: numpy looks through one long row ten times as fast as through many short ones.
            equal = np.flatnonzero(self._waiting.rows == one)
            queries.append(np.full(len(equal), query))
            rows.append(equal // len(self._column_bits) + self._sorted_rows)
        none = np.empty(0, np.intp)
        return np.concatenate(queries or [none]), np.concatenate(rows or [none])

    def _sort_waiting(self) -> None:
        rows = np.arange(self._sorted_rows, len(self), dtype=np.uint64)[:, None]
        values = self._waiting.rows.astype(np.uint64) << np.uint64(_ROW_BITS)
        run = np.sort((self._column_bits | values | rows).ravel())
        while self._runs and len(self._runs[-1]) < _TIMES_AS_LONG * len(run):
            before = self._runs.pop()
            merged = room_for(len(before) + len(run), (), run.dtype)
            merged[: len(before)], merged[len(before) :] = before, run
            merged.sort(kind="stable")  # timsort here, which merges two sorted runs in one pass
            run = merged
        self._runs.append(run)
        self._sorted_rows = len(self)
        self._waiting = GrowingRows(np.uint32, len(self._column_bits))
