"""What holds for any dataset: targets are reached where caps allow, with the fewest records, and without harm."""

from __future__ import annotations

import pytest
from finetune_coverage.tools.coverage.additions import (
    additions_to_minimum,
    least_additions,
    predicted_score,
    recommended_additions,
)
from finetune_coverage.tools.coverage.balance import balance_score, representation
from finetune_coverage.tools.coverage.caps import Cap
from hypothesis import example, given
from hypothesis import strategies as st

from .test_additions import brute_force, counts_of_topics, named, score_after, small_counts, targets, weight

pytestmark = pytest.mark.slow


@given(counts_of_topics, st.lists(weight, min_size=20, max_size=20), st.booleans(), targets)
@example([110] + [10] * 9, [1.0] * 20, False, 0.5)
@example([0, 1], [100.0, 0.01] + [1.0] * 18, True, 0.95)
def test_reaches_the_target_when_no_cap_binds(
    numbers: list[int], weights: list[float], weighted: bool, target: float
) -> None:
    counts = named(numbers)
    aims = dict(zip(counts, weights, strict=False)) if weighted else None
    before = balance_score(counts, aims)
    assert before is not None
    added = recommended_additions(counts, aims, target_score=target)
    assert all(number > 0 for number in added.values())
    after = predicted_score(counts, added, aims)
    assert after == score_after(counts, added, aims)
    assert after > target
    ratios = representation(counts, aims)
    if before <= target:
        assert ratios[next(iter(added))] == min(ratios.values())
    assert [ratios[topic] for topic in added] == sorted(ratios[topic] for topic in added)

    least = least_additions(counts, aims, target_score=target)
    assert least is not None
    assert all(number > 0 for number in least.values())
    assert score_after(counts, least, aims) > target
    assert sum(least.values()) <= sum(added.values()) or before > target
    for topic in least:
        one_less = {**least, topic: least[topic] - 1}
        assert score_after(counts, one_less, aims) <= target


@given(small_counts, targets)
def test_the_least_is_what_trying_everything_finds(numbers: list[int], target: float) -> None:
    counts = named(numbers)
    least = least_additions(counts, target_score=target)
    assert least is not None
    assert sum(least.values()) == brute_force(counts, target)


@given(small_counts, st.lists(st.integers(0, 4), min_size=4, max_size=4), targets)
@example([0, 6, 6, 1], [0, 0, 0, 2], 0.65)
def test_the_least_under_caps_is_what_trying_everything_finds(
    numbers: list[int], limits: list[int], target: float
) -> None:
    counts = named(numbers)
    caps = {topic: Cap(limit, "a cap") for topic, limit in zip(counts, limits, strict=False)}
    least = least_additions(counts, target_score=target, caps=caps)
    best = brute_force(counts, target, limits=limits[: len(counts)])
    assert (None if least is None else sum(least.values())) == best


@given(
    st.lists(st.integers(0, 6), min_size=2, max_size=3).filter(any),
    st.lists(st.sampled_from([1.0, 2.0, 3.0]), min_size=3, max_size=3),
)
def test_the_least_under_weights_is_close_to_what_trying_everything_finds(
    numbers: list[int], weights: list[float]
) -> None:
    counts = named(numbers)
    aims = dict(zip(counts, weights, strict=False))
    least = least_additions(counts, aims)
    best = brute_force(counts, 0.5, aims, limits=[15] * len(counts))
    assert least is not None and best is not None
    assert best <= sum(least.values()) <= best + len(counts)


@given(counts_of_topics, st.data(), targets)
def test_respects_caps_and_does_no_harm(numbers: list[int], data: st.DataObject, target: float) -> None:
    counts = named(numbers)
    limit = st.one_of(st.just(0), st.integers(0, 100), st.integers(0, 10**6))
    caps = {topic: Cap(data.draw(limit), "a cap") for topic in counts}
    added = recommended_additions(counts, target_score=target, caps=caps)
    assert all(0 < number <= caps[topic].limit for topic, number in added.items())
    before = balance_score(counts)
    assert before is not None
    assert score_after(counts, added) >= min(before, target)
    minimum = additions_to_minimum(counts, minimum=100, caps=caps)
    for topic, count in counts.items():
        assert minimum.get(topic, 0) == min(caps[topic].limit, max(0, 100 - count))
