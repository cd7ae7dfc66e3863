"""An array that grows by rows without being copied for each of them."""

from __future__ import annotations

import math
import mmap
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

_FIRST_ROOM = 64


class GrowingRows:
    """Rows of one shape and type; the room doubles when it is full, so adding costs O(1) a row over time."""

    def __init__(self, dtype: DTypeLike, width: int | None = None) -> None:
        """Args: the type of the numbers, and how many a row has; without it a row is a single number."""
        self._row: tuple[int, ...] = () if width is None else (width,)
        self._room = room_for(0, self._row, np.dtype(dtype))
        self._used = 0

    def __len__(self) -> int:
        return self._used

    @property
    def rows(self) -> NDArray[Any]:
        """The rows, shape (n,) or (n, width); a view that is good until rows are added."""
        return self._room[: self._used]

    def extend(self, rows: ArrayLike) -> None:
        """Add rows, shape (m,) or (m, width)."""
        new = np.asarray(rows, dtype=self._room.dtype).reshape(-1, *self._row)
        needed = self._used + len(new)
        if needed > len(self._room):
            # The first rows often come all at once: they get exactly the room that they need.
            size = max(needed, 2 * len(self._room), _FIRST_ROOM if self._used else 0)
            room = room_for(size, self._row, self._room.dtype)
            room[: self._used] = self.rows
            self._room = room
        self._room[self._used : needed] = new
        self._used = needed


def room_for(rows: int, row: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Room for rows, shape (rows, *row), in memory of its own, which takes no more than what is written into it.

    What malloc gives out for arrays of some megabytes it mostly keeps when they are freed, and each doubling would
    leave a hole as large as all that there was before.
    """
    if rows == 0:
        return np.empty((0, *row), dtype=dtype)
    memory = mmap.mmap(-1, rows * math.prod(row) * dtype.itemsize)
    return np.frombuffer(memory, dtype=dtype).reshape(rows, *row)
