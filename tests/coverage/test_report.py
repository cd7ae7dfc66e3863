"""The coverage report: the contract on the worked example, and all that stays out of the score."""

from __future__ import annotations

import pytest
from finetune_coverage.tools.coverage.report import Coverage, build_coverage
from finetune_coverage.tools.errors import InvalidInput
from finetune_coverage.tools.store.records import TopicCount
from finetune_coverage.tools.store.workflows import TopicInfo


def count(topic: str | None, records: int, *, synthetic: int = 0, usable: int | None = None) -> TopicCount:
    return TopicCount(topic, records, synthetic, 0, 0, records - synthetic if usable is None else usable)


EXAMPLE = [count("billing_questions", 45), count("technical_issues", 15), count("account_management", 90)]


def test_the_contract_on_the_worked_example() -> None:
    coverage = build_coverage(EXAMPLE, [])
    document = coverage.model_dump(mode="json")
    assert document["balance_score"] == 0.45
    assert document["total_records"] == 150
    assert document["topic_distribution"] == {
        "billing_questions": 45,
        "technical_issues": 15,
        "account_management": 90,
    }
    assert document["under_represented"] == ["technical_issues"]
    assert document["recommendations"][0] == "Generate 30+ records for 'technical_issues' to improve balance"
    assert document["status"] == "poor"
    assert document["uncategorized"] == 0
    assert document["below_minimum"] == ["technical_issues", "billing_questions", "account_management"]
    assert document["capped"] == {}
    assert document["effective_score"] == 0.45
    assert document["topics"][1] == {
        "name": "technical_issues",
        "records": 15,
        "synthetic": 0,
        "worth": 0.0,
        "share": 0.1,
        "target": pytest.approx(1 / 3),
        "representation": 0.3,
        "under_represented": True,
        "below_minimum": True,
    }
    assert Coverage.model_validate(document) == coverage


def test_a_topic_at_its_ceiling_needs_nothing() -> None:
    for most, added, under, below in ((20, 5, ["technical_issues"], 3), (15, 0, [], 2), (10, 0, [], 2)):
        coverage = build_coverage(EXAMPLE, [TopicInfo("technical_issues", most=most)])
        topic = coverage.topics[0]
        assert (topic.name, topic.most, topic.under_represented) == ("technical_issues", most, bool(under))
        assert (coverage.under_represented, len(coverage.below_minimum)) == (under, below)
        assert coverage.balance_score == 0.45
        assert coverage.additions.get("technical_issues", 0) == added
        assert coverage.capped["technical_issues"] == f"at most {most} records of it are wanted"
        assert Coverage.model_validate(coverage.model_dump(mode="json")) == coverage


def test_after_generation() -> None:
    counts = [*EXAMPLE[:1], count("technical_issues", 45, synthetic=30), EXAMPLE[2]]
    coverage = build_coverage(counts, [])
    assert (coverage.balance_score, coverage.status) == (0.72, "good")
    assert coverage.under_represented == []
    assert coverage.additions == {}
    assert coverage.recommendations == [
        "The balance is good (0.72): you can proceed to the grader configuration",
        "3 topics have fewer than 100 records: 'billing_questions' (45), 'technical_issues' (45) "
        "and 'account_management' (90)",
    ]
    assert coverage.topics[1].synthetic == 30
    assert coverage.effective_score == 0.72


def test_the_effective_score_is_that_of_real_records_and_worths() -> None:
    counts = [*EXAMPLE[:1], count("technical_issues", 45, synthetic=30), EXAMPLE[2]]
    coverage = build_coverage(counts, [], worths={"technical_issues": 9.0})
    as_if = build_coverage([EXAMPLE[0], count("technical_issues", 24), EXAMPLE[2]], [])
    assert coverage.effective_score == as_if.balance_score != coverage.balance_score == 0.72
    assert coverage.topics[1].worth == 9.0
    nothing = build_coverage(counts, [], worths={"technical_issues": 0.0})
    assert nothing.effective_score == build_coverage(EXAMPLE, []).balance_score


def test_records_without_a_topic_count_in_the_total_only() -> None:
    coverage = build_coverage([*EXAMPLE, count(None, 50)], [])
    assert coverage.total_records == 200
    assert coverage.uncategorized == 50
    assert coverage.balance_score == 0.45
    assert sum(coverage.topic_distribution.values()) == 150
    assert coverage.topics[1].share == 0.075
    assert coverage.topics[1].representation == pytest.approx(0.3)
    assert any("50 records without a topic" in sentence for sentence in coverage.recommendations)


def test_topics_without_a_target_stay_out_once_there_are_targets() -> None:
    topics = [TopicInfo("b", weight=1.0), TopicInfo("a", weight=2.0), TopicInfo("declared only")]
    coverage = build_coverage([count("a", 20), count("x", 500), count("b", 10)], topics)
    assert list(coverage.topic_distribution) == ["b", "a", "declared only", "x"]
    assert coverage.untargeted == {"declared only": 0, "x": 500}
    assert coverage.scored_counts == {"b": 10, "a": 20}
    assert coverage.balance_score == 1.0
    assert coverage.total_records == 530
    assert coverage.below_minimum == ["b", "a"]
    assert [topic.target for topic in coverage.topics] == [
        pytest.approx(1 / 3),
        pytest.approx(2 / 3),
        None,
        None,
    ]
    assert any("'x' (500)" in sentence for sentence in coverage.recommendations)


def test_declared_topics_without_records_count_as_zero_and_branches_do_not() -> None:
    topics = [
        TopicInfo("root"),
        TopicInfo("a", parent="root"),
        TopicInfo("b", parent="root"),
        TopicInfo("mixed"),
        TopicInfo("c", parent="mixed"),
    ]
    coverage = build_coverage([count("a", 10), count("mixed", 10)], topics)
    assert coverage.topic_distribution == {"a": 10, "b": 0, "mixed": 10, "c": 0}
    assert coverage.under_represented == ["b", "c"]
    assert coverage.balance_score is not None and coverage.balance_score < 2 / 3


def test_says_which_cap_bound() -> None:
    counts = [count("a", 400), count("b", 400), count("c", 10), count("d", 3, usable=0)]
    coverage = build_coverage(counts, [], max_synthetic_share=0.5)
    assert coverage.additions == {"c": 10}
    assert coverage.capped == {
        "c": "at most 50% of a topic may be synthetic",
        "d": "none of its records has a reply to learn from, and nothing describes it",
    }
    described = build_coverage(counts, [TopicInfo("d", description="About d")], max_synthetic_share=0.5)
    assert described.additions == {"d": 3, "c": 10}


def test_the_status_is_that_of_the_exact_score() -> None:
    # For two topics, S = 4/3 · b·a / (a² + b²) + 1/3 · b/a crosses 0.5 between these two.
    below = build_coverage([count("a", 100_000), count("b", 32_479)], [])
    above = build_coverage([count("a", 100_000), count("b", 32_480)], [])
    assert below.balance_score_exact is not None and above.balance_score_exact is not None
    assert 0.4999 < below.balance_score_exact < 0.5 <= above.balance_score_exact
    assert (below.balance_score, below.status) == (0.49, "poor")
    assert (above.balance_score, above.status) == (0.5, "good")


@pytest.mark.parametrize("counts", [[], [count(None, 7)], [count("only", 7)]])
def test_no_score_is_none_and_says_why(counts: list[TopicCount]) -> None:
    coverage = build_coverage(counts, [])
    assert coverage.balance_score is None
    assert coverage.balance_score_exact is None
    assert coverage.status is None
    assert coverage.additions == {}
    assert "fewer than two topics" in coverage.recommendations[0]


def test_a_dataset_with_topics_only_starts_with_the_minimum() -> None:
    topics = [TopicInfo("a", description="About a"), TopicInfo("b", description="About b"), TopicInfo("c")]
    coverage = build_coverage([], topics, minimum_per_topic=50)
    assert coverage.balance_score is None
    assert coverage.additions == {"a": 50, "b": 50}
    assert list(coverage.capped) == ["c"]
    assert "no record has one of the topics" in coverage.recommendations[-2]


def test_long_lists_are_shortened() -> None:
    coverage = build_coverage([count(f"t{i:03}", 7) for i in range(151)], [])
    assert coverage.balance_score == 1.0
    assert coverage.recommendations[-1].endswith("and 146 more")


def test_a_bad_weight_is_refused_by_name() -> None:
    with pytest.raises(InvalidInput, match="'a'"):
        build_coverage(EXAMPLE, [TopicInfo("a", weight=0.0)])
