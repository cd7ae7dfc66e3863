"""How much better held-out real records of a topic are recognised with the synthetic ones than without: the uplift.

Whether records help is measured on the user's real records: some are left out, a probe learns the topic from the
others, with and without the synthetic ones, and is asked for those left out. In each fold the synthetic records that
were made from a record left out are dropped too: otherwise copies would look like a large gain. It ranks plans, rounds
and strategies, single topics less well; it sees what users say, not how good the answers are.

The chances that the probe gives are sharpened before they are summed. Plain ones overstate: what as many duplicates
bring had to be taken off, and wrong topics looked twice as harmful as they are. Sharp ones lie between them and mere
counts of what is right, which move in steps of a fifth where a topic has five records.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..index.spread import Vectors
from .uplift import Uplift

LEAST_REAL = 5
"""Real records that a topic needs to be measured, or to be a neighbour."""
NEIGHBOURS = 6
MOST_OF_A_TOPIC = 30
MOST_ADDED = 300
"""Synthetic records that the probe learns from; more change nothing that it could show."""
SHARPNESS = 3
"""Power of the chances: over plans whose true gain test sets told, 3 and 4 erred by 0.008, 1 by 0.03."""
_ONE_AT_A_TIME = 10
_FOLDS = 5
_INVERSE_REGULARISATION = 10.0
_RESAMPLES = 400
_BETWEEN_TOPICS = 0.19
"""Standard deviation of what the measure misses of a topic with one real record; of n it is by √n less (0.085 of five,
0.05 of fifteen)."""
_WIDENED = 1.5


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


@dataclass(frozen=True)
class Recognition:
    """How the records left out of one topic and its neighbours were placed, with and without the synthetic ones.

    Attributes:
        chances: the sum of their chances of being the topic's, shape (2, folds, 1 + neighbours): without the
            synthetic records, and with them; first the topic's own, then each neighbour's.
        counts: how many they are, shape (folds, 1 + neighbours).
    """

    chances: NDArray[Any]
    counts: NDArray[Any]

    def gains(self, weights: NDArray[Any]) -> NDArray[Any]:
        """The gain in F1 when the folds count so much, shape (resamples, folds): one for each row."""
        rates = (weights @ self.chances) / np.maximum(weights @ self.counts, 1e-9)
        right, wrong = rates[..., 0], rates[..., 1:].sum(axis=-1)
        f1 = 2 * right / (right + 1 + wrong)
        gain: NDArray[Any] = f1[1] - f1[0]
        return gain

    @property
    def real(self) -> int:
        """Real records of the topic that were left out, in all folds together."""
        return int(self.counts[:, 0].sum())

    @cached_property
    def gain(self) -> float:
        """The gain in F1 over all folds."""
        return float(self.gains(np.ones((1, len(self.counts))))[0])

    def resampled(self, rng: np.random.Generator) -> NDArray[Any]:
        """The gains of folds drawn with replacement."""
        folds = len(self.counts)
        return self.gains(rng.multinomial(folds, np.full(folds, 1 / folds), _RESAMPLES).astype(float))


def recognise(
    topic: Sample, neighbours: Sequence[Sample], alternatives: Sequence[Sample], earlier: Sample
) -> list[Recognition]:
    """Leave real records out and see how the probe places them, with each of some sets of synthetic records.

    Args:
        topic: its real records, `LEAST_REAL` or more; `MOST_OF_A_TOPIC` of them are used.
        neighbours: the real records of the topics that are nearest.
        alternatives: the sets of synthetic records that are judged, each by itself.
        earlier: synthetic records of the topic that were there before; they count also without those judged.
    """
    classes = [sample.drawn() for sample in (topic, *neighbours)]
    earlier, *alternatives = (sample.drawn(MOST_ADDED) for sample in (earlier, *alternatives))
    folds = len(classes[0]) if len(classes[0]) <= _ONE_AT_A_TIME else _FOLDS
    rng = np.random.default_rng(0)
    parts = [rng.permutation(np.arange(len(sample)) % folds) for sample in classes]
    chances = np.zeros((1 + len(alternatives), folds, len(classes)))
    counts = np.zeros((folds, len(classes)))
    for fold in range(folds):
        held = [sample.at(np.flatnonzero(part == fold)) for sample, part in zip(classes, parts, strict=True)]
        seen = [sample.vectors[part != fold] for sample, part in zip(classes, parts, strict=True)]
        left_out = frozenset().union(*held[0].sources)
        if len(earlier):
            seen[0] = np.vstack([seen[0], earlier.not_from(left_out)])
        asked = np.vstack([sample.vectors for sample in held])
        owner = np.repeat(np.arange(len(held)), list(map(len, held)))
        counts[fold] = np.bincount(owner, minlength=len(classes))
        for arm, more in enumerate([seen[0][:0], *(added.not_from(left_out) for added in alternatives)]):
            sharp = placed([np.vstack([seen[0], more]), *seen[1:]], asked) ** SHARPNESS
            chances[arm, fold] = np.bincount(owner, sharp[:, 0] / sharp.sum(axis=1), minlength=len(classes))
    return [Recognition(np.stack([chances[0], own]), counts) for own in chances[1:]]


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


def uplift_of(recognitions: Sequence[Recognition]) -> Uplift:
    """The gain over the topics of a plan, a round or a job.

    The interval is a bootstrap over topics and folds. Of few topics it does not see how far they differ: that is
    added, as it was on test sets, and the whole widened until nine of ten intervals covered what these showed.
    """
    rng = np.random.default_rng(0)
    drawn = np.array([recognition.resampled(rng) for recognition in recognitions])
    topics = rng.integers(len(drawn), size=(len(drawn), _RESAMPLES))
    spread = float(drawn[topics, np.arange(_RESAMPLES)].mean(axis=0).std())
    gain = float(np.mean([recognition.gain for recognition in recognitions]))
    between = sum(_BETWEEN_TOPICS**2 / recognition.real for recognition in recognitions) / len(drawn) ** 3
    half = _WIDENED * float(np.sqrt(spread**2 + between))
    return Uplift(f1=round(gain, 3), low=round(gain - half, 3), high=round(gain + half, 3))


def nearest_topics(centres: Mapping[str, Vectors], topic: str) -> list[str]:
    """The topics whose middle lies nearest to that of this one."""
    others = (name for name in centres if name != topic)
    return sorted(others, key=lambda name: -float(centres[name] @ centres[topic]))[:NEIGHBOURS]
