"""Scores before and after, compared and shown; topics that come nearer to their target share or go from it."""

from __future__ import annotations

import pytest
from finetune_coverage.tools.coverage.plans import PlanItem
from finetune_coverage.tools.coverage.report import Coverage, build_coverage
from finetune_coverage.tools.coverage.score_change import ScoreChange, effect_on_score, moves_to_target
from finetune_coverage.tools.store.records import TopicCount
from finetune_coverage.tools.store.workflows import TopicInfo
from hypothesis import given
from hypothesis import strategies as st

SCORES = st.none() | st.integers(0, 10**12).map(lambda part: part / 10**12)


def coverage(counts: dict[str, int], weights: dict[str, float] | None = None) -> Coverage:
    return build_coverage(
        [TopicCount(topic, records, 0, 0, 0, records) for topic, records in counts.items()],
        [TopicInfo(topic, weight=weight) for topic, weight in (weights or {}).items()],
    )


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        (0.4474, 0.7222, "0.45 → 0.72"),
        (0.4102, 0.4131, "0.410 → 0.413"),
        (0.41, 0.41, "0.41 → 0.41"),
        (0.5, 0.4999, "0.50 → 0.49"),  # never shown in a better status
        (None, 0.3, "none → 0.30"),
        (None, None, "none → none"),
    ],
)
def test_how_it_is_shown(before: float | None, after: float | None, shown: str) -> None:
    assert str(ScoreChange(before, after)) == shown


@given(SCORES, SCORES)
def test_what_differs_is_shown_to_differ(before: float | None, after: float | None) -> None:
    change = ScoreChange(before, after)
    assert (change.shown[0] != change.shown[1]) == (before != after)
    assert not (change.improves and change.lowers)


def test_topics_that_grow_may_lose_share() -> None:
    before = {"a": 24, "b": 8, "c": 24, "d": 0}
    moved = moves_to_target(coverage(before), coverage(before | {"a": 54, "b": 9, "d": 3}))
    assert moved == {"a": -1, "b": -1, "c": 1, "d": 1}
    same = coverage(before)
    assert moves_to_target(same, same) == dict.fromkeys("abcd", 0)


def test_it_is_the_target_that_counts_and_not_the_number() -> None:
    weights = {"a": 3.0, "b": 1.0}
    before, after = coverage({"a": 20, "b": 20}, weights), coverage({"a": 60, "b": 20}, weights)
    assert moves_to_target(before, after) == {"a": 1, "b": 1}
    assert moves_to_target(after, before) == {"a": -1, "b": -1}


def test_topics_without_a_target_do_not_change_the_score() -> None:
    now = coverage({"a": 20, "b": 10, "stray": 5}, {"a": 1.0, "b": 1.0})
    change = effect_on_score(now, [PlanItem(topic="stray", count=50, strategy="few_shot")])
    assert change.before == change.after == now.balance_score_exact
    assert effect_on_score(now, [PlanItem(topic="a", count=5, strategy="few_shot")]).lowers
    twice = [PlanItem(topic="b", count=5, strategy=name) for name in ("few_shot", "topic_description")]
    assert effect_on_score(now, twice).after == 1.0
