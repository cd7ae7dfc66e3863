"""Labels that spread from a few records to those that read alike: label spreading on nearest neighbours.

Zhou et al. 2004, "Learning with Local and Global Consistency": F ← α S F + (1 − α) Y, with S the symmetrically
normalised similarity of each record to its nearest neighbours. Records without labels take part: where they lie
close together, they carry a label on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..index.spread import Vectors

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

NEIGHBOURS = 10
_POWER = 4  # of the cosine: near ones count more
_ALPHA = 0.9
_STEPS = 30  # 0.9 ** 30 of the first guess is left: 4%
_ROWS_AT_ONCE = 1_000
_ROUNDING = 1e-5
"""Much more than what cosines of 32 bits differ by with the number of rows and threads that multiply them."""


def neighbour_graph(rows: Vectors) -> csr_matrix:
    """The normalised similarities S of unit rows, sparse, shape (n, n)."""
    from scipy.sparse import csr_matrix, diags

    count = len(rows)
    nearest, similarity = nearest_rows(rows, rows, NEIGHBOURS, skip_itself=True)
    weights = np.clip(similarity, 0, 1).ravel() ** _POWER
    owners = np.repeat(np.arange(count), nearest.shape[1])
    one_way = csr_matrix((weights, (owners, nearest.ravel())), shape=(count, count), dtype=np.float32)
    both_ways = one_way.maximum(one_way.T)
    scale = 1 / np.sqrt(np.maximum(np.asarray(both_ways.sum(axis=1)).ravel(), 1e-12))
    return (diags(scale) @ both_ways @ diags(scale)).astype(np.float32).tocsr()


def nearest_rows(
    rows: Vectors, among: Vectors, count: int, *, skip_itself: bool = False
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Index and cosine of the nearest unit rows, each of shape (rows, count); fewer when there are fewer.

    Of rows that are as near as each other, the first are taken: however many rows are asked for at once, and by however
    many threads, the same are found.
    """
    count = min(count, len(among) - skip_itself)
    index = np.zeros((len(rows), max(count, 0)), dtype=np.int64)
    cosine = np.zeros(index.shape, dtype=np.float32)
    if count < 1:
        return index, cosine
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        part = slice(start, min(start + _ROWS_AT_ONCE, len(rows)))
        similar = rows[part] @ among.T
        if skip_itself:
            similar[np.arange(len(similar)), np.arange(part.start, part.stop)] = -np.inf
        index[part] = np.argpartition(-similar, count - 1, axis=1)[:, :count]
        last = np.take_along_axis(similar, index[part], axis=1).min(axis=1)
        near = similar >= last[:, None] - _ROUNDING
        for row in np.flatnonzero(near.sum(axis=1) > count):
            tied = np.flatnonzero(near[row])
            exact = among[tied].astype(np.float64) @ rows[start + row].astype(np.float64)
            index[start + row] = tied[np.lexsort((tied, -exact.round(9)))][:count]
        cosine[part] = np.take_along_axis(similar, index[part], axis=1)
    return index, cosine


def spread(graph: csr_matrix, known: NDArray[Any]) -> NDArray[Any]:
    """What each record's label is by its neighbourhood.

    Args:
        graph: from `neighbour_graph`.
        known: shape (n, topics): one-hot or probabilities where a label is known, zeros elsewhere.

    Returns:
        Shape (n, topics), rows that sum to 1; a record that no label reaches has equal parts.
    """
    start = known.astype(np.float32)
    mass = start.copy()
    for _ in range(_STEPS):
        mass = _ALPHA * (graph @ mass) + (1 - _ALPHA) * start
    total = mass.sum(axis=1, keepdims=True)
    equal = np.full_like(mass, 1 / mass.shape[1])
    return np.asarray(np.divide(mass, total, out=equal, where=total > 1e-12))
