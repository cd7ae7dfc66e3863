"""Models that think before they write: hidden tokens count against the limit of an answer."""

from __future__ import annotations

import math
import random
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.tools.generate_synthetic_data import run_approved_item
from finetune_coverage.tools.generation.attempts.next_request import Asking
from finetune_coverage.tools.generation.jobs.ledger import list_attempts, list_jobs
from finetune_coverage.tools.generation.money.budget import budget_of
from finetune_coverage.tools.generation.strategies.message_variation.small import MessageVariation
from finetune_coverage.tools.models.answer_room import MOST, STEP, AnswerRoom, is_cut_off
from finetune_coverage.tools.models.chat_request import read_completion
from finetune_coverage.tools.models.thinking import split_thinking
from finetune_coverage.tools.models.usage import TokenUsage, usage_reported
from finetune_coverage.tools.services import Services

from ..mock_openai.server import Fault, MockOpenAI
from .test_answer_spool import lose_the_journal
from .test_engine_endpoint import approved, no_meaning, services_for, texts

pytestmark = pytest.mark.slow

__all__ = ["no_meaning"]


def thinking(endpoint: MockOpenAI, *, least: int, most: int, seed: int = 1, tells: bool = True) -> list[int]:
    """Lets the endpoint think before each answer; the limits that it was asked with are returned, and grow."""
    good, rng, limits = texts(), random.Random(seed), list[int]()

    def answer(body: dict[str, Any]) -> dict[str, Any]:
        text, hidden, limit = good(body), rng.randint(least, most), body["max_tokens"]
        limits.append(limit)
        is_cut = hidden + len(text) // 4 > limit
        written = limit if is_cut else hidden + len(text) // 4
        details = {"completion_tokens_details": {"reasoning_tokens": min(hidden, limit)}} if tells else {}
        return {
            "content": "" if is_cut else text,
            "finish_reason": "length" if is_cut else "stop",
            "usage": {"prompt_tokens": 500, "completion_tokens": written, "total_tokens": 500 + written}
            | details,
        }

    endpoint.reply = answer
    return limits


@pytest.mark.parametrize("tells", [True, False])
async def test_a_reasoning_model_delivers_what_was_asked(
    mock_openai: MockOpenAI, tmp_path: Path, tells: bool
) -> None:
    limits = thinking(mock_openai, least=400, most=2_000, tells=tells)
    services = services_for(mock_openai, tmp_path / "home", budget_tokens=2_000_000)
    item = approved(services, 30)
    generation = (await run_approved_item(services, *item))["generation"]
    assert (generation["status"], generation["accepted"]) == ("complete", 30)
    # Where nothing tells of hidden tokens, they are known by the first answer that is cut off; some may be under way.
    assert len(limits) <= (36 if tells else 36 + 8)
    assert sum(limit < STEP for limit in limits) <= (1 if tells else 17)
    with services.store.read() as connection:
        budget = budget_of(connection, item[0])
    attempts = list_attempts(services.store, generation["job_id"])
    assert budget.spent_tokens == sum(one.prompt_tokens + one.completion_tokens for one in attempts)
    assert budget.reserved_tokens == 0
    cut = [one for one in attempts if one.check == "cut_off"]
    assert all("its limit was" in (one.evidence or "") for one in cut)
    assert generation["rejected"].get("cut_off", 0) == len(cut) == len(limits) - 30


async def test_the_first_call_to_an_unknown_model_goes_alone_and_what_it_shows_is_remembered(
    mock_openai: MockOpenAI, tmp_path: Path
) -> None:
    limits = thinking(mock_openai, least=2_000, most=2_000)
    mock_openai.latency = 0.1
    services = services_for(mock_openai, tmp_path / "home")
    await run_approved_item(services, *approved(services, 8))
    assert limits[0] < STEP <= min(limits[1:]), "all others knew what the first one showed"
    services.store.close()
    services.index.close()
    limits.clear()
    later = services_for(mock_openai, tmp_path / "home")
    answer = await run_approved_item(later, *approved(later, 8, "topic_description"))
    assert answer["generation"]["accepted"] == 8
    assert min(limits) >= STEP, "of the same model at the same endpoint, in another run of the program"
    assert mock_openai.peak > 1


async def test_a_context_too_small_for_more_room_is_left_with_less(
    mock_openai: MockOpenAI, tmp_path: Path
) -> None:
    good, limits = texts(), list[int]()

    def answer(body: dict[str, Any]) -> Any:
        limits.append(body["max_tokens"])
        if body["max_tokens"] > STEP:
            return Fault(400, message="This model's maximum context length is 8192 tokens", code=None)
        if len(limits) == 1:
            return {"content": "{", "finish_reason": "length"}
        return good(body)

    mock_openai.reply = answer
    services = services_for(mock_openai, tmp_path / "home", max_concurrency=1)
    generation = (await run_approved_item(services, *approved(services, 4)))["generation"]
    assert (generation["status"], generation["accepted"]) == ("complete", 4)
    assert generation["rejected"] == {"cut_off": 1}
    assert [limit > STEP for limit in limits] == [False, True, False, False, False, False]


def test_room_grows_once_for_answers_that_were_under_way_together() -> None:
    room, cut = AnswerRoom(), TokenUsage(10, 700, reasoning_tokens=700, finish_reason="length")
    assert not room.is_known
    assert [room.learn(0, "", cut) for _ in range(5)] == [True, False, False, False, False]
    assert room.extra == STEP and room.is_known
    for _ in range(20):
        room.learn(room.extra, "", cut)
    assert room.extra == MOST


def test_a_long_answer_in_plain_sight_gets_more_room_once() -> None:
    """A model that repeats itself without end would only do so for longer."""
    room, cut = AnswerRoom(), TokenUsage(10, 700, finish_reason="length")
    room.learn(0, "and so on and so on", cut)
    assert not room.learn(STEP, "and so on and so on", cut) and room.extra == STEP


def test_the_embedded_model_gets_what_its_text_takes() -> None:
    room = AnswerRoom.fixed()
    assert not room.learn(None, "", TokenUsage(10, 200, finish_reason="length"))
    assert room.extra is None


@pytest.mark.parametrize(
    "told",
    [
        {"completion_tokens": 90, "completion_tokens_details": {"reasoning_tokens": 60}},
        {"completion_tokens": 30, "total_tokens": 100},
    ],
)
def test_hidden_tokens_are_part_of_the_completion_or_beside_it(told: dict[str, Any]) -> None:
    usage = usage_reported({"prompt_tokens": 10, **told}, "stop", text="{}")
    assert (usage.completion_tokens, usage.reasoning_tokens) == (90, 60)


@pytest.mark.parametrize(
    "message",
    [
        {"content": "<think>Hm, well.</think>{}"},
        {"content": "Hm, well.</think>\n{}"},
        {"content": "{}", "reasoning_content": "Hm, well."},
        {"content": [{"type": "thinking", "thinking": "Hm, well."}, {"type": "text", "text": "{}"}]},
    ],
)
def test_thinking_in_the_open_is_seen_and_no_part_of_the_answer(message: dict[str, Any]) -> None:
    used = {"prompt_tokens": 10, "completion_tokens": 90}
    text, usage = read_completion({"choices": [{"message": message}], "usage": used}, "m")
    assert text == "{}" and 0 < usage.reasoning_tokens < 90


@pytest.mark.parametrize("text", ['{"a": "</think>"}', '```json\n{"a": "</think>"}\n```', "I think so."])
def test_an_answer_that_only_speaks_of_thinking_is_left_as_it_is(text: str) -> None:
    assert split_thinking(text) == ("", text)


@pytest.mark.parametrize(
    "told",
    [
        None,
        [],
        "many",
        {"prompt_tokens": "x"},
        {"prompt_tokens": 2**63, "completion_tokens": -1},
        {"prompt_tokens": math.nan, "completion_tokens": math.inf},
        {"prompt_tokens": 0, "completion_tokens": 90},
        {"prompt_tokens": -1, "completion_tokens": 90, "total_tokens": 500},
        {"prompt_tokens": 410, "completion_tokens": "many"},
        {"prompt_tokens": 410},
    ],
)
def test_a_usage_that_is_none_counts_as_not_told(told: Any) -> None:
    usage = usage_reported(told, {"odd": 1}, text="{}")
    assert usage.tokens == 0 and usage.finish_reason is None
    assert not is_cut_off("{}", usage)


async def test_a_job_that_is_taken_up_knows_how_long_the_answers_could_be(
    mock_openai: MockOpenAI, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kill forgets how much room was found out; answers that had it are no reason to stop the job for good."""
    thinking(mock_openai, least=2_000, most=2_000)
    services = services_for(mock_openai, tmp_path / "home", max_concurrency=4, budget_tokens=1_000_000)
    item = approved(services, 8)
    with monkeypatch.context() as patch:
        lose_the_journal(patch, lambda one: one.number > 0)
        patch.setattr(Services, "remember_answer_rooms", lambda services: None)
        assert (await run_approved_item(services, *item))["error"]["code"] == "internal"
    later = services_for(mock_openai, tmp_path / "home", max_concurrency=4, budget_tokens=1_000_000)
    answer = await run_approved_item(later, *item)
    assert answer["success"], answer
    assert (answer["generation"]["status"], answer["generation"]["accepted"]) == ("complete", 8), answer
    attempts = list_attempts(later.store, answer["generation"]["job_id"])
    with later.store.read() as connection:
        reserved = budget_of(connection, item[0]).reserved_tokens
    (job,) = list_jobs(later.store)
    assert reserved == job.lost_tokens
    assert job.lost_calls == sum(one.check == "interrupted" for one in attempts)


async def test_what_was_set_aside_for_an_attempt_is_what_it_may_use_when_it_is_taken_up(
    mock_openai: MockOpenAI, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another job has found out meanwhile that this model needs more room; the endpoint counts nothing."""
    limits, good = list[int](), texts()

    def answer(body: dict[str, Any]) -> dict[str, Any]:
        limits.append(body["max_tokens"])
        return {"content": good(body), "usage": {"prompt_tokens": None}}

    async def die_between(asking: Asking, attempt: Any, *, is_last: bool) -> Any:
        if attempt.replies:
            raise RuntimeError("the machine dies here")
        return await ask(asking, attempt, is_last=is_last)

    services = services_for(mock_openai, tmp_path / "home", max_concurrency=1)
    item, ask = approved(services, 1, "message_variation"), Asking.ask
    mock_openai.reply = answer
    # What the model says is refused, but only when both of its replies are there.
    monkeypatch.setattr(MessageVariation, "check", lambda strategy, candidate: None)
    with monkeypatch.context() as patch:
        patch.setattr(Asking, "ask", die_between)
        assert (await run_approved_item(services, *item))["error"]["code"] == "internal"
    services.answer_room().learn(0, "", TokenUsage(100, 1_000, reasoning_tokens=900, finish_reason="length"))
    services.remember_answer_rooms()
    later = services_for(mock_openai, tmp_path / "home", max_concurrency=1)
    answered = await run_approved_item(later, *item)
    assert answered["success"], answered
    assert "no cap can be kept" not in str(answered["generation"]["stop_reason"])
    assert limits[1] < STEP, "its second request has the room that was set aside for it"
