"""The engine against a real HTTP endpoint with faults: what is delivered, what is called, how it ends."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.tools.coverage.recommendation import PlanItem
from finetune_coverage.tools.generate_synthetic_data import run_approved_item
from finetune_coverage.tools.generation.approvals.approval import approve_plan
from finetune_coverage.tools.generation.approvals.plans import propose_plan
from finetune_coverage.tools.generation.attempts import journal
from finetune_coverage.tools.generation.jobs.ledger import list_attempts, list_jobs
from finetune_coverage.tools.generation.money.budget import budget_of
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.settings import Settings
from finetune_coverage.tools.store.records import load_records

from ..mock_openai.server import Fault, MockOpenAI
from ..prepared import WORKFLOW, sample_folder

pytestmark = pytest.mark.slow

TOPIC = "technical_issues"
WORDS = """
camera upload firmware crash screen freezes backup error album sync offline video motion alert update folder tablet
export print widget timeline battery restart preview login spinner archive browser laptop
""".split()  # noqa: SIM905


def texts() -> Callable[[dict[str, Any]], str]:
    """A good answer to whatever schema is asked for; no two alike."""
    numbers = itertools.count()

    def answer(body: dict[str, Any]) -> str:
        schema = body["response_format"]["json_schema"]["schema"]
        return json.dumps(_filled(schema, numbers))

    return answer


def _filled(schema: dict[str, Any], numbers: Any, place: int = 0) -> Any:
    if schema["type"] == "object":
        return {name: _filled(part, numbers, place) for name, part in schema["properties"].items()}
    if schema["type"] == "array":
        return [_filled(schema["items"], numbers, at) for at in range(schema.get("minItems", 2))]
    if "enum" in schema:
        return schema["enum"][place % len(schema["enum"])]
    number = next(numbers)
    picked = random.Random(number).choices(WORDS, k=16)
    return f"{' '.join(picked[:8]).capitalize()}. {' '.join(picked[8:]).capitalize()}."


@pytest.fixture
def endpoint(mock_openai: MockOpenAI) -> MockOpenAI:
    mock_openai.reply = texts()
    return mock_openai


def services_for(endpoint: MockOpenAI, home: Path, **more: Any) -> Services:
    if not home.exists():
        sample_folder(home)
    settings = {
        "home": home,
        "openai_base_url": endpoint.url,
        "openai_api_key": endpoint.key,
        "model": "mock-model",
        "model_profile": "small",
        "embedding_model": "mock-embedding",
        "max_concurrency": 8,
        "verifier_share": 1 if more.get("verifier_model") else 0,
        **more,
    }
    return Services(Settings(**settings))


def approved(services: Services, count: int, strategy: str = "few_shot") -> tuple[str, int]:
    item = PlanItem.model_validate({"topic": TOPIC, "count": count, "strategy": strategy})
    plan = propose_plan(services.store, WORKFLOW, [item])
    return approve_plan(services.store, plan.id, approver="a person", channel="test").id, 0


@pytest.fixture(autouse=True)
def no_meaning(monkeypatch: pytest.MonkeyPatch) -> None:
    """The mock's vectors count letters, which says nothing about meaning."""
    from finetune_coverage.tools.generation.checks.form.reworded import Reworded
    from finetune_coverage.tools.generation.checks.form.semantic_duplicate import SemanticDuplicate

    monkeypatch.setattr(SemanticDuplicate, "check", lambda *_: None)
    monkeypatch.setattr(Reworded, "check", lambda *_: None)  # the mock answers with any text that it has


async def test_faults_cost_attempts_but_no_records(endpoint: MockOpenAI, tmp_path: Path) -> None:
    good, calls = endpoint.reply, itertools.count()
    faults = {
        3: Fault(429, retry_after=0.05),
        5: Fault(500),
        7: Fault(drop=True),
        9: "no json",
        11: Fault(429),
    }
    endpoint.reply = lambda body: faults.pop(next(calls), None) or good(body)
    services = services_for(endpoint, tmp_path / "home")
    answer = await run_approved_item(services, *approved(services, 20))
    generation = answer["generation"]
    assert (generation["status"], generation["accepted"]) == ("complete", 20)
    assert generation["rejected"] == {"endpoint": 2, "parse": 1}
    assert len(endpoint.chats()) == 20 + 5
    assert endpoint.peak <= 8


async def test_the_pause_that_the_endpoint_asks_for_is_kept(endpoint: MockOpenAI, tmp_path: Path) -> None:
    endpoint.queue.append(Fault(429, retry_after=0.6))
    services = services_for(endpoint, tmp_path / "home", max_concurrency=1)
    await run_approved_item(services, *approved(services, 1))
    first, second = (request.at for request in endpoint.requests if request.path.endswith("completions"))
    assert second - first >= 0.6


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault(401, message="wrong key"), "refused the key"),
        (Fault(404, message="no such model", code="model_not_found"), "does not know the model"),
        (Fault(400, message="too long", code="context_length_exceeded"), "too long"),
    ],
)
async def test_a_refusal_for_good_ends_the_job_at_once_and_it_can_go_on(
    endpoint: MockOpenAI, tmp_path: Path, fault: Fault, words: str
) -> None:
    good = endpoint.reply
    endpoint.reply = lambda body: fault
    services = services_for(endpoint, tmp_path / "home")
    item = approved(services, 30)
    answer = await run_approved_item(services, *item)
    assert answer["error"]["code"] == "endpoint_error"
    assert words in answer["error"]["message"]
    assert len(endpoint.chats()) <= 2 * 8
    endpoint.reply = good
    assert (await run_approved_item(services, *item))["generation"]["accepted"] == 30


async def test_an_endpoint_that_is_down_is_told_soon(endpoint: MockOpenAI, tmp_path: Path) -> None:
    endpoint.reply = lambda body: Fault(503)
    services = services_for(endpoint, tmp_path / "home")
    began = time.monotonic()
    answer = await run_approved_item(services, *approved(services, 30))
    assert answer["error"]["code"] == "endpoint_error"
    assert time.monotonic() - began < 30


async def test_a_job_is_cancelled_from_outside(endpoint: MockOpenAI, tmp_path: Path) -> None:
    endpoint.latency = 0.1
    services = services_for(endpoint, tmp_path / "home", max_concurrency=2)
    task = asyncio.create_task(run_approved_item(services, *approved(services, 200)))
    while not endpoint.chats():  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    job = list_jobs(services.store, WORKFLOW)[0]
    assert await asyncio.to_thread(journal.request_cancel, services.store, job.id)
    generation = (await asyncio.wait_for(task, 20))["generation"]
    assert generation["status"] == "short"
    assert "cancelled" in generation["stop_reason"]
    assert 0 < generation["accepted"] < 200
    assert generation["accepted"] == len(list(load_records(services.store, WORKFLOW, origin="synthetic")))
    statuses = {attempt.status for attempt in list_attempts(services.store, job.id)}
    assert statuses <= {"accepted", "rejected", "failed"}


async def test_a_cancelled_job_waits_for_no_busy_endpoint(endpoint: MockOpenAI, tmp_path: Path) -> None:
    endpoint.reply = lambda body: Fault(429, retry_after=100)
    services = services_for(endpoint, tmp_path / "home", max_concurrency=2)
    task = asyncio.create_task(run_approved_item(services, *approved(services, 20)))
    while not endpoint.chats():  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    await asyncio.to_thread(journal.request_cancel, services.store, list_jobs(services.store, WORKFLOW)[0].id)
    generation = (await asyncio.wait_for(task, 20))["generation"]
    assert (generation["status"], generation["accepted"]) == ("short", 0)
    assert len(endpoint.chats()) == 1


async def test_the_cap_holds_and_what_fits_is_delivered(endpoint: MockOpenAI, tmp_path: Path) -> None:
    services = services_for(endpoint, tmp_path / "home", budget_tokens=30_000)
    item = approved(services, 500)
    generation = (await run_approved_item(services, *item))["generation"]
    assert generation["status"] == "short"
    assert "budget" in generation["stop_reason"]
    assert generation["accepted"] > 10
    with services.store.read() as connection:
        spent = budget_of(connection, item[0])
    assert spent.reserved_tokens == 0
    assert generation["cost"]["tokens"] == spent.spent_tokens <= 30_000


async def test_half_an_answer_that_was_paid_for_is_continued(
    endpoint: MockOpenAI, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from finetune_coverage.tools.generation.attempts.stages import AttemptWork
    from finetune_coverage.tools.generation.strategies.message_variation.small import MessageVariation

    monkeypatch.setattr(MessageVariation, "check", lambda *_: None)
    services = services_for(endpoint, tmp_path / "home", max_concurrency=1)
    item = approved(services, 1, "message_variation")
    judge = AttemptWork.judge
    with monkeypatch.context() as patch:

        def crash(*_: Any) -> Any:
            raise RuntimeError("the machine dies here")

        patch.setattr(AttemptWork, "judge", crash)
        assert (await run_approved_item(services, *item))["error"]["code"] == "internal"
    assert AttemptWork.judge is judge
    assert len(endpoint.chats()) == 1
    assert (await run_approved_item(services, *item))["generation"]["accepted"] == 1
    assert len(endpoint.chats()) == 2  # the user's turn was not asked for again
