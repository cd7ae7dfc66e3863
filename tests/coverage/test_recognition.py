"""Uplift on made-up topics whose truth is known: new records help, copies do not, wrong ones harm."""

from __future__ import annotations

import numpy as np
import pytest
from finetune_coverage.tools.coverage.recognition import (
    Sample,
    elsewhere,
    nearest_topics,
    recognise,
    uplift_of,
)
from finetune_coverage.tools.coverage.uplift import Uplift, combined
from finetune_coverage.tools.coverage.wording import worth_words

DIMENSIONS = 64


class Topics:
    """Clouds around directions that lie close to each other, so that few records do not tell them apart."""

    def __init__(self, count: int = 4) -> None:
        self._rng = np.random.default_rng(1)
        common = self._rng.normal(size=DIMENSIONS)
        self._centres = common + 0.5 * self._rng.normal(size=(count, DIMENSIONS))
        self._numbers = 0

    def sample(self, topic: int, size: int) -> Sample:
        rows = self._centres[topic] + 1.2 * self._rng.normal(size=(size, DIMENSIONS))
        self._numbers += size
        ids = [frozenset([str(self._numbers + row)]) for row in range(size)]
        return Sample(rows / np.linalg.norm(rows, axis=1, keepdims=True), ids)


@pytest.fixture
def topics() -> Topics:
    return Topics()


def gain(topics: Topics, added: Sample, own: Sample, earlier: Sample | None = None) -> Uplift:
    others = [topics.sample(number, 30) for number in (1, 2, 3)]
    return uplift_of(recognise(own, others, [added], earlier or own.at(np.arange(0))))


def test_new_records_help_and_wrong_ones_harm(topics: Topics) -> None:
    own = topics.sample(0, 6)
    new = gain(topics, topics.sample(0, 40), own)
    wrong = gain(topics, topics.sample(1, 40), own)
    assert wrong.high < -0.01 < 0.05 < new.f1 and wrong.verdict == "harmful"
    assert new.low < new.f1 < new.high


def test_copies_of_what_is_left_out_do_not_count(topics: Topics) -> None:
    own = topics.sample(0, 6)
    copies = Sample(np.repeat(own.vectors, 5, axis=0), [source for source in own.sources for _ in range(5)])
    assert abs(gain(topics, copies, own).f1) < 0.01
    unknown = Sample(copies.vectors, [frozenset()] * len(copies))
    assert gain(topics, unknown, own).f1 > 0.05  # what provenance is needed for


def test_what_was_there_before_counts_on_both_sides(topics: Topics) -> None:
    own, earlier, added = topics.sample(0, 6), topics.sample(0, 40), topics.sample(0, 40)
    assert gain(topics, added, own, earlier).f1 < gain(topics, added, own).f1 / 2


def test_the_same_figures_each_time_and_alternatives_do_not_touch_each_other(topics: Topics) -> None:
    own, others = topics.sample(0, 12), [topics.sample(1, 40), topics.sample(2, 40)]
    first, second = topics.sample(0, 10), topics.sample(1, 10)
    none = own.at(np.arange(0))
    together = recognise(own, others, [first, second], none)
    (alone,) = recognise(own, others, [second], none)
    assert uplift_of([alone]) == uplift_of(together[1:])


def test_elsewhere_is_what_another_topic_is_twice_as_likely_for(topics: Topics) -> None:
    own, others = topics.sample(0, 30), [topics.sample(1, 30), topics.sample(2, 30)]
    assert elsewhere(own, others, topics.sample(0, 50).vectors).mean() < 0.3
    assert elsewhere(own, others, topics.sample(1, 50).vectors).mean() > 0.7
    assert not elsewhere(own.at(np.arange(4)), others, topics.sample(1, 50).vectors).any()
    assert not elsewhere(own, [], topics.sample(1, 50).vectors).any()


def test_verdicts_need_the_whole_interval() -> None:
    assert Uplift(f1=0.08, low=0.011, high=0.15).verdict == "worth it"
    assert Uplift(f1=0.08, low=0.01, high=0.15).verdict == "no measurable change"
    assert Uplift(f1=-0.08, low=-0.2, high=-0.011).verdict == "harmful"
    said = worth_words(4.2, Uplift(f1=-0.004, low=-0.05, high=0.05))
    assert said == "worth 4.2 real ones; F1 of a topic classifier +0.00 (-0.05 to 0.05): no measurable change"


def test_a_mean_is_surer_than_its_parts() -> None:
    part = Uplift(f1=0.05, low=-0.05, high=0.15)
    whole = combined([part] * 4)
    assert whole == Uplift(f1=0.05, low=0.0, high=0.1)
    assert combined([]) is None


def test_the_nearest_topics_come_first() -> None:
    centres = {"a": np.array([1.0, 0]), "b": np.array([0.6, 0.8]), "c": np.array([0.8, 0.6])}
    assert nearest_topics(centres, "a") == ["c", "b"]
