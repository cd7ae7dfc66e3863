"""Choosing examples that are close to what is wanted and unlike each other."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.floating[Any]]


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
