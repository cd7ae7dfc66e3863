"""The cheapest plans beside the recommendation: which goals, at what size, and what is out of reach."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from finetune_coverage.tools.coverage.balance import exact_score
from finetune_coverage.tools.coverage.frontier import Frontier, frontier, score_beside_goals
from finetune_coverage.tools.coverage.plans import Planner, caps_of
from finetune_coverage.tools.coverage.report import build_coverage
from finetune_coverage.tools.coverage.strategy_choice import profile_topics
from finetune_coverage.tools.store.records import TopicCount
from finetune_coverage.tools.store.workflows import TopicInfo


@dataclass(frozen=True)
class Wanted:
    target_score: float = 0.5
    minimum_per_topic: int = 100
    max_synthetic_share: float = 0.9


def plans(
    sizes: dict[str, int],
    wanted: Wanted | None = None,
    weights: dict[str, float] | None = None,
    *,
    usable: bool = True,
) -> Frontier:
    wanted = wanted or Wanted()
    counts = [TopicCount(topic, n, 0, 0, 0, n if usable else 0) for topic, n in sizes.items()]
    infos = [TopicInfo(topic, weight=weight) for topic, weight in (weights or {}).items()]
    coverage = build_coverage(
        counts,
        infos,
        target_score=wanted.target_score,
        minimum_per_topic=wanted.minimum_per_topic,
        max_synthetic_share=wanted.max_synthetic_share,
    )
    profiles = profile_topics(counts, infos)
    return frontier(Planner(coverage, profiles), caps_of(coverage, profiles, wanted, None), wanted)


def added(found: Frontier) -> dict[str, dict[str, int]]:
    return {plan.goal: {item.topic: item.count for item in plan.items} for plan in found.plans}


EXAMPLE = {"billing_questions": 45, "technical_issues": 15, "account_management": 90}


def test_the_worked_example() -> None:
    found = plans(EXAMPLE)
    assert [plan.goal for plan in found.plans] == ["target", "excellent", "minimum"]
    assert added(found) == {
        "target": {"technical_issues": 5},
        "excellent": {"technical_issues": 39, "billing_questions": 9},
        "minimum": {"technical_issues": 85, "billing_questions": 55, "account_management": 10},
    }
    assert [plan.records for plan in found.plans] == [5, 48, 150]
    assert [plan.label for plan in found.plans] == [
        "Cheapest to good (above 0.5)",
        "Cheapest to excellent (0.8 or more)",
        "All topics at 100 records or more",
    ]
    scores = [plan.predicted_score for plan in found.plans]
    assert scores == pytest.approx([0.5016275182545966, 0.8046511627906977, 1.0])
    assert found.unreachable == []


@pytest.mark.parametrize(
    ("score", "shown"),
    [(0.50021, "0.5002"), (0.5, "0.50"), (0.7962, "0.7962"), (0.8, "0.80"), (0.722, "0.72"), (None, "none")],
)
def test_a_score_shows_on_which_side_of_a_goal_it_lies(score: float | None, shown: str) -> None:
    assert score_beside_goals(score) == shown


def test_only_goals_that_are_not_met() -> None:
    assert list(added(plans({"a": 200, "b": 110, "c": 100}))) == ["excellent"]
    assert added(plans({"a": 95, "b": 90})) == {"minimum": {"a": 5, "b": 10}}
    assert plans({"a": 200, "b": 200}) == Frontier()
    assert plans({"a": 200}) == Frontier()
    assert plans({}) == Frontier()


def test_a_plan_that_serves_two_goals_is_named_once() -> None:
    found = plans({"a": 100, "b": 20}, Wanted(minimum_per_topic=56))
    assert added(found)["target"] == {"b": 13}
    two = plans({"a": 100, "b": 20}, Wanted(minimum_per_topic=33))
    assert added(two)["target"] == {"b": 13}
    assert two.plans[0].also == ["minimum"]
    assert two.plans[0].label == "Cheapest to good (above 0.5); all topics at 33 records or more"


def test_the_minimum_never_costs_the_score() -> None:
    # 20 for each topic alone would do; the target asks for more of the small one.
    found = plans({"a": 900, "b": 10, "c": 400}, Wanted(minimum_per_topic=20, max_synthetic_share=1.0))
    minimum = next(plan for plan in found.plans if plan.goal == "minimum" or "minimum" in plan.also)
    assert minimum.predicted_score is not None and minimum.predicted_score > 0.5


def test_another_target_score_has_its_own_name() -> None:
    other = plans(EXAMPLE, Wanted(target_score=0.65))
    assert other.plans[0].label == "Cheapest to above 0.65"
    high = plans(EXAMPLE, Wanted(target_score=0.9))
    assert list(added(high)) == ["target", "minimum"], "excellent lies below the target"


def test_weights_count() -> None:
    sizes, weights = {"a": 60, "b": 30, "c": 1}, {"a": 2.0, "b": 1.0, "c": 6.0}
    cheapest = added(plans(sizes, Wanted(max_synthetic_share=1.0), weights))["target"]
    assert set(cheapest) == {"c"}
    for number, is_enough in ((cheapest["c"], True), (cheapest["c"] - 1, False)):
        score = exact_score({**sizes, "c": 1 + number}, weights)
        assert score is not None and (score > 0.5) == is_enough


def test_says_what_is_out_of_reach() -> None:
    held = plans({"a": 400, "b": 30, "c": 20}, Wanted(max_synthetic_share=0.5, minimum_per_topic=35))
    assert "target" not in added(held)
    assert held.unreachable == [
        "Good (above 0.5): out of reach, since limits hold topics down.",
        "Excellent (0.8 or more): out of reach, since limits hold topics down.",
    ]
    assert added(held)["minimum"] == {"b": 5, "c": 15}
    towards = plans({"a": 400, "b": 4, "c": 300}, Wanted(max_synthetic_share=0.5))
    assert "limits leave 1 of them short" in towards.plans[-1].label
    nothing = plans(EXAMPLE, usable=False)
    assert nothing.plans == []
    assert len(nothing.unreachable) == 3
