"""A job that is cancelled while a thread writes: nothing is settled twice, however often somebody asks."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.tools.generate_synthetic_data import run_approved_item
from finetune_coverage.tools.generation.attempts import journal
from finetune_coverage.tools.generation.jobs.ledger import list_attempts, list_jobs
from finetune_coverage.tools.generation.money.budget import budget_of
from finetune_coverage.tools.models.scripted import ScriptedChatModel
from finetune_coverage.tools.services import Services

from ..mock_openai.server import Fault, MockOpenAI
from .test_engine import TOPIC, good_answers
from .test_engine_endpoint import approved as approved_at_endpoint
from .test_engine_endpoint import services_for

Approve = Callable[..., tuple[str, int]]


@pytest.mark.parametrize("times", [1, 2])
async def test_the_budget_is_right_after_a_cancel(
    services: Services,
    approved: Approve,
    model: ScriptedChatModel,
    monkeypatch: pytest.MonkeyPatch,
    times: int,
) -> None:
    supply = good_answers()

    async def answer(_: Any) -> str:
        if len(model.history) > 2:
            await asyncio.sleep(60)  # under way when the job is cancelled
        return next(supply)

    model.default = answer
    services.settings.max_concurrency = 6
    item = approved(TOPIC, 6, "topic_description")
    inside, may_go_on = threading.Event(), threading.Event()
    insert = journal.insert_records

    def slow(*arguments: Any) -> None:
        inside.set()
        may_go_on.wait(10)
        insert(*arguments)

    monkeypatch.setattr(journal, "insert_records", slow)
    job = asyncio.ensure_future(run_approved_item(services, *item))
    await asyncio.to_thread(inside.wait, 10)
    for _ in range(times):  # as asyncio.run does it at each Ctrl-C: every task
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        await asyncio.sleep(0.05)
    may_go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await job
    (summary,) = list_jobs(services.store)
    attempts = list_attempts(services.store, summary.id)
    with services.store.read() as connection:
        budget = budget_of(connection, item[0])
    assert budget.spent_tokens == sum(one.prompt_tokens + one.completion_tokens for one in attempts) > 0
    assert (
        budget.reserved_tokens == sum(one.reserved_tokens for one in attempts if one.status == "calling") > 0
    )
    assert "accepted" in {one.status for one in attempts}


async def test_what_was_drafted_and_never_sent_is_given_back(
    services: Services, approved: Approve, model: ScriptedChatModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cancelled while a thread drafts: nobody has seen these attempts, and nothing was sent for them."""
    supply = good_answers()
    model.default = lambda _: next(supply)
    item = approved(TOPIC, 6, "topic_description")
    inside, may_go_on = threading.Event(), threading.Event()
    begin = journal.begin_attempts

    def slow(*arguments: Any) -> Any:
        begun = begin(*arguments)
        inside.set()
        may_go_on.wait(10)
        return begun

    monkeypatch.setattr(journal, "begin_attempts", slow)
    job = asyncio.ensure_future(run_approved_item(services, *item))
    await asyncio.to_thread(inside.wait, 10)
    job.cancel()
    await asyncio.sleep(0.05)
    may_go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await job
    (summary,) = list_jobs(services.store)
    assert model.history == []
    assert {one.check for one in list_attempts(services.store, summary.id)} == {"not_sent"}
    with services.store.read() as connection:
        assert budget_of(connection, item[0]).reserved_tokens == 0
    monkeypatch.setattr(journal, "begin_attempts", begin)
    assert (await run_approved_item(services, *item))["generation"]["accepted"] == 6


async def test_what_waits_for_a_busy_endpoint_is_given_back(mock_openai: MockOpenAI, tmp_path: Path) -> None:
    mock_openai.reply = lambda body: Fault(429, retry_after=100)
    services = services_for(mock_openai, tmp_path / "home")
    item = approved_at_endpoint(services, 6)
    job = asyncio.create_task(run_approved_item(services, *item))
    while not mock_openai.chats():  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    await asyncio.sleep(0.3)
    job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await job
    with services.store.read() as connection:
        assert budget_of(connection, item[0]).reserved_tokens == 0, "the endpoint had refused it"
