"""Uplift: how much better held-out real records of a topic are recognised with the synthetic ones than without.

Whether records help is measured on the user's real records: some are left out, a probe learns the topic from the
others, with and without the synthetic ones, and is asked for those left out. In each fold the synthetic records that
were made from a record left out are dropped too: otherwise copies would look like a large gain. What as many
duplicates bring is taken off. It ranks plans, rounds and strategies, single topics less well; it sees what users say,
not how good the answers are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from ..index.spread import Vectors

LEAST_REAL = 5
"""Real records that a topic needs to be measured, or to be a neighbour."""
NEIGHBOURS = 6
MOST_OF_A_TOPIC = 30
SMALLEST = 0.01
"""A gain below it is none, and a step that adds less is no reason for another one."""
_ONE_AT_A_TIME = 10
_FOLDS = 5
_INVERSE_REGULARISATION = 10.0
_RESAMPLES = 400

Verdict = Literal["worth it", "harmful", "nothing measurable"]


@dataclass(frozen=True)
class Sample:
    """Records of one topic, or some of them.

    Attributes:
        vectors: unit rows of what their users say, shape (n, dimensions).
        sources: of each, the ids of the real records that it was made from; of a real one its own.
    """

    vectors: Vectors
    sources: Sequence[frozenset[str]]

    def __len__(self) -> int:
        return len(self.sources)

    def at(self, rows: NDArray[Any]) -> Sample:
        """Some of them."""
        return Sample(self.vectors[rows], [self.sources[row] for row in rows])

    def not_from(self, ids: frozenset[str]) -> Vectors:
        """The vectors of those that were made from none of these."""
        kept = [row for row, sources in enumerate(self.sources) if not sources & ids]
        return self.vectors[kept]

    def drawn(self, most: int = MOST_OF_A_TOPIC) -> Sample:
        """All of them, or so many at random, the same ones each time."""
        if len(self) <= most:
            return self
        return self.at(np.sort(np.random.default_rng(0).choice(len(self), most, replace=False)))


class Uplift(BaseModel):
    """What synthetic records bring.

    Attributes:
        f1: how much the F1 of recognising the topic rises, as the mean over topics; 0.08 is eight points.
        low: lower bound of the interval that holds the true gain in nine of ten cases.
        high: upper bound.
    """

    f1: float = Field(description="Gain in F1 of recognising held-out real records of the topic.")
    low: float
    high: float

    @property
    def verdict(self) -> Verdict:
        """Worth it when the gain is surely more than 0.01, harmful when it is surely a loss of more."""
        if self.low > SMALLEST:
            return "worth it"
        return "harmful" if self.high < -SMALLEST else "nothing measurable"


@dataclass(frozen=True)
class Recognition:
    """How the records left out of one topic and its neighbours were placed, with and without the synthetic ones.

    Attributes:
        chances: the sum of their chances of being the topic's, shape (2, folds, 1 + neighbours): with the synthetic
            records, and with as many duplicates; first the topic's own, then each neighbour's.
        counts: how many they are, shape (folds, 1 + neighbours).
    """

    chances: NDArray[Any]
    counts: NDArray[Any]

    def gains(self, weights: NDArray[Any]) -> NDArray[Any]:
        """The gain in F1 when the folds count so much, shape (resamples, folds): one for each row."""
        rates = (weights @ self.chances) / np.maximum(weights @ self.counts, 1e-9)
        right, wrong = rates[..., 0], rates[..., 1:].sum(axis=-1)
        f1 = 2 * right / (right + 1 + wrong)
        gain: NDArray[Any] = f1[0] - f1[1]
        return gain

    @cached_property
    def gain(self) -> float:
        """The gain in F1 over all folds."""
        return float(self.gains(np.ones((1, len(self.counts))))[0])

    def resampled(self, rng: np.random.Generator) -> NDArray[Any]:
        """The gains of folds drawn with replacement."""
        folds = len(self.counts)
        return self.gains(rng.multinomial(folds, np.full(folds, 1 / folds), _RESAMPLES).astype(float))


def recognise(topic: Sample, neighbours: Sequence[Sample], added: Sample, earlier: Sample) -> Recognition:
    """Leave real records out and see how the probe places them.

    Args:
        topic: its real records, `LEAST_REAL` or more; `MOST_OF_A_TOPIC` of them are used.
        neighbours: the real records of the topics that are nearest.
        added: the synthetic records that are judged.
        earlier: synthetic records of the topic that were there before; they count with both.
    """
    classes = [sample.drawn() for sample in (topic, *neighbours)]
    folds = len(classes[0]) if len(classes[0]) <= _ONE_AT_A_TIME else _FOLDS
    rng = np.random.default_rng(0)
    parts = [rng.permutation(np.arange(len(sample)) % folds) for sample in classes]
    chances = np.zeros((2, folds, len(classes)))
    counts = np.zeros((folds, len(classes)))
    for fold in range(folds):
        held = [sample.at(np.flatnonzero(part == fold)) for sample, part in zip(classes, parts, strict=True)]
        seen = [sample.vectors[part != fold] for sample, part in zip(classes, parts, strict=True)]
        left_out = frozenset().union(*held[0].sources)
        new = added.not_from(left_out)
        if len(earlier):
            seen[0] = np.vstack([seen[0], earlier.not_from(left_out)])
        duplicates = seen[0][np.arange(len(new)) % len(seen[0])]
        asked = np.vstack([sample.vectors for sample in held])
        owner = np.repeat(np.arange(len(held)), list(map(len, held)))
        counts[fold] = np.bincount(owner, minlength=len(classes))
        for arm, more in enumerate((new, duplicates)):
            own = placed([np.vstack([seen[0], more]), *seen[1:]], asked)[:, 0]
            chances[arm, fold] = np.bincount(owner, own, minlength=len(classes))
    return Recognition(chances, counts)


def placed(classes: Sequence[Vectors], asked: Vectors) -> NDArray[Any]:
    """The chance of each asked record to be of each class, shape (asked, classes), by logistic regression."""
    from sklearn.linear_model import LogisticRegression

    owner = np.repeat(np.arange(len(classes)), list(map(len, classes)))
    probe = LogisticRegression(C=_INVERSE_REGULARISATION, class_weight="balanced", max_iter=200, tol=1e-3)
    chances: NDArray[Any] = probe.fit(np.vstack(classes), owner).predict_proba(asked)
    return chances


def elsewhere(topic: Sample, neighbours: Sequence[Sample], added: Vectors) -> NDArray[np.bool_]:
    """Which added records the probe places elsewhere: where another topic is twice as likely.

    Nothing is elsewhere where nothing can be told: with few real records, or no other topic.
    """
    others = [sample.drawn().vectors for sample in neighbours]
    if len(topic) < LEAST_REAL or not others or not len(added):
        return np.zeros(len(added), dtype=np.bool_)
    chances = placed([topic.drawn().vectors, *others], added)
    is_elsewhere: NDArray[np.bool_] = chances[:, 0] < chances.max(axis=1) / 2
    return is_elsewhere


def uplift(recognitions: Sequence[Recognition]) -> Uplift:
    """The gain over the topics of a plan, a round or a job.

    The interval is a bootstrap over topics and folds, widened until it covered what test sets showed.
    """
    rng = np.random.default_rng(0)
    drawn = np.array([recognition.resampled(rng) for recognition in recognitions])
    topics = rng.integers(len(drawn), size=(len(drawn), _RESAMPLES))
    spread = float(drawn[topics, np.arange(_RESAMPLES)].mean(axis=0).std())
    gain = float(np.mean([recognition.gain for recognition in recognitions]))
    half = 2 * spread
    return Uplift(f1=round(gain, 3), low=round(gain - half, 3), high=round(gain + half, 3))


def nearest_topics(centres: Mapping[str, Vectors], topic: str) -> list[str]:
    """The topics whose middle lies nearest to that of this one."""
    others = (name for name in centres if name != topic)
    return sorted(others, key=lambda name: -float(centres[name] @ centres[topic]))[:NEIGHBOURS]
