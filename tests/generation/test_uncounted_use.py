"""Calls whose use the endpoint does not tell: what is charged for them is what is said to have been used."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.tools.generate_synthetic_data import run_approved_item
from finetune_coverage.tools.generation.attempts.next_request import Asking
from finetune_coverage.tools.generation.attempts.stages import AttemptWork
from finetune_coverage.tools.generation.jobs.ledger import list_attempts, list_jobs
from finetune_coverage.tools.generation.money.amounts import PICODOLLARS
from finetune_coverage.tools.generation.money.budget import Budget, budget_of
from finetune_coverage.tools.generation.money.earlier_drafts import experiences
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.store.store import Store

from ..mock_openai.server import Fault, MockOpenAI
from .test_answer_spool import lose_the_journal
from .test_engine_endpoint import TOPIC, WORKFLOW, approved, no_meaning, services_for, texts
from .test_verifier import VERIFIER, decided

pytestmark = pytest.mark.slow

__all__ = ["no_meaning"]


def priced(endpoint: MockOpenAI, folder: Path, **more: Any) -> Services:
    prices = folder / "prices.yaml"
    models = f"{{mock-model: {{input: 0.4, output: 1.6}}, {VERIFIER}: {{input: 0.1, output: 0.3}}}}"
    prices.write_text(f"endpoints: {{'{endpoint.url}': {models}}}")
    return services_for(endpoint, folder / "home", prices=prices, **more)


def leaving_out(endpoint: MockOpenAI, is_left_out: Callable[[int], bool]) -> None:
    """The endpoint answers well, and leaves usage out of some of its answers, counted from 0."""
    good, calls = texts(), itertools.count()

    def reply(body: dict[str, Any]) -> Any:
        text = decided(body) if body["model"] == VERIFIER else good(body)
        return {"content": text, **({"usage": None} if is_left_out(next(calls)) else {})}

    endpoint.reply = reply


def budget(services: Services, item: tuple[str, int]) -> Budget:
    with services.store.read() as connection:
        return budget_of(connection, item[0])


def says_what_is_charged(services: Services, item: tuple[str, int], cost: dict[str, Any]) -> None:
    """To the token and the picodollar, apart from what stays reserved for calls whose end nobody saw."""
    charged = budget(services, item)
    for name, tokens, money in (
        ("", charged.spent_tokens, charged.spent_picodollars),
        ("lost_", charged.reserved_tokens, charged.reserved_picodollars),
    ):
        assert cost[f"{name}tokens"] == tokens, charged
        assert round(cost[f"{name}usd"] * PICODOLLARS) == money, charged


@pytest.mark.parametrize(
    ("strategy", "verifier", "every"),
    [
        ("few_shot", "", 1),
        ("few_shot", VERIFIER, 2),
        ("message_variation", "", 2),
        ("message_variation", VERIFIER, 1),
        ("message_variation", VERIFIER, 2),
    ],
)
async def test_what_is_said_is_what_is_charged(
    mock_openai: MockOpenAI,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    strategy: str,
    verifier: str,
    every: int,
) -> None:
    """Of every attempt's requests all, some or none without usage: those of the model, of the verifier, or of both."""
    let_pass(monkeypatch)
    mock_openai.models.append(VERIFIER)
    leaving_out(mock_openai, lambda call: call % every == 0)
    services = priced(mock_openai, tmp_path, verifier_model=verifier)
    item = approved(services, 4, strategy)
    answer = await run_approved_item(services, *item)
    assert answer["success"], answer
    cost = answer["generation"]["cost"]
    says_what_is_charged(services, item, cost)
    assert cost["uncounted_calls"] == -(-len(mock_openai.chats()) // every)
    assert 0 < cost["uncounted_tokens"] <= cost["tokens"]
    told = sum(one.tokens for one in list_attempts(services.store, answer["generation"]["job_id"]))
    assert told + cost["uncounted_tokens"] == cost["tokens"]
    assert budget(services, item).reserved_tokens == 0


def let_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """The mock's words keep no facts."""
    from finetune_coverage.tools.generation.strategies.message_variation.small import MessageVariation

    monkeypatch.setattr(MessageVariation, "check", lambda *_: None)


@pytest.mark.parametrize("verifier", ["", VERIFIER])
async def test_calls_that_never_answered_may_have_been_charged(
    mock_openai: MockOpenAI, tmp_path: Path, verifier: str
) -> None:
    """At most as much as those calls can have taken, without what was set aside for others of the attempt."""
    mock_openai.models.append(VERIFIER)
    leaving_out(mock_openai, lambda _: False)
    good, calls = mock_openai.reply, itertools.count()
    mock_openai.reply = lambda body: Fault(drop=True) if next(calls) in (2, 3) else good(body)
    services = priced(mock_openai, tmp_path, verifier_model=verifier, max_concurrency=1)
    item = approved(services, 5)
    cost = (await run_approved_item(services, *item))["generation"]["cost"]
    says_what_is_charged(services, item, cost)
    assert (cost["uncounted_calls"], cost["lost_calls"]) == (0, 2)
    assert "at most" not in cost["used"]
    assert (
        f"2 calls without an answer may have been charged: up to {cost['lost_tokens']:,} tokens"
        in cost["used"]
    )
    answered = [one for one in list_attempts(services.store, list_jobs(services.store)[0].id) if one.response]
    assert 0 < cost["lost_tokens"] < 2 * max(one.reserved_tokens for one in answered) or not verifier


async def test_calls_that_were_refused_or_never_sent_are_given_back(
    mock_openai: MockOpenAI, tmp_path: Path
) -> None:
    services = priced(mock_openai, tmp_path, max_concurrency=2, patience=1)
    item = approved(services, 5)
    for answer in (Fault(429), Fault(409), Fault(403)):
        mock_openai.reply = lambda body, answer=answer: answer
        assert not (await run_approved_item(services, *item))["success"]
        assert budget(services, item).reserved_tokens == 0
    mock_openai.close()
    assert not (await run_approved_item(services, *item))["success"]
    assert budget(services, item).reserved_tokens == 0, "nobody listened"
    (job,) = list_jobs(services.store)
    assert (job.tokens, job.lost_calls) == (0, 0)


async def test_a_kill_leaves_aside_what_its_call_may_cost_and_no_more(
    mock_openai: MockOpenAI, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An attempt has set aside what all its calls can take; only the first of them was under way."""
    let_pass(monkeypatch)
    leaving_out(mock_openai, lambda _: False)
    services = priced(mock_openai, tmp_path, max_concurrency=1)
    item = approved(services, 1, "message_variation")
    with monkeypatch.context() as patch:

        async def die(*_: Any, **more: Any) -> Any:
            raise RuntimeError("the machine dies here")

        patch.setattr(Asking, "ask", die)
        assert not (await run_approved_item(services, *item))["success"]
    generation = (await run_approved_item(services, *item))["generation"]
    says_what_is_charged(services, item, generation["cost"])
    first, *_ = list_attempts(services.store, generation["job_id"])
    assert first.check == "interrupted"
    assert 0 < generation["cost"]["lost_tokens"] < first.reserved_tokens


@pytest.mark.parametrize("dies", ["before the journal", "before the judging"])
@pytest.mark.parametrize("every", [1, 2])
async def test_a_kill_forgets_nothing_of_it(
    mock_openai: MockOpenAI, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dies: str, every: int
) -> None:
    let_pass(monkeypatch)
    leaving_out(mock_openai, lambda call: call % every == 0)
    services = priced(mock_openai, tmp_path, max_concurrency=1)
    item = approved(services, 1, "message_variation")
    with monkeypatch.context() as patch:
        if dies == "before the journal":
            lose_the_journal(patch)
        else:

            def crash(*_: Any) -> Any:
                raise RuntimeError("the machine dies here")

            patch.setattr(AttemptWork, "judge", crash)
        assert not (await run_approved_item(services, *item))["success"]
    generation = (await run_approved_item(services, *item))["generation"]
    assert generation["accepted"] == 1 and len(mock_openai.chats()) == 2
    says_what_is_charged(services, item, generation["cost"])
    assert generation["cost"]["uncounted_calls"] == 2 // every


async def test_estimates_learn_from_what_was_counted_only(mock_openai: MockOpenAI, tmp_path: Path) -> None:
    leaving_out(mock_openai, lambda call: call % 2 == 0)
    services = priced(mock_openai, tmp_path)
    generation = (await run_approved_item(services, *approved(services, 6)))["generation"]
    counted = [
        one
        for one in list_attempts(services.store, generation["job_id"])
        if one.response is not None and not one.uncounted_calls
    ]
    *_, of_topic, _ = experiences(
        services.store,
        workflow_id=WORKFLOW,
        strategy="few_shot",
        model=services.settings.model_in_use,
        topic=TOPIC,
    )
    assert of_topic.measured == len(counted) > 0
    assert of_topic.prompt_tokens == sum(one.prompt_tokens for one in counted)


async def test_a_job_that_stops_by_an_estimate_says_that_it_is_one(
    mock_openai: MockOpenAI, tmp_path: Path
) -> None:
    from finetune_coverage.tools.generation.money.stops import Stops, StopWatch

    watch = StopWatch(Stops(refusals=20, tokens=1_000))
    watch.ended(600, None)
    watch.ended(600, None, is_counted=False)
    assert "about 1,200 tokens (by the length of texts, since the endpoint does not count)" in (
        watch.reason or ""
    )


def test_attempts_of_older_stores_are_not_said_to_have_taken_nothing(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    file = sqlite3.connect(path)
    file.executescript((Path(__file__).parent / "stopped_in_version_7.sql").read_text())
    with file:
        file.execute(
            "INSERT INTO workflows (id, created_at, dataset_version) VALUES ('wf-old', '2026-01-01', 1)"
        )
        file.execute(
            "INSERT INTO jobs (id, workflow_id, approval_id, topic, count, strategy, model, status, coverage_before, "
            "created_at) VALUES ('job-1', 'wf-old', 'a', 't', 2, 'few_shot', 'm', 'complete', '{}', '2026-01-01')"
        )
        row = (
            "INSERT INTO attempts (job_id, number, slot, status, seed_ids, details, response, prompt_tokens, "
            "completion_tokens, reserved_tokens) VALUES ('job-1', ?, ?, 'accepted', '[]', '{}', 'text', ?, ?, 900)"
        )
        file.executemany(row, [(0, 0, 100, 50), (1, 1, 0, 0)])
        file.execute("PRAGMA user_version = 7")
    file.close()
    store = Store.open(path)
    (job,) = list_jobs(store, "wf-old")
    assert (job.tokens, job.uncounted_tokens, job.usd) == (1_050, 900, None)
    assert job.used.startswith("at most 1,050 tokens, cost not known (of which 1 call without usage")
    store.close()
