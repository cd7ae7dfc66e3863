"""Plans: estimated, refused before anybody approves, answered once, for one version of the dataset."""

from __future__ import annotations

import pytest
from finetune_coverage.tools.analyze_coverage import analyze, analyze_coverage, recommend_for
from finetune_coverage.tools.coverage.recommendation import PlanItem
from finetune_coverage.tools.errors import InvalidInput
from finetune_coverage.tools.generation.approvals.approval import approval_of, approve_plan
from finetune_coverage.tools.generation.approvals.plans import (
    cancel_plan,
    decline_plan,
    get_plan,
    list_plans,
    pending_plan,
    propose_plan,
)
from finetune_coverage.tools.generation.money.estimate import check_items, estimate_plan
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.store.records import load_records

from .test_engine import TOPIC, WORKFLOW


async def test_a_strategy_that_cannot_work_is_refused_before_anybody_approves(services: Services) -> None:
    from finetune_coverage.tools.store.workflows import TopicInfo, list_topics, set_topics

    topics = [*list_topics(services.store, WORKFLOW), TopicInfo("shipping")]
    set_topics(services.store, WORKFLOW, topics)
    with pytest.raises(InvalidInput, match="message_variation cannot be used for 'shipping'"):
        check_items(services, WORKFLOW, [PlanItem(topic="shipping", count=3, strategy="message_variation")])


def test_an_estimate_counts_calls_and_tokens(services: Services) -> None:
    small = estimate_plan(services, WORKFLOW, [PlanItem(topic=TOPIC, count=3, strategy="message_variation")])
    large = estimate_plan(services, WORKFLOW, [PlanItem(topic=TOPIC, count=30, strategy="message_variation")])
    assert small.calls == 15 and large.calls == 150  # two requests an attempt, of which 40 in 100 pass
    assert 9 < large.tokens / small.tokens < 11
    assert large.usd == 0.0


def test_plans_are_answered_once(services: Services) -> None:
    item = PlanItem(topic=TOPIC, count=3, strategy="few_shot")
    first = propose_plan(services.store, WORKFLOW, [item], thread_id="t")
    second = propose_plan(services.store, WORKFLOW, [item], thread_id="t")
    assert get_plan(services.store, first.id).status == "cancelled"
    assert pending_plan(services.store, "t", WORKFLOW) == second
    with pytest.raises(InvalidInput, match="cancelled"):
        approve_plan(services.store, first.id, approver="a", channel="test")
    approval = approve_plan(services.store, second.id, approver="a", channel="test")
    assert approval_of(services.store, second.id) == approval
    with pytest.raises(InvalidInput, match="approved"):
        approve_plan(services.store, second.id, approver="b", channel="test")
    third = propose_plan(services.store, WORKFLOW, [item], thread_id="t")
    decline_plan(services.store, third.id)
    cancel_plan(services.store, second.id)
    assert [plan.status for plan in list_plans(services.store, WORKFLOW)] == [
        "declined",
        "approved",
        "cancelled",
    ]


def test_a_plan_for_another_version_of_the_dataset_is_not_approved(services: Services) -> None:
    from finetune_coverage.tools.store.records import set_status

    plan = propose_plan(services.store, WORKFLOW, [PlanItem(topic=TOPIC, count=3, strategy="few_shot")])
    some = next(load_records(services.store, WORKFLOW)).id
    set_status(services.store, WORKFLOW, [some], "rejected")
    with pytest.raises(InvalidInput, match="changed"):
        approve_plan(services.store, plan.id, approver="a", channel="test")


def test_the_worked_example(services: Services) -> None:
    coverage = analyze_coverage(services, WORKFLOW)["coverage"]
    assert coverage["balance_score"] == 0.45
    assert coverage["total_records"] == 150
    assert coverage["topic_distribution"] == {
        "billing_questions": 45,
        "technical_issues": 15,
        "account_management": 90,
    }
    assert coverage["under_represented"] == ["technical_issues"]
    assert coverage["recommendations"][0] == "Generate 30+ records for 'technical_issues' to improve balance"
    advice = recommend_for(services, WORKFLOW, analyze(services, WORKFLOW))
    assert advice.action == "generate_synthetic_data"
    assert advice.worst_topic is not None
    assert advice.worst_topic.items == [PlanItem(topic=TOPIC, count=30, strategy="message_variation")]
    assert round(advice.worst_topic.predicted_score or 0, 2) == 0.72
