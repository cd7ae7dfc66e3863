"""An answer is spooled the moment it is read: a program that dies before its journal has it pays for it once."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.tools.generate_synthetic_data import run_approved_item
from finetune_coverage.tools.generation.attempts import answer_spool
from finetune_coverage.tools.generation.attempts.answer_spool import AnswerSpool, spool_path, spooled_answers
from finetune_coverage.tools.generation.attempts.journal_entries import Answered, Paid
from finetune_coverage.tools.generation.attempts.open_attempt import Open
from finetune_coverage.tools.generation.attempts.stages import AttemptWork
from finetune_coverage.tools.generation.jobs.ledger import list_attempts, list_jobs
from finetune_coverage.tools.generation.money.amounts import Amount
from finetune_coverage.tools.generation.money.budget import budget_of
from finetune_coverage.tools.models.scripted import ScriptedChatModel
from finetune_coverage.tools.models.usage import TokenUsage
from finetune_coverage.tools.services import Services

from .test_engine import TOPIC, good_answers

pytestmark = pytest.mark.slow

Approve = Callable[..., tuple[str, int]]


def answered(number: int, response: str) -> Answered:
    return Answered(number, Paid(response, 20, 4, 5), is_whole=True, settled=(Amount(99, 10), Amount(24, 5)))


def lose_the_journal(patch: pytest.MonkeyPatch, of: Callable[[Open], bool] = lambda one: True) -> None:
    """From now on no such answer gets into the journal, as when a program is killed."""
    judge, write_down = AttemptWork.judge, AttemptWork.write_down

    def die(answered: Sequence[Open]) -> None:
        if any(map(of, answered)):
            raise RuntimeError("the machine dies here")

    def dying_judge(work: AttemptWork, answered: Sequence[Open], failed: Any = ()) -> Any:
        die(answered)
        return judge(work, answered, failed)

    def dying_write(work: AttemptWork, answered: Sequence[Open]) -> Any:
        die(answered)
        return write_down(work, answered)

    patch.setattr(AttemptWork, "judge", dying_judge)
    patch.setattr(AttemptWork, "write_down", dying_write)


def test_the_last_that_was_said_of_an_attempt_counts(tmp_path: Path) -> None:
    path = spool_path(tmp_path, "j", 1)
    assert spooled_answers(path) == {}
    spool = AnswerSpool(path)
    spool.open()
    for number, response in [(7, '["one"]'), (8, "other"), (7, '["one", "two"]')]:
        spool.append(answered(number, response))
    spool.close()
    assert spooled_answers(path) == {7: answered(7, '["one", "two"]'), 8: answered(8, "other")}


def test_a_line_that_broke_off_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    spool = AnswerSpool(path)
    spool.open()
    spool.append(answered(1, "kept"))
    spool.append(answered(2, "torn"))
    spool.close()
    os.truncate(path, path.stat().st_size - 5)
    assert set(spooled_answers(path)) == {1}


def test_a_line_for_which_there_was_no_room_does_not_spoil_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, write = tmp_path / "j.jsonl", os.write
    spool = AnswerSpool(path)
    spool.open()
    spool.append(answered(1, "one"))
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", lambda file, line: write(file, line[:20]))
        with pytest.raises(OSError, match="No space left"):
            spool.append(answered(2, "two"))
    spool.append(answered(3, "three"))
    spool.close()
    assert set(spooled_answers(path)) == {1, 3}


def test_what_the_journal_has_is_forgotten_now_and_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "j.jsonl"
    spool = AnswerSpool(path)
    spool.open()
    spool.append(answered(1, "small"))
    spool.empty()
    assert set(spooled_answers(path)) == {1}
    monkeypatch.setattr(answer_spool, "ROOM", 1)
    spool.empty()
    assert path.stat().st_size == 0
    spool.append(answered(2, "after"))
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
    assert spool.stem == f"{job.id}.1"
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


async def test_an_endpoint_that_broke_its_maximum_before_the_kill_stops_the_job_after_it(
    services: Services, approved: Approve, model: ScriptedChatModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    supply, add_reply = good_answers(), Open.add_reply

    async def slowly(_: Any) -> str:
        await asyncio.sleep(0.1)  # so that a job that goes on has not ended by the time that it is stopped
        return next(supply)

    model.default = slowly
    item = approved(TOPIC, 20, "topic_description")
    with monkeypatch.context() as patch:
        lose_the_journal(patch)
        patch.setattr(Open, "add_reply", lambda one, reply, _: add_reply(one, reply, TokenUsage(100, 90_000)))
        assert not (await run_approved_item(services, *item))["success"]
    generation = (await run_approved_item(services, *item))["generation"]
    assert generation["status"] == "short" and "no cap can be kept" in generation["stop_reason"]


async def test_half_a_character_stops_nothing(
    services: Services, approved: Approve, model: ScriptedChatModel
) -> None:
    supply = good_answers()
    model.queue.append("no json, and half a pair: \ud83d")
    model.default = lambda messages: next(supply)
    generation = (await run_approved_item(services, *approved(TOPIC, 1, "topic_description")))["generation"]
    assert (generation["accepted"], generation["rejected"]) == (1, {"parse": 1})
    first = list_attempts(services.store, generation["job_id"])[0]
    assert first.response == "no json, and half a pair: \ufffd"
