"""Jobs through the Batch API of the mock endpoint: counts, refills, crashes, caps and refusals."""

from __future__ import annotations

import asyncio
import itertools
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.tools.generate_synthetic_data import run_approved_item
from finetune_coverage.tools.generation.attempts import batch_engine, journal
from finetune_coverage.tools.generation.jobs import notes as job_notes
from finetune_coverage.tools.generation.jobs.ledger import list_jobs
from finetune_coverage.tools.services import Services

from ..mock_openai.server import Fault, MockOpenAI
from .test_engine_endpoint import WORKFLOW, approved, endpoint, no_meaning, services_for

pytestmark = pytest.mark.slow

__all__ = ["endpoint", "no_meaning"]


@pytest.fixture(autouse=True)
def _looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = batch_engine.BatchEngine.__init__
    monkeypatch.setattr(engine, "__defaults__", (None, None, 0.05))


@pytest.fixture
def services(endpoint: MockOpenAI, tmp_path: Path) -> Services:
    return services_for(endpoint, tmp_path / "home", use_batch_api=True)


async def test_all_records_come_out_of_batches(endpoint: MockOpenAI, services: Services) -> None:
    good, calls = endpoint.reply, itertools.count()
    faults = {2: "no json", 4: Fault(500)}
    endpoint.reply = lambda body: faults.pop(next(calls), None) or good(body)
    generation = (await run_approved_item(services, *approved(services, 8)))["generation"]
    assert (generation["status"], generation["accepted"]) == ("complete", 8)
    assert generation["rejected"] == {"parse": 1, "endpoint": 1}
    assert endpoint.chats() == []
    sizes = [batch["request_counts"]["total"] for batch in endpoint.batches.batches.values()]
    assert sizes == [8, 2]


async def test_two_requests_an_attempt_are_two_batches(
    endpoint: MockOpenAI, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    from finetune_coverage.tools.generation.strategies.message_variation.small import MessageVariation

    monkeypatch.setattr(MessageVariation, "check", lambda *_: None)
    generation = (await run_approved_item(services, *approved(services, 3, "message_variation")))[
        "generation"
    ]
    assert generation["accepted"] == 3
    assert len(endpoint.batches.batches) == 2


@pytest.mark.parametrize("is_noted", [True, False])
async def test_a_batch_outlives_the_program(endpoint: MockOpenAI, services: Services, is_noted: bool) -> None:
    endpoint.batches.looks = 10_000
    item = approved(services, 4)
    task = asyncio.create_task(run_approved_item(services, *item))
    while not any(endpoint.batches.looked.values()):  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    if not is_noted:  # it died before it could write the batch's id down
        job_notes.note_batch(services.store, list_jobs(services.store, WORKFLOW)[0].id, None)
    endpoint.batches.looks = 0
    services.settings.use_batch_api = False  # a job goes on as it was begun
    generation = (await run_approved_item(services, *item))["generation"]
    assert generation["accepted"] == 4
    assert generation["rejected"] == {}
    assert len(endpoint.batches.batches) == 1
    assert endpoint.chats() == []


async def test_a_batch_that_fails_is_told_and_sent_again(endpoint: MockOpenAI, services: Services) -> None:
    endpoint.batches.fails = True
    item = approved(services, 2)
    answer = await run_approved_item(services, *item)
    assert answer["error"]["code"] == "endpoint_error"
    assert "token limit" in answer["error"]["message"]
    assert (await run_approved_item(services, *item))["generation"]["accepted"] == 2


async def test_a_cancelled_job_cancels_its_batch(endpoint: MockOpenAI, services: Services) -> None:
    endpoint.batches.looks = 10_000
    task = asyncio.create_task(run_approved_item(services, *approved(services, 3)))
    while not endpoint.batches.batches:  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    job = list_jobs(services.store, WORKFLOW)[0]
    await asyncio.to_thread(journal.request_cancel, services.store, job.id)
    generation = (await asyncio.wait_for(task, 20))["generation"]
    assert (generation["status"], generation["accepted"]) == ("short", 0)
    assert [batch["status"] for batch in endpoint.batches.batches.values()] == ["cancelled"]


async def test_the_embedded_model_has_no_batches(endpoint: MockOpenAI, tmp_path: Path) -> None:
    services = services_for(endpoint, tmp_path / "home", use_batch_api=True)
    item = approved(services, 1)
    services.settings.model = "embedded"
    answer: dict[str, Any] = await run_approved_item(services, *item)
    assert answer["error"]["code"] == "invalid_input"
    assert "Batch API" in answer["error"]["message"]
