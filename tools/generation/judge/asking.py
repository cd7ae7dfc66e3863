"""Sending an attempt to the judge, as one more reply of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...errors import EndpointError
from ...models.answer_room import AnswerRoom, cut_off_words, is_cut_off
from ...models.endpoint_errors import PromptFiltered, TransientEndpointError
from ...models.endpoint_session import EndpointSession
from ...settings import PREFIX
from ..attempts.concurrency import AdaptiveLimit
from ..attempts.draft import Rejection
from ..attempts.model_calls import Calls
from ..attempts.open_attempt import Failed, Open

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

MOST_LOST = 3
"""Calls to the judge about one record that may fail; then the record is given up. Each may have been charged."""
_HINT = (
    f"Check {PREFIX}JUDGE_MODEL, {PREFIX}JUDGE_BASE_URL and {PREFIX}JUDGE_API_KEY, and resume the job: what was "
    f"written is kept, and not paid for again. Without {PREFIX}JUDGE_MODEL it goes on without a judge."
)


@dataclass(frozen=True)
class JudgeLine:
    """The line to the judge.

    Attributes:
        model: what is asked.
        limit: how many requests at once; the same object as the writing model's when both are at one endpoint.
        room: for its answers.
    """

    model: BaseChatModel
    limit: AdaptiveLimit
    room: AnswerRoom


async def ask_judge(calls: Calls, attempt: Open) -> None:
    """Get the verdict on an attempt whose question is set; it is not journalled yet.

    Raises:
        TransientEndpointError: no answer this time; unless the judge was only busy, the call is noted as lost.
        EndpointError: a refusal that will repeat.
    """
    assert attempt.question is not None
    try:
        verdict, usage = await calls.ask(attempt.question, "verdict")
    except TransientEndpointError as error:
        if not error.is_free:
            attempt.lost_verdicts += 1
        raise TransientEndpointError(
            f"The judge did not answer: {error.message}",
            hint=_HINT,
            rate_limited=error.rate_limited,
            is_free=error.is_free,
        ) from error
    except PromptFiltered:
        raise
    except EndpointError as error:
        raise EndpointError(f"The judge cannot be asked: {error.message}", hint=_HINT) from error
    if is_cut_off(verdict, usage):
        attempt.add_cut_verdict(usage)
        said = cut_off_words(attempt.question.max_tokens, usage)
        raise TransientEndpointError(f"The judge's verdict cannot be used: {said}.", hint=_HINT)
    attempt.add_verdict(verdict, usage)


async def ask_judge_of_all(
    line: JudgeLine, written: Sequence[Open], journal: Callable[[Open], Awaitable[None]]
) -> tuple[list[Open], list[Failed]]:
    """Ask about many attempts at once, outside of any engine.

    Args:
        line: to the judge.
        written: attempts whose questions are set.
        journal: writes a verdict down; called the moment that it has come.

    Returns:
        Those with a verdict, with those to ask about again; and those that the judge did not answer often enough.

    Raises:
        EndpointError: the judge refuses for good or is down; all verdicts that came are journalled.
    """
    async with EndpointSession(line.model) as session:
        calls = Calls(session, line.limit, line.room)

        async def ask(one: Open) -> EndpointError | None:
            await line.limit.acquire()
            try:
                await ask_judge(calls, one)
            except EndpointError as error:
                return error
            finally:
                line.limit.release()
            await journal(one)
            return None

        asked = await asyncio.gather(*map(ask, written))
    problems = [problem for problem in asked if problem is not None]
    for problem in problems:
        if calls.is_down or not isinstance(problem, TransientEndpointError | PromptFiltered):
            raise problem
    failed = [
        Failed(one, Rejection("endpoint", str(problem)[:300]), is_free=True)
        for one, problem in zip(written, asked, strict=True)
        if isinstance(problem, PromptFiltered) or (problem is not None and one.failed_verdicts >= MOST_LOST)
    ]
    given_up = {one.attempt.number for one in failed}
    return [one for one in written if one.number not in given_up], failed
