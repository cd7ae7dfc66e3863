"""What to add: the examples of the design, and what must hold of every distribution."""

from __future__ import annotations

import itertools
import random
import time

import pytest
from finetune_coverage.tools.coverage.additions import (
    additions_to_minimum,
    least_additions,
    predicted_score,
    recommended_additions,
)
from finetune_coverage.tools.coverage.balance import exact_score
from finetune_coverage.tools.coverage.caps import MAX_PER_ITEM, Cap, binding_caps, topic_cap
from finetune_coverage.tools.errors import InvalidInput
from hypothesis import strategies as st

EXAMPLE = {"billing_questions": 45, "technical_issues": 15, "account_management": 90}

counts_of_topics = st.lists(st.integers(0, 10**6), min_size=2, max_size=20).filter(any)
small_counts = st.lists(st.integers(0, 6), min_size=2, max_size=4).filter(any)
weight = st.floats(0.01, 100, allow_nan=False).map(lambda value: round(value, 3))
targets = st.sampled_from([0.3, 0.5, 0.5, 0.65, 0.8, 0.95])


def named(counts: list[int]) -> dict[str, int]:
    return {f"t{i}": count for i, count in enumerate(counts)}


def score_after(
    counts: dict[str, int], added: dict[str, int], weights: dict[str, float] | None = None
) -> float:
    score = exact_score({topic: count + added.get(topic, 0) for topic, count in counts.items()}, weights)
    assert score is not None
    return float(score)


def brute_force(
    counts: dict[str, int],
    target: float,
    weights: dict[str, float] | None = None,
    limits: list[int] | None = None,
) -> int | None:
    """The fewest records that bring the score above the target, found by trying all ways to add them."""
    most = limits or [max(counts.values()) + 1] * len(counts)
    ways = itertools.product(*(range(limit + 1) for limit in most))
    for added in sorted(ways, key=sum):
        if score_after(counts, dict(zip(counts, added, strict=True)), weights) > target:
            return sum(added)
    return None


def test_the_worked_example() -> None:
    added = recommended_additions(EXAMPLE)
    assert added == {"technical_issues": 30}
    assert predicted_score(EXAMPLE, added) == pytest.approx(13 / 18)


@pytest.mark.parametrize(
    ("counts", "added"),
    [
        # The median adds nothing: both low topics are at it.
        ({"a": 90, "b": 15, "c": 15}, {"b": 13, "c": 13}),
        # Nothing is under-represented: nine topics have exactly half their target share.
        ({"big": 110, **named([10] * 9)}, dict.fromkeys(named([0] * 9), 17)),
        # Many empty topics: the median is zero.
        ({"big": 110, **named([0] * 9)}, dict.fromkeys(named([0] * 9), 27)),
        ({"a": 100, "b": 100, **named([0] * 3)}, dict.fromkeys(named([0] * 3), 26)),
    ],
)
def test_fills_the_lowest_where_the_median_does_not_help(
    counts: dict[str, int], added: dict[str, int]
) -> None:
    assert recommended_additions(counts) == added
    assert score_after(counts, added) > 0.5
    one_less = {topic: count - 1 for topic, count in added.items()}
    assert score_after(counts, one_less) <= 0.5


def test_goes_on_filling_where_the_median_is_not_enough() -> None:
    counts = {"huge": 5000, "a": 40, "b": 50, "c": 60, "d": 70}
    added = recommended_additions(counts)
    assert score_after(counts, added) > 0.5
    assert len({counts[topic] + n for topic, n in added.items()}) == 1
    assert set(added) == {"a", "b", "c", "d"}


def test_lists_the_lowest_topic_first() -> None:
    counts = {"a": 100, "b": 20, "c": 100, "d": 10, "e": 100}
    assert list(recommended_additions(counts).items()) == [("d", 90), ("b", 80)]


def test_follows_the_weights() -> None:
    counts = {"a": 80, "b": 20, "c": 1}
    weights = {"a": 4.0, "b": 1.0, "c": 1.0}
    assert recommended_additions(counts, weights) == {"c": 19}


def test_recommends_nothing_when_nothing_is_low() -> None:
    assert recommended_additions({"a": 45, "b": 45, "c": 90}) == {}
    assert least_additions({"a": 45, "b": 45, "c": 90}) == {}


@pytest.mark.parametrize("counts", [{}, {"a": 5}, {"a": 0, "b": 0}])
def test_has_nothing_to_say_without_a_score(counts: dict[str, int]) -> None:
    assert recommended_additions(counts) == {}
    assert least_additions(counts) is None
    assert predicted_score(counts, {}) is None


def test_fills_others_when_the_lowest_cannot_grow() -> None:
    counts = {"stuck": 0, "low": 5, "a": 100, "b": 100}
    caps = {"stuck": Cap(0, "no seed")}
    added = recommended_additions(counts, caps=caps)
    # With one empty topic the others, all level, give 2/3 · (3 - 1) / 3 = 0.444 at most.
    assert added == {"low": 95}
    assert least_additions(counts, caps=caps) is None
    assert binding_caps(recommended_additions(counts), added, caps) == {"stuck": "no seed"}


def test_names_only_the_caps_that_bind() -> None:
    caps = {"technical_issues": Cap(30, "thirty"), "billing_questions": Cap(0, "none")}
    added = recommended_additions(EXAMPLE, caps=caps)
    assert added == {"technical_issues": 30}
    assert binding_caps(recommended_additions(EXAMPLE), added, caps) == {}
    caps["technical_issues"] = Cap(10, "ten")
    added = recommended_additions(EXAMPLE, caps=caps)
    assert added == {"technical_issues": 10}
    assert binding_caps(recommended_additions(EXAMPLE), added, caps) == {"technical_issues": "ten"}


def test_lifts_to_the_minimum() -> None:
    assert additions_to_minimum(EXAMPLE, minimum=100) == {
        "technical_issues": 85,
        "billing_questions": 55,
        "account_management": 10,
    }


@pytest.mark.parametrize("target", [-0.1, 1.0, float("nan")])
def test_refuses_targets_that_no_score_can_pass(target: float) -> None:
    with pytest.raises(InvalidInput, match="target score"):
        recommended_additions(EXAMPLE, target_score=target)


def test_many_large_topics_take_no_time() -> None:
    rng = random.Random(7)
    counts = {f"t{i}": int(10 ** rng.uniform(0, 6)) for i in range(151)}
    weights = {topic: rng.uniform(0.01, 1) for topic in counts}
    caps = {topic: Cap(rng.choice([0, 10, 10_000]), "a cap") for topic in counts}
    started = time.process_time()
    for aims in (None, weights):
        assert score_after(counts, recommended_additions(counts, aims), aims) > 0.5
        assert least_additions(counts, aims) is not None
        assert recommended_additions(counts, aims, caps=caps)
    assert time.process_time() - started < 10


@pytest.mark.parametrize(
    ("records", "synthetic", "seeds", "described", "share", "limit"),
    [
        (15, 0, 15, False, 0.9, 135),
        (150, 135, 15, False, 0.9, 0),
        (200, 195, 5, True, 0.9, 0),
        (3, 0, 3, False, 0.5, 3),
        (3, 0, 3, True, 0.0, 0),
        (5, 5, 0, True, 0.9, MAX_PER_ITEM),
        (0, 0, 0, True, 0.9, MAX_PER_ITEM),
        (0, 0, 0, False, 0.9, 0),
        (20, 0, 0, False, 0.9, 0),
        (15, 0, 15, False, 1.0, MAX_PER_ITEM),
        (50_000, 0, 15, False, 0.9, MAX_PER_ITEM),
    ],
)
def test_the_cap_of_a_topic(
    records: int, synthetic: int, seeds: int, described: bool, share: float, limit: int
) -> None:
    cap = topic_cap(
        records=records,
        synthetic=synthetic,
        usable_seeds=seeds,
        has_description=described,
        max_synthetic_share=share,
    )
    assert cap.limit == limit
    assert cap.reason
