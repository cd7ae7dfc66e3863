"""An answer is spooled the moment it is read: a program that dies before its journal has it pays for it once."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.tools.generate_synthetic_data import run_approved_item
from finetune_coverage.tools.generation import answer_spool
from finetune_coverage.tools.generation.answer_spool import AnswerSpool, spooled_answers
from finetune_coverage.tools.generation.attempt_work import AttemptWork
from finetune_coverage.tools.generation.budget import budget_of
from finetune_coverage.tools.generation.draft import Draft
from finetune_coverage.tools.generation.ledger import list_attempts, list_jobs
from finetune_coverage.tools.generation.open_attempt import Open
from finetune_coverage.tools.generation.spending import NOTHING
from finetune_coverage.tools.models.scripted import ScriptedChatModel
from finetune_coverage.tools.models.structured import TokenUsage
from finetune_coverage.tools.services import Services

from .test_engine import TOPIC, good_answers

Approve = Callable[..., tuple[str, int]]


def attempt(number: int, *replies: str) -> Open:
    one = Open(number, number, Draft("few_shot", "t", [], []), NOTHING)
    for reply in replies:
        one.add_reply(reply, TokenUsage(10, 2))
    return one


def lose_the_journal(patch: pytest.MonkeyPatch) -> None:
    """From now on nothing that comes gets into the journal, as when a program is killed."""

    def die(*_: Any) -> Any:
        raise RuntimeError("the machine dies here")

    patch.setattr(AttemptWork, "judge", die)
    patch.setattr(AttemptWork, "write_down", die)


def test_the_last_that_was_said_of_an_attempt_counts(tmp_path: Path) -> None:
    path = tmp_path / "answers" / "j.jsonl"
    assert spooled_answers(path) == {}
    spool = AnswerSpool(path)
    spool.append(attempt(7, "one"))
    spool.append(attempt(8, "half a pair: \ud83d"))
    spool.append(attempt(7, "one", "two"))
    spool.close()
    found = spooled_answers(path)
    assert (found[7].replies, found[7].prompt_tokens, found[7].completion_tokens) == (["one", "two"], 20, 4)
    assert found[8].replies == ["half a pair: \ud83d"]


def test_a_line_that_broke_off_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    spool = AnswerSpool(path)
    spool.append(attempt(1, "kept"))
    spool.append(attempt(2, "torn"))
    spool.close()
    os.truncate(path, path.stat().st_size - 5)
    assert set(spooled_answers(path)) == {1}


def test_what_the_journal_has_is_forgotten_now_and_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "j.jsonl"
    spool = AnswerSpool(path)
    spool.append(attempt(1, "small"))
    spool.empty()
    assert set(spooled_answers(path)) == {1}
    monkeypatch.setattr(answer_spool, "ROOM", 1)
    spool.empty()
    assert path.stat().st_size == 0
    spool.append(attempt(2, "after"))
    assert set(spooled_answers(path)) == {2}
    spool.remove()
    assert not path.exists()


async def test_an_answer_that_the_journal_never_saw_is_not_bought_again(
    services: Services, approved: Approve, model: ScriptedChatModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    supply = good_answers()
    model.default = lambda messages: next(supply)
    item = approved(TOPIC, 1, "topic_description")
    with monkeypatch.context() as patch:
        lose_the_journal(patch)
        assert (await run_approved_item(services, *item))["error"]["code"] == "internal"
    (job,) = list_jobs(services.store)
    (lost,) = list_attempts(services.store, job.id)
    assert (lost.status, lost.response) == ("calling", None)
    (spool,) = (services.settings.home / "answers").iterdir()
    assert spool.stem == job.id
    answer = await run_approved_item(services, *item)
    assert (answer["generation"]["accepted"], answer["generation"]["rejected"]) == (1, {})
    assert len(model.history) == 1
    assert not spool.exists()
    with services.store.read() as connection:
        budget = budget_of(connection, item[0])
    assert budget.reserved_tokens == 0
    assert budget.spent_tokens == answer["generation"]["cost"]["tokens"]


async def test_the_first_of_two_replies_is_kept_too(
    services: Services, approved: Approve, model: ScriptedChatModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = approved("billing_questions", 1, "message_variation")
    model.queue.append(
        json.dumps({"user": "Why was I charged twice for the same month, on the 3rd and the 4th?"})
    )
    with monkeypatch.context() as patch:
        lose_the_journal(patch)
        assert not (await run_approved_item(services, *item))["success"]
    (job,) = list_jobs(services.store)
    first = model.history[0]
    model.default = lambda messages: "no json"
    await run_approved_item(services, *item)
    opened = list_attempts(services.store, job.id)[0]
    assert opened.response is not None and "charged twice" in opened.response
    assert model.history[1] != first, "the second request, not the first one again"


async def test_a_disk_without_room_stops_the_job_and_the_journal_keeps_the_answer(
    services: Services, approved: Approve, model: ScriptedChatModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    supply = good_answers()
    model.default = lambda messages: next(supply)
    item = approved(TOPIC, 1, "topic_description")

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(AnswerSpool, "append", full)
        error = (await run_approved_item(services, *item))["error"]
    assert "No space left on device" in error["message"]
    assert (await run_approved_item(services, *item))["generation"]["accepted"] == 1
    assert len(model.history) == 1
