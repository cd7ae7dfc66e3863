"""The balance score: the worked example to the digit, and what must hold of every distribution."""

from __future__ import annotations

import math

import pytest
from finetune_coverage.tools.coverage.balance import (
    balance_score,
    exact_score,
    representation,
    shown_score,
    status_of,
    under_represented,
)
from finetune_coverage.tools.errors import InvalidInput
from hypothesis import assume, given
from hypothesis import strategies as st

EXAMPLE = {"billing_questions": 45, "technical_issues": 15, "account_management": 90}

count_lists = st.lists(st.integers(0, 10**6), min_size=2, max_size=30).filter(any)
weight = st.floats(0.001, 1000, allow_nan=False)


def named(counts: list[int]) -> dict[str, int]:
    return {f"t{i}": count for i, count in enumerate(counts)}


def by_the_formula(counts: dict[str, int], weights: dict[str, float]) -> float:
    """The design's formula, written down once more in plain floats."""
    total, whole = sum(counts.values()), sum(weights.values())
    p = {topic: count / total for topic, count in counts.items()}
    w = {topic: weights[topic] / whole for topic in counts}
    evenness = (1 / sum(p[t] ** 2 / w[t] for t in p) - min(w.values())) / (1 - min(w.values()))
    r = [p[t] / w[t] for t in p]
    return 2 / 3 * evenness + 1 / 3 * min(r) / max(r)


def test_the_worked_example() -> None:
    before = balance_score(EXAMPLE)
    after = balance_score({**EXAMPLE, "technical_issues": 45})
    assert before == pytest.approx(0.44685990338, abs=1e-10)
    assert after == pytest.approx(13 / 18, abs=1e-15)
    assert (shown_score(before), status_of(before)) == (0.45, "poor")
    assert (shown_score(after), status_of(after)) == (0.72, "good")
    assert under_represented(EXAMPLE) == ["technical_issues"]
    assert representation(EXAMPLE) == pytest.approx(
        {"billing_questions": 0.9, "technical_issues": 0.3, "account_management": 1.8}
    )


@given(st.lists(st.tuples(st.integers(0, 10**6), weight), min_size=2, max_size=30))
def test_follows_the_formula_and_stays_within_bounds(pairs: list[tuple[int, float]]) -> None:
    counts = named([count for count, _ in pairs])
    assume(any(counts.values()))
    weights = {f"t{i}": value for i, (_, value) in enumerate(pairs)}
    score = exact_score(counts, weights)
    assert score is not None
    assert 0 <= score <= 1
    assert float(score) == pytest.approx(by_the_formula(counts, weights), abs=1e-6)


@given(count_lists, st.integers(2, 1000))
def test_does_not_depend_on_size(counts: list[int], factor: int) -> None:
    assert exact_score(named(counts)) == exact_score(named([factor * count for count in counts]))


@given(count_lists, st.data())
def test_a_transfer_from_a_richer_to_a_poorer_topic_never_lowers_it(
    counts: list[int], data: st.DataObject
) -> None:
    rich, poor = max(counts), data.draw(st.sampled_from(counts))
    assume(rich > poor)
    moved = data.draw(st.integers(1, rich - poor))
    after = list(counts)
    after[counts.index(rich)] -= moved
    after[counts.index(poor)] += moved
    before_score, after_score = exact_score(named(counts)), exact_score(named(after))
    assert before_score is not None and after_score is not None
    # The whole difference only makes the two change places.
    assert after_score == before_score if moved == rich - poor else after_score > before_score


@given(st.lists(st.integers(1, 1000), min_size=2, max_size=20), st.integers(1, 50))
def test_is_one_at_target_and_only_there(weights: list[int], size: int) -> None:
    targets = {f"t{i}": float(value) for i, value in enumerate(weights)}
    at_target = named([value * size for value in weights])
    assert balance_score(at_target, targets) == 1.0
    off_target = {**at_target, "t0": at_target["t0"] + 1}
    score = exact_score(off_target, targets)
    assert score is not None and score < 1


@given(count_lists, st.lists(weight, min_size=31, max_size=31))
def test_an_empty_topic_keeps_it_under_two_thirds(counts: list[int], weights: list[float]) -> None:
    with_empty = {**named(counts), "empty": 0}
    for targets in (None, dict(zip(with_empty, weights, strict=False))):
        score = exact_score(with_empty, targets)
        assert score is not None and 3 * score < 2


@given(st.integers(1, 10**6), st.integers(1, 50))
def test_is_zero_when_one_topic_holds_everything(count: int, others: int) -> None:
    assert balance_score({"all": count, **named([0] * others)}) == 0.0


@pytest.mark.parametrize(
    ("counts", "weights"),
    [
        ({}, None),
        ({"a": 5}, None),
        ({"a": 0, "b": 0}, None),
        ({"a": 5, "b": 5}, {"a": 1.0}),
        ({"x": 5}, {"a": 1.0, "b": 1.0}),
    ],
)
def test_there_is_no_score_without_records_or_two_topics(
    counts: dict[str, int], weights: dict[str, float] | None
) -> None:
    assert balance_score(counts, weights) is None
    assert status_of(None) is None
    assert shown_score(None) is None
    assert under_represented(counts, weights) == []


def test_targets_choose_the_topics() -> None:
    counts = {"a": 30, "b": 10, "untargeted": 1000}
    assert balance_score(counts, {"a": 3, "b": 1}) == 1.0
    assert balance_score(counts, {"a": 3, "b": 1, "empty": 1}) == balance_score(
        {"a": 30, "b": 10, "empty": 0}, {"a": 3, "b": 1, "empty": 1}
    )
    assert under_represented(counts, {"a": 3, "b": 1, "empty": 1}) == ["empty"]


def test_weights_mean_the_decimals_that_were_written() -> None:
    # As binary fractions, 0.1 + 0.2 + 0.7 are not in the proportion 1 : 2 : 7.
    assert exact_score({"a": 1, "b": 2, "c": 7}, {"a": 0.1, "b": 0.2, "c": 0.7}) == 1


@pytest.mark.parametrize("bad", [0, -1.0, math.nan, math.inf, -math.inf])
def test_refuses_weights_that_are_no_weights(bad: float) -> None:
    with pytest.raises(InvalidInput, match="'b'"):
        balance_score({"a": 1, "b": 1}, {"a": 1.0, "b": bad})


def test_refuses_negative_counts() -> None:
    with pytest.raises(InvalidInput, match="'b'"):
        balance_score({"a": 1, "b": -1})


def test_statuses_begin_at_their_thresholds() -> None:
    assert [status_of(score) for score in (0.0, 0.49999, 0.5, 0.79999, 0.8, 1.0)] == [
        "poor",
        "poor",
        "good",
        "good",
        "excellent",
        "excellent",
    ]


@given(st.floats(0, 1))
def test_the_shown_score_never_contradicts_the_status(score: float) -> None:
    shown = shown_score(score)
    assert shown is not None
    assert status_of(shown) == status_of(score)
    assert abs(shown - score) < 0.01
    assert shown == round(shown, 2)


def test_the_shown_score_is_rounded_down_only_at_a_threshold() -> None:
    assert [shown_score(score) for score in (0.4999, 0.7951, 0.4449, 0.456)] == [0.49, 0.79, 0.44, 0.46]
