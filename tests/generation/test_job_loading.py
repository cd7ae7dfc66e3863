"""What a job remembers from its beginning, what its loading tells, and whose model it asks."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.tools.coverage.recommendation import PlanItem
from finetune_coverage.tools.generate_synthetic_data import run_approved_item
from finetune_coverage.tools.generation.approvals.approval import approve_plan
from finetune_coverage.tools.generation.approvals.plans import propose_plan
from finetune_coverage.tools.generation.jobs import notes as job_notes
from finetune_coverage.tools.generation.jobs.eval_set import PLANNED, described
from finetune_coverage.tools.generation.jobs.ledger import list_jobs
from finetune_coverage.tools.generation.jobs.progress import Progress
from finetune_coverage.tools.generation.money.estimate import estimate_plan
from finetune_coverage.tools.models.scripted import ScriptedChatModel
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.settings import Settings

from .test_engine import TOPIC, WORKFLOW, good_answers

pytestmark = pytest.mark.slow

Approve = Callable[..., tuple[str, int]]
ASKED = json.loads(next(good_answers()))["exchanges"][0]["user"]


@pytest.fixture
def eval_file(tmp_path: Path) -> Path:
    return changed(tmp_path / "eval.jsonl", ASKED)


def changed(path: Path, text: str) -> Path:
    path.write_text(json.dumps({"text": text}), encoding="utf-8")
    return path


@pytest.fixture
async def begun(
    services: Services, approved: Approve, model: ScriptedChatModel, eval_file: Path
) -> tuple[str, int]:
    """A job with an evaluation set whose endpoint failed at its first call."""
    item = approved(TOPIC, 1, "topic_description")
    services.settings.eval_set = eval_file
    model.queue.append(RuntimeError("the machine dies here"))
    assert not (await run_approved_item(services, *item))["success"]
    services.settings.eval_set = None
    supply = good_answers()
    model.default = lambda _: next(supply)
    return item


async def test_a_resumed_job_keeps_away_from_its_evaluation_set(
    services: Services, begun: tuple[str, int]
) -> None:
    generation = (await run_approved_item(services, *begun))["generation"]
    assert generation["accepted"] == 1
    assert generation["rejected"]["decontamination"] == 1


async def test_a_changed_evaluation_set_is_refused(
    services: Services, begun: tuple[str, int], eval_file: Path
) -> None:
    changed(eval_file, "Another question altogether, about the weather.")
    error = (await run_approved_item(services, *begun))["error"]
    assert error["code"] == "invalid_input"
    assert f"{eval_file} has changed" in error["message"]
    moved = changed(eval_file, ASKED).rename(eval_file.with_name("moved.jsonl"))
    error = (await run_approved_item(services, *begun))["error"]
    assert "cannot be read" in error["message"] and "--eval-set" in error["hint"]
    services.settings.eval_set = moved
    assert (await run_approved_item(services, *begun))["generation"]["rejected"]["decontamination"] == 1


async def test_another_evaluation_set_is_refused(
    services: Services, begun: tuple[str, int], tmp_path: Path
) -> None:
    services.settings.eval_set = changed(tmp_path / "other.jsonl", "How do I bake bread without an oven?")
    error = (await run_approved_item(services, *begun))["error"]
    assert "other.jsonl is not" in error["message"] and "eval.jsonl" in error["message"]


async def test_the_plans_evaluation_set_is_the_jobs(
    services: Services, model: ScriptedChatModel, eval_file: Path
) -> None:
    item = PlanItem(topic=TOPIC, count=1, strategy="topic_description")
    plan = propose_plan(services.store, WORKFLOW, [item], details={PLANNED: described(eval_file)})
    approval = approve_plan(services.store, plan.id, approver="tester", channel="test").id
    supply = good_answers()
    model.default = lambda _: next(supply)
    generation = (await run_approved_item(services, approval, 0))["generation"]
    assert generation["rejected"]["decontamination"] == 1
    job = list_jobs(services.store, WORKFLOW)[0]
    assert job_notes.noted_eval_set(services.store, job.id) == described(eval_file)


async def test_the_embedding_of_a_topic_is_told(
    services: Services, approved: Approve, model: ScriptedChatModel
) -> None:
    told: list[Progress] = []
    supply = good_answers()
    model.default = lambda _: next(supply)
    await run_approved_item(services, *approved(TOPIC, 1, "topic_description"), on_progress=told.append)
    notes = [progress.note for progress in told if progress.note]
    # The topic has 15 records; those of others that the checks compare with are embedded too, and counted with them.
    assert [(one.loaded, one.to_load) for one in told if one.to_load] == [(128, 150), (150, 150)]
    assert len(notes) == 2 and "128 of 150 records embedded (the topic's, and others" in notes[0]
    assert told[0].note and not told[-1].note
    assert (told[0].accepted, told[0].requested, told[-1].accepted) == (0, 1, 1)


async def test_a_hosts_model_is_neither_embedded_nor_free(
    services: Services, approved: Approve, tmp_path: Path
) -> None:
    model: Any = ScriptedChatModel([])
    supply = good_answers()
    model.default = lambda _: next(supply)
    given: list[Settings] = []

    def make(settings: Settings) -> ScriptedChatModel:
        given.append(settings)
        return model

    hosts = Services(Settings(home=services.settings.home), make_chat_model=make)
    assert hosts.settings.model_in_use == "a model of the host program"
    assert not hosts.settings.uses_embedded_model
    estimate = estimate_plan(hosts, WORKFLOW, [PlanItem(topic=TOPIC, count=1, strategy="few_shot")])
    assert estimate.usd is None and "price of the model not known" in estimate.note
    generation = (await run_approved_item(hosts, *approved(TOPIC, 1, "few_shot")))["generation"]
    assert generation["cost"]["usd"] is None
    assert generation["cost"]["tokens"] > 0
    assert given[0].uses_embedded_model, "what a host makes of the settings is its own affair"
    hosts.settings.budget_usd = 1.0
    error = (await run_approved_item(hosts, *approved(TOPIC, 2, "few_shot")))["error"]
    assert error["code"] == "budget_exceeded"
    hosts.index.close()
    hosts.store.close()


def test_a_hosts_model_beside_a_key_has_no_price_of_openais() -> None:
    from finetune_coverage.tools.generation.money.prices import price_of

    settings = Settings(openai_api_key="sk-1")
    assert price_of(settings) is not None
    assert price_of(settings.for_hosts_model()) is None
    assert price_of(Settings(openai_api_key="sk-1", model="gpt-4.1").for_hosts_model()) is not None
