"""What a job's records are worth and bring, measured when it ends, beside what is told of it afterwards."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.tools.analyze_coverage import analyze
from finetune_coverage.tools.coverage.recommendation import PlanItem
from finetune_coverage.tools.generate_synthetic_data import run_approved_item
from finetune_coverage.tools.generation.approvals.approval import approve_plan
from finetune_coverage.tools.generation.approvals.plans import propose_plan
from finetune_coverage.tools.generation.checks.check_settings import CheckSettings
from finetune_coverage.tools.generation.jobs import job as job_module
from finetune_coverage.tools.generation.jobs.ledger import Job
from finetune_coverage.tools.generation.jobs.measured import Measured, measure_job
from finetune_coverage.tools.inspection.rounds import inspect_rounds
from finetune_coverage.tools.models.minilm import MiniLMEmbeddings
from finetune_coverage.tools.models.scripted import ScriptedChatModel
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.settings import Settings
from finetune_coverage.tools.store.records import NewRecord, insert_records, load_records, set_status
from finetune_coverage.tools.store.workflows import create_workflow

from .full_records import LANGUAGES, parcels, written
from .test_engine import WORKFLOW, good_answers

pytestmark = pytest.mark.slow

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


def test_only_what_the_job_added_is_embedded_at_its_end(
    services: Services, model: ScriptedChatModel, approved: Approve, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedded: list[str] = []
    embed = MiniLMEmbeddings.embed_documents

    def counting(self: MiniLMEmbeddings, texts: list[str]) -> list[list[float]]:
        embedded.extend(texts)
        return embed(self, texts)

    def measuring(services: Services, job: Job) -> Measured:
        monkeypatch.setattr(MiniLMEmbeddings, "embed_documents", counting)
        return measure_job(services, job)

    monkeypatch.setattr(job_module, "measure_job", measuring)
    model.queue.extend(good_answers())
    assert generated(services, approved, 8)["worth"] > 0
    assert len(embedded) == 8, "the topic and those around it have their vectors from the checks"


def test_without_vectors_nothing_is_measured(
    services: Services, model: ScriptedChatModel, approved: Approve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services.settings, "checks", CheckSettings(semantic=False))
    model.queue.extend(good_answers())
    generation = generated(services, approved, 8)
    assert (generation["worth"], generation["uplift"]) == (None, None)
    assert analyze(services, WORKFLOW).effective_score == generation["coverage_after"]["balance_score"]


def test_varied_messages_are_measured_in_the_model_of_their_language(tmp_path: Path) -> None:
    """At first they were embedded by the model for English, whose vectors have another length."""
    language, model = LANGUAGES["ko"], ScriptedChatModel([])
    settings = Settings(home=tmp_path / "home", max_concurrency=1, model="embedded", model_profile="full")
    services = Services(settings, make_chat_model=lambda _: model)
    create_workflow(services.store, WORKFLOW)
    with services.store.write() as connection:
        insert_records(connection, WORKFLOW, [NewRecord(one) for one in parcels("ko")])
    plan = propose_plan(
        services.store, WORKFLOW, [PlanItem(topic="parcels", count=1, strategy="message_variation")]
    )
    approval = approve_plan(services.store, plan.id, approver="tester", channel="test").id
    model.default = lambda _: json.dumps({"turn": 3, "messages": written(language, calls=False)})
    result = asyncio.run(run_approved_item(services, approval, 0))
    assert result["generation"]["accepted"] == 1, result
    assert result["generation"]["worth"] is not None


def test_without_synthetic_records_the_effective_score_is_the_score(services: Services) -> None:
    coverage = analyze(services, WORKFLOW)
    assert coverage.effective_score == coverage.balance_score
    assert {topic.worth for topic in coverage.topics} == {0.0}
