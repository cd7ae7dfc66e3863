"""What topic a record has: from labelled examples, from the topics' descriptions, and from its neighbourhood."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..index.spread import Vectors, unit_rows
from .calibration import fitted_powers, mixed, softmax, with_mean_confidence
from .evidence import Evidence, expected_accuracy, standardised
from .neighbours import NEIGHBOURS, nearest_rows, neighbour_graph, spread

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

ENOUGH_EXAMPLES = 2
"""From so many labelled records of every topic on, examples are learnt from; below, descriptions help out."""
_MOST_PARTS = 5  # of the cross-validation
_KNOWN = 3.0  # what a known label weighs in the neighbourhood against a guessed one
_SHARPNESS = 2.0  # of guesses from descriptions: standard deviations of likeness to chances


@dataclass(frozen=True)
class Judgement:
    """The chances of every topic for every record.

    Attributes:
        chances: shape (n, topics), calibrated: rows sum to 1.
        method: ``examples`` or ``descriptions``, what they come from.
    """

    chances: NDArray[Any]
    method: str


def judge(records: Evidence, labels: NDArray[Any], described: Evidence) -> Judgement:
    """Judge the topic of records.

    Args:
        records: the evidence of n records.
        labels: the topic's number where it is known, -1 elsewhere; shape (n,).
        described: the evidence of the topics' names and descriptions.
    """
    topics = len(described.rows)
    graph = neighbour_graph(records.rows)
    examples = np.bincount(labels[labels >= 0], minlength=topics)
    if topics > 1 and examples.min() >= ENOUGH_EXAMPLES:
        return Judgement(_from_examples(records.rows, graph, labels, topics), "examples")
    return Judgement(_from_descriptions(records, graph, labels, described), "descriptions")


def carried(rows: Vectors, judged: Vectors, chances: NDArray[Any]) -> NDArray[Any]:
    """The chances of further records: those of the judged ones that are most like them, weighed by likeness.

    Args:
        rows: features of the further records, unit rows.
        judged: features of the records that were judged.
        chances: what was found for these.
    """
    nearest, likeness = nearest_rows(rows, judged, NEIGHBOURS)
    weights = np.clip(likeness, 1e-6, 1)[:, :, None]
    return np.asarray((chances[nearest] * weights).sum(axis=1) / weights.sum(axis=1))


def _from_examples(rows: Vectors, graph: csr_matrix, labels: NDArray[Any], topics: int) -> NDArray[Any]:
    learnt, around = _two_opinions(rows, graph, labels, topics)
    known = np.flatnonzero(labels >= 0)
    parts = _parts(labels[known])
    held_out = np.zeros((2, len(known), topics))
    for part in range(parts.max() + 1):
        out = known[parts == part]
        without = labels.copy()
        without[out] = -1
        opinions = _two_opinions(rows, graph, without, topics)
        held_out[:, parts == part] = [opinion[out] for opinion in opinions]
    return mixed(learnt, around, fitted_powers(held_out[0], held_out[1], labels[known]))


def _two_opinions(
    rows: Vectors, graph: csr_matrix, labels: NDArray[Any], topics: int
) -> tuple[NDArray[Any], NDArray[Any]]:
    """What a classifier says of each record by itself, and what its neighbourhood makes of that."""
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    known = labels >= 0
    # Threads that share a step so small wait for each other: on a busy machine that takes eighteen times as long.
    with threadpool_limits(1):
        # In 64 bits: in 32 the rounding of rows decides after which step it ends, and chances differ by hundredths.
        model = LogisticRegression(C=10, max_iter=300).fit(rows[known].astype(np.float64), labels[known])
    learnt = np.zeros((len(rows), topics))
    learnt[:, model.classes_] = model.predict_proba(rows)
    start = learnt.copy()
    start[known] = _KNOWN * np.eye(topics)[labels[known]]
    return learnt, spread(graph, start)


def _parts(labels: NDArray[Any]) -> NDArray[Any]:
    """The part of the cross-validation of each label: each topic dealt out evenly, no topic ever wholly left out."""
    parts = min(_MOST_PARTS, int(np.bincount(labels)[np.unique(labels)].min()))
    dealt = np.zeros(len(labels), dtype=np.int64)
    for topic in np.unique(labels):
        own = np.flatnonzero(labels == topic)
        dealt[np.random.default_rng(int(topic)).permutation(own)] = np.arange(len(own)) % parts
    return dealt


def _from_descriptions(
    records: Evidence, graph: csr_matrix, labels: NDArray[Any], described: Evidence
) -> NDArray[Any]:
    """Likeness to each topic's description and examples, judged against its likeness to all records."""
    topics = len(described.rows)
    centres = np.array(described.rows)
    for topic in np.unique(labels[labels >= 0]):
        own = records.rows[labels == topic].mean(axis=0)
        centres[topic] = unit_rows(centres[topic] + own)[0]
    start = softmax(_SHARPNESS * standardised(records.rows @ centres.T))
    known = labels >= 0
    start[known] = _KNOWN * np.eye(topics)[labels[known]]
    chances = spread(graph, start)
    expected = expected_accuracy(records, described)
    return chances if expected is None else with_mean_confidence(chances, expected)
