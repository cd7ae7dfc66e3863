"""Groups of records that read alike, where nobody has named topics yet."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..index.spread import Vectors

_MOST_GROUPED = 5_000  # the tree of agglomerative clustering grows with the square
_MOST_SCORED = 2_000
_SEARCH = (2, 3, 4, 5, 6, 8, 10, 12, 15, 18, 22, 26, 30, 36, 42, 50)


def cluster(rows: Vectors, count: int | None = None) -> tuple[NDArray[Any], NDArray[Any]]:
    """Group unit rows by Ward's clustering (1963): groups whose rows spread least around their middles.

    Args:
        rows: shape (n, dimensions).
        count: how many groups; when not given, chosen by their silhouette, at most the root of the number of rows: more
            would be too small to be balanced.

    Returns:
        The group of each row, largest group first, and how surely each belongs to it: 0 (as close to another)
        to 1, from its likeness to the middles of its own and of the next group. Both of shape (n,).
    """
    total = len(rows)
    chosen = np.random.default_rng(0).permutation(total)[:_MOST_GROUPED]
    sample = rows[chosen]
    groups = _grouped(sample, count) if count else _best(sample)
    middles = np.array([sample[groups == group].mean(axis=0) for group in np.unique(groups)])
    middles /= np.maximum(np.linalg.norm(middles, axis=1, keepdims=True), 1e-12)
    likeness = rows @ middles.T
    assigned = likeness.argmax(axis=1)
    assigned[chosen] = groups  # those that the tree has placed stay where they are
    return _largest_first(assigned), _sureness(likeness, assigned)


def _grouped(rows: Vectors, count: int) -> NDArray[Any]:
    from sklearn.cluster import AgglomerativeClustering

    if len(rows) <= count:
        return np.arange(len(rows))
    return np.asarray(AgglomerativeClustering(count).fit_predict(rows))


def _best(rows: Vectors) -> NDArray[Any]:
    from sklearn.metrics import silhouette_score

    best, best_score = np.zeros(len(rows), dtype=np.int64), -1.0
    for count in _SEARCH:
        if count > max(2, len(rows) ** 0.5):
            break
        groups = _grouped(rows, count)
        score = float(
            silhouette_score(rows, groups, metric="cosine", sample_size=min(2_000, len(rows)), random_state=0)
        )
        if score > best_score:
            best, best_score = groups, score
    return best


def _largest_first(groups: NDArray[Any]) -> NDArray[Any]:
    found, sizes = np.unique(groups, return_counts=True)
    order = found[np.argsort(-sizes, kind="stable")]
    place = {int(group): number for number, group in enumerate(order)}
    return np.array([place[int(group)] for group in groups])


def _sureness(likeness: NDArray[Any], groups: NDArray[Any]) -> NDArray[Any]:
    if likeness.shape[1] < 2:
        return np.ones(len(groups))
    rows = np.arange(len(groups))
    own = likeness[rows, groups]
    others = likeness.copy()
    others[rows, groups] = -np.inf
    next_best = others.max(axis=1)
    return np.asarray(np.clip((own - next_best) / np.maximum(1 - next_best, 1e-9), 0, 1))
