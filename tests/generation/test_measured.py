"""What a job's records are worth and bring, measured when it ends, beside what is told of it afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from finetune_coverage.tools.analyze_coverage import analyze
from finetune_coverage.tools.generate_synthetic_data import run_approved_item
from finetune_coverage.tools.inspection.rounds import inspect_rounds
from finetune_coverage.tools.models.scripted import ScriptedChatModel
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.store.records import load_records, set_status

from .test_engine import WORKFLOW, good_answers

TOPIC = "technical_issues"
Approve = Callable[..., tuple[str, int]]


def generated(services: Services, approved: Approve, count: int) -> dict[str, Any]:
    result = asyncio.run(run_approved_item(services, *approved(TOPIC, count, "topic_description")))
    assert result["success"], result
    generation: dict[str, Any] = result["generation"]
    return generation


def test_a_job_tells_what_its_records_are_worth_and_bring(
    services: Services, model: ScriptedChatModel, approved: Approve
) -> None:
    model.queue.extend(good_answers())
    generation = generated(services, approved, 8)
    worths = {
        r.id: (r.provenance or {})["worth"]
        for r in load_records(services.store, WORKFLOW, origin="synthetic")
    }
    assert 4 < generation["worth"] <= 8 and abs(sum(worths.values()) - generation["worth"]) < 0.1
    assert generation["uplift"]["low"] < generation["uplift"]["f1"] < generation["uplift"]["high"]

    coverage = analyze(services, WORKFLOW)
    topic = next(topic for topic in coverage.topics if topic.name == TOPIC)
    assert topic.worth == generation["worth"] and topic.synthetic == 8
    before = generation["coverage_before"]["balance_score_exact"]
    assert before <= coverage.effective_score <= coverage.balance_score
    (item,) = inspect_rounds(services, WORKFLOW).shown[0].items
    assert item.worth == generation["worth"]

    set_status(services.store, WORKFLOW, list(worths), "rejected")
    assert analyze(services, WORKFLOW).effective_score == round(before, 2)


def test_without_synthetic_records_the_effective_score_is_the_score(services: Services) -> None:
    coverage = analyze(services, WORKFLOW)
    assert coverage.effective_score == coverage.balance_score
    assert {topic.worth for topic in coverage.topics} == {0.0}
