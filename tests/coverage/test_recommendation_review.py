"""What calls for a person: doubtful and missing labels, topics with nothing to write from."""

from __future__ import annotations

import pytest
from finetune_coverage.tools.coverage.recommendation import (
    PlanItem,
    ReviewNeed,
)
from finetune_coverage.tools.store.records import TopicCount
from finetune_coverage.tools.store.workflows import TopicInfo

from .test_recommendation import EXAMPLE, count, counts_in, decide


def test_many_uncategorized_records_call_for_review_whatever_the_score() -> None:
    for counts in (EXAMPLE, [count("a", 50), count("b", 50)]):
        few = decide([*counts, count(None, 20)])
        assert few.action != "manual_review"
        assert "20 records" in few.review[0].reason
        many = decide([*counts, count(None, 100)])
        assert many.action == "manual_review"
        assert "have no topic" in many.reason
    assert counts_in(decide([*EXAMPLE, count(None, 100)]).all_under_represented) == {"technical_issues": 30}


@pytest.mark.parametrize("counts", [[], [count("only", 50)]])
def test_fewer_than_two_topics_call_for_review(counts: list[TopicCount]) -> None:
    decision = decide(counts)
    assert decision.action == "manual_review"
    assert "at least two topics" in decision.reason
    assert decision.alternatives == []


def test_doubtful_labels_where_records_would_be_made_call_for_review() -> None:
    suspects = ReviewNeed(topic="technical_issues", reason="4 of 15", record_ids=["1", "2", "3", "4"])
    decision = decide(EXAMPLE, review=[suspects])
    assert decision.action == "manual_review"
    assert "4 of 15 records of 'technical_issues'" in decision.reason
    assert suspects in decision.review
    assert counts_in(decision.worst_topic) == {"technical_issues": 30}


def test_a_few_doubtful_labels_are_listed_and_do_not_stop_generation() -> None:
    reviews = [
        ReviewNeed(topic="technical_issues", reason="3 of 15", record_ids=["1", "2", "3"]),
        ReviewNeed(topic="billing_questions", reason="40 of 45", record_ids=[str(i) for i in range(40)]),
        ReviewNeed(topic=None, reason="Too little data to judge"),
    ]
    decision = decide(EXAMPLE, review=reviews)
    assert decision.action == "generate_synthetic_data"
    assert decision.review == reviews


def test_nothing_to_generate_from_calls_for_review() -> None:
    decision = decide([count("a", 90), count("b", 5, usable=0)])
    assert decision.action == "manual_review"
    assert decision.all_under_represented is None
    assert "none of its records has a reply to learn from, and nothing describes it" in decision.reason
    assert [need.topic for need in decision.review] == ["b"]


def test_a_stuck_topic_is_listed_while_the_others_are_filled() -> None:
    decision = decide([count("a", 100), count("b", 90), count("c", 10), count("d", 4, usable=0)])
    assert decision.action == "generate_synthetic_data"
    assert "d" not in counts_in(decision.all_under_represented)
    assert [need.topic for need in decision.review] == ["d"]
    assert "Held down for 'd'" in decision.reason


def test_topics_with_a_description_are_not_sent_to_review() -> None:
    decision = decide([count("a", 100), count("b", 100)], [TopicInfo("new", description="About new things")])
    assert decision.action == "generate_synthetic_data"
    assert decision.review == []
    assert decision.worst_topic is not None
    assert decision.worst_topic.items == [PlanItem(topic="new", count=100, strategy="topic_description")]
    assert "'new' has no records" in decision.reason
