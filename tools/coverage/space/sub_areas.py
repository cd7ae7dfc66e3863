"""What the records of a topic are about: groups of like records, named by the words that tell them apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...index.spread import Vectors, unit_rows

MOST_AREAS = 8
FEWEST_EACH = 8
"""Records that a group needs on average: with fewer, groups are an accident of the sample."""
STABLE = 0.6
"""Least adjusted Rand index (Hubert and Arabie, 1985) of groupings that were learnt from different halves."""
_HALVES = 3
_DIMENSIONS = 16


def group(rows: Vectors) -> NDArray[Any]:
    """Group the records of a topic by k-means.

    The number of groups, up to 8 and one for each 8 records, is the one that is found again best: two groupings of
    all records, each learnt from another half of them, have the highest adjusted Rand index on average over three
    splits. When it is below 0.6 for every number, the topic is one group.

    Args:
        rows: unit vectors, shape (n, dimensions).

    Returns:
        The group of each record, shape (n,), largest group first; the same rows give the same groups.
    """
    points = _reduced(rows)
    agreements = {
        count: _agreement(points, count)
        for count in range(min(MOST_AREAS, len(points) // FEWEST_EACH), 1, -1)
    }
    best = max(agreements, key=agreements.__getitem__, default=1)
    if agreements.get(best, 0) < STABLE:
        return np.zeros(len(points), dtype=np.int64)
    return _largest_first(_k_means(points, best, 0).labels_)


def name_areas(texts: Sequence[str], groups: NDArray[Any]) -> list[list[str]]:
    """The most telling words of each group."""
    from ...topics.terms import telling_terms

    return telling_terms(texts, [int(own) for own in groups], count=4)


def _reduced(rows: Vectors) -> Vectors:
    from sklearn.decomposition import PCA

    if len(rows) <= FEWEST_EACH:
        return rows
    dimensions = min(_DIMENSIONS, len(rows) - 1, rows.shape[1])
    return unit_rows(PCA(dimensions, random_state=0).fit_transform(rows))


def _agreement(points: Vectors, count: int) -> float:
    from sklearn.metrics import adjusted_rand_score

    agreements = []
    for split in range(_HALVES):
        order = np.random.default_rng(split).permutation(len(points))
        one, other = np.array_split(order, 2)
        learnt = [_k_means(points[half], count, split) for half in (one, other)]
        agreements.append(adjusted_rand_score(*(model.predict(points) for model in learnt)))
    return float(np.mean(agreements))


def _k_means(points: Vectors, count: int, seed: int) -> Any:
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    # Threads that share so few points wait for each other: on a busy machine that takes twenty times as long.
    with threadpool_limits(1):
        return KMeans(count, n_init=4, random_state=seed).fit(points)


def _largest_first(groups: NDArray[Any]) -> NDArray[Any]:
    found, sizes = np.unique(groups, return_counts=True)
    place = {int(own): number for number, own in enumerate(found[np.argsort(-sizes, kind="stable")])}
    return np.array([place[int(own)] for own in groups])
