"""Choosing examples that are close to what is wanted and unlike each other."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.floating[Any]]
_GRID = np.float32(2**20)
"""Steps of the grid between 0 and 1: far more than the precision of an embedding, and 10 times the error of scaling."""


def unit_rows(vectors: Any) -> Vectors:
    """Rows scaled to length 1, so that a dot product is the cosine; a row without direction gets one."""
    rows = np.array(vectors, dtype=np.float32, ndmin=2)
    lengths = np.linalg.norm(rows, axis=1)
    lost = ~np.isfinite(lengths) | (lengths == 0)
    if lost.any():
        # Cosine is undefined here, and would spoil every comparison as NaN.
        rows[lost], lengths[lost] = 0.0, 1.0
        rows[lost, 0] = 1.0
    return np.asarray(rows / lengths[:, None])


def indexed_rows(vectors: Any) -> Vectors:
    """Unit rows as the index gives them back: on a grid so fine that no comparison notices.

    Chroma scales vectors once more, which moves their values by up to one in 10^7, and a record is learnt from
    through the index here and without it there. Rounding undoes that: what lies on the grid goes back to it, but for a
    rare vector whose length is that of two or three values. So results do not depend on the way a vector came.
    """
    return np.asarray(np.rint(unit_rows(vectors) * _GRID) / _GRID, dtype=np.float32)


def spread_out(candidates: Vectors, wanted: Vectors, k: int, trade_off: float) -> list[int]:
    """Maximal marginal relevance (Carbonell and Goldstein, 1998).

    Each step takes the candidate with the largest
    ``trade_off * closeness to wanted - (1 - trade_off) * closeness to the nearest one taken``; among equals
    the first.

    Args:
        candidates: unit rows, shape (n, dimensions).
        wanted: a unit vector, shape (dimensions,).
        k: how many to take.
        trade_off: 1 asks for closeness only, 0 for variety only (after the first, which is the closest).

    Returns:
        Row numbers in the order in which they were taken; fewer than ``k`` when there are fewer candidates.
    """
    relevance = candidates @ wanted
    nearest = np.full(len(candidates), -1.0)
    is_free = np.ones(len(candidates), dtype=bool)
    taken: list[int] = []
    while len(taken) < min(k, len(candidates)):
        score = trade_off * relevance - (1 - trade_off) * nearest if taken else relevance
        best = int(np.argmax(np.where(is_free, score, -np.inf)))
        taken.append(best)
        is_free[best] = False
        nearest = np.maximum(nearest, candidates @ candidates[best])
    return taken
