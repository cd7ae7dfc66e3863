"""Proceed, generate or review: what is recommended, with which plans, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from finetune_coverage.tools.coverage.recommendation import (
    PlanItem,
    PlanOption,
    Recommendation,
    ReviewNeed,
    recommend,
)
from finetune_coverage.tools.coverage.report import build_coverage
from finetune_coverage.tools.coverage.strategy_choice import profile_topics
from finetune_coverage.tools.store.records import TopicCount
from finetune_coverage.tools.store.workflows import TopicInfo
from pydantic import ValidationError


@dataclass(frozen=True)
class Wanted:
    target_score: float = 0.5
    minimum_per_topic: int = 100
    max_synthetic_share: float = 0.9


def count(topic: str | None, records: int, *, usable: int | None = None, multi_turn: int = 0) -> TopicCount:
    return TopicCount(topic, records, 0, multi_turn, 0, records if usable is None else usable)


def decide(
    counts: Sequence[TopicCount],
    topics: Sequence[TopicInfo] = (),
    *,
    review: Sequence[ReviewNeed] = (),
    wanted: Wanted | None = None,
    focus: Sequence[str] | None = None,
    failed: bool = False,
) -> Recommendation:
    wanted = wanted or Wanted()
    coverage = build_coverage(
        counts,
        topics,
        target_score=wanted.target_score,
        minimum_per_topic=wanted.minimum_per_topic,
        max_synthetic_share=wanted.max_synthetic_share,
    )
    profiles = profile_topics(counts, topics)
    return recommend(coverage, profiles, list(review), wanted, focus_topics=focus, focus_failed=failed)


def counts_in(option: PlanOption | None) -> dict[str, int]:
    return {item.topic: item.count for item in option.items} if option else {}


EXAMPLE = [
    count("billing_questions", 45, multi_turn=40),
    count("technical_issues", 15, multi_turn=12),
    count("account_management", 90, multi_turn=80),
]


def test_the_worked_example() -> None:
    decision = decide(EXAMPLE)
    assert decision.action == "generate_synthetic_data"
    plan = decision.worst_topic
    assert plan is not None
    assert plan.items == [PlanItem(topic="technical_issues", count=30, strategy="message_variation")]
    assert plan.predicted_score == pytest.approx(13 / 18)
    assert decision.all_under_represented is not None
    assert decision.all_under_represented.items == plan.items
    assert [counts_in(option) for option in decision.alternatives] == [
        {"technical_issues": 5},
        {"technical_issues": 85, "billing_questions": 55, "account_management": 10},
    ]
    assert decision.alternatives[1].predicted_score == 1.0
    assert decision.review == []
    for part in ("0.45 (poor)", "'technical_issues' has only 15 records (10%", "30 records", "0.72"):
        assert part in decision.reason
    assert "Message Variation" in decision.reason
    assert "12 of its 15 records" in decision.reason


def test_proceeds_above_the_target_and_offers_more() -> None:
    decision = decide([count("a", 45), count("b", 45), count("c", 90)])
    assert decision.action == "proceed_to_grader"
    assert decision.worst_topic is None
    assert decision.all_under_represented is None
    assert "0.72" in decision.reason and "3 topics below 100" in decision.reason
    excellent, minimum = decision.alternatives
    assert excellent.predicted_score is not None and excellent.predicted_score >= 0.8
    assert set(counts_in(excellent)) == {"a", "b"}
    assert counts_in(minimum) == {"a": 55, "b": 55, "c": 10}


def test_an_excellent_and_large_dataset_needs_nothing() -> None:
    decision = decide([count("a", 200), count("b", 200)])
    assert decision.action == "proceed_to_grader"
    assert (decision.worst_topic, decision.all_under_represented, decision.alternatives) == (None, None, [])


def test_names_topics_even_when_none_is_under_represented() -> None:
    decision = decide([count("big", 110), *(count(f"t{i}", 10) for i in range(9))])
    assert decision.action == "generate_synthetic_data"
    assert counts_in(decision.worst_topic) == {"t0": 17}
    assert counts_in(decision.all_under_represented) == {f"t{i}": 17 for i in range(9)}
    assert decision.worst_topic is not None and decision.worst_topic.predicted_score is not None
    assert decision.worst_topic.predicted_score < 0.5
    assert "9 topics" in decision.reason


def test_exactly_at_the_target_is_not_above_it() -> None:
    # E = 4/5 and M = 1/2: S is exactly 0.7.
    decision = decide([count("a", 200), count("b", 100)], wanted=Wanted(target_score=0.7))
    assert decision.action == "generate_synthetic_data"
    assert "0.70 (good)" in decision.reason
    assert counts_in(decision.all_under_represented) == {"b": 1}


def test_a_dataset_with_described_topics_only_starts_with_the_minimum() -> None:
    topics = [TopicInfo("a", description="About a"), TopicInfo("b", description="About b")]
    decision = decide([], topics)
    assert decision.action == "generate_synthetic_data"
    assert counts_in(decision.all_under_represented) == {"a": 100, "b": 100}
    assert decision.all_under_represented is not None
    assert decision.all_under_represented.predicted_score == 1.0


def test_keeps_to_the_topics_asked_for() -> None:
    counts = [count("a", 100), count("b", 100), count("c", 10), count("d", 10)]
    focused = decide(counts, focus=["d"]).all_under_represented
    assert set(counts_in(focused)) == {"d"}
    assert focused is not None and focused.predicted_score is not None and focused.predicted_score > 0.5
    assert set(counts_in(decide(counts).all_under_represented)) == {"c", "d"}


def test_one_item_never_asks_for_more_than_a_plan_may_hold() -> None:
    decision = decide([count("a", 900_000), count("b", 800_000), count("c", 50_000)])
    assert counts_in(decision.all_under_represented) == {"c": 100_000}
    assert "one plan adds at most 100,000" in decision.reason


def test_untargeted_topics_are_offered_for_review() -> None:
    topics = [TopicInfo("a", weight=1.0), TopicInfo("b", weight=1.0)]
    decision = decide([count("a", 100), count("b", 100), count("stray", 30)], topics)
    assert decision.action == "proceed_to_grader"
    assert "'stray' (30)" in decision.review[0].reason


def test_settings_decide() -> None:
    assert decide(EXAMPLE, wanted=Wanted(target_score=0.4)).action == "proceed_to_grader"
    high = decide([count("a", 45), count("b", 45), count("c", 90)], wanted=Wanted(target_score=0.9))
    assert high.action == "generate_synthetic_data"
    assert high.all_under_represented is not None
    assert high.all_under_represented.predicted_score is not None
    assert high.all_under_represented.predicted_score > 0.9


@pytest.mark.parametrize("number", [0, -1, 100_001])
def test_items_ask_for_a_sensible_number(number: int) -> None:
    with pytest.raises(ValidationError):
        PlanItem(topic="a", count=number, strategy="few_shot")


def test_topics_that_failed_a_dry_run_get_records_at_a_good_score_too() -> None:
    counts = [count("a", 120, multi_turn=90), count("b", 90, multi_turn=80), count("c", 140, multi_turn=99)]
    assert decide(counts, focus=["b", "a"]).action == "proceed_to_grader"
    failed = decide(counts, focus=["b", "a"], failed=True)
    assert failed.action == "generate_synthetic_data" and failed.is_for_focus
    # "b" is brought to the minimum of 100, "a", which has it, to the size of the largest.
    assert counts_in(failed.all_under_represented) == {"b": 10, "a": 20}
    assert counts_in(failed.worst_topic) == {"b": 10}
    assert "'b' (90) and 'a' (120)" in failed.reason and "30 records" in failed.reason


def test_the_largest_topic_lacks_something_else_than_records() -> None:
    counts = [count("a", 120, multi_turn=90), count("b", 110, multi_turn=80)]
    failed = decide(counts, focus=["a"], failed=True)
    assert failed.action == "manual_review" and failed.all_under_represented is None
    assert "look at their records first" in failed.reason


def test_at_a_poor_score_failed_topics_get_what_the_balance_needs() -> None:
    failed = decide(EXAMPLE, focus=["technical_issues"], failed=True)
    assert not failed.is_for_focus and counts_in(failed.worst_topic) == {"technical_issues": 30}
