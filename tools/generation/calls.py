"""Calling the model: one request at a time for each permit, again when the endpoint is busy."""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import suppress

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_delay
from tenacity.stop import stop_base

from ..errors import EndpointError
from ..models.answer_room import AnswerRoom
from ..models.endpoint_errors import TransientEndpointError
from ..models.endpoint_session import EndpointSession
from ..models.usage import TokenUsage
from .concurrency import AdaptiveLimit
from .draft import Request

MOST_WAITING = 600.0
"""Seconds for which one request is sent again and again to an endpoint that answers 429."""
LONGEST_PAUSE = 30.0
"""Seconds between two tries when the endpoint does not say how long to wait."""
TRANSIENT_FAILURES = 5
"""Failed calls in a row after which the endpoint counts as down, when nothing has come from it for a while."""
SILENCE = 30.0
"""Seconds without an answer that make it down; at the start, none has come at all."""
LONGEST_BREATH = 10.0
"""Seconds that a place rests after a failed call, at most: a random part of a time that doubles with each in a row."""


class _GivenUp(stop_base):
    def __init__(self, event: asyncio.Event) -> None:
        self._event = event

    def __call__(self, retry_state: RetryCallState) -> bool:
        return self._event.is_set()


class Calls:
    """Sends requests to an endpoint, as many at once as it takes.

    The first call to a model of which nothing is known goes alone: what its answer shows decides how much room the
    others get.

    Args:
        session: the line to the model.
        limit: how many at once.
        room: for the model's answers; learns from each.
    """

    def __init__(self, session: EndpointSession, limit: AdaptiveLimit, room: AnswerRoom) -> None:
        self._session = session
        self._limit = limit
        self._room = room
        self._first = asyncio.Lock()
        self._sent: set[int] = set()  # requests that are at the endpoint, by id
        self._failures_in_row = 0
        self._last_answer: float | None = None
        self._given_up = asyncio.Event()

    def give_up(self) -> None:
        """Wait for no busy endpoint any more; requests that are under way are left to end."""
        self._given_up.set()

    def is_sent(self, request: Request) -> bool:
        """Whether a request is at the endpoint, or was when it was cancelled: it may be charged for."""
        return id(request) in self._sent

    @property
    def is_down(self) -> bool:
        """Whether asking again makes no sense: failures in a row, and silence."""
        is_silent = self._last_answer is None or time.monotonic() - self._last_answer > SILENCE
        return self._failures_in_row >= TRANSIENT_FAILURES and is_silent

    async def ask(self, request: Request, name: str) -> tuple[str, TokenUsage]:
        """Ask; the caller holds a permit, and keeps it while a busy endpoint has it wait.

        A place that waits is a place that nobody else takes: else the next request would meet the same refusal.

        Args:
            request: what to ask.
            name: a name for the answer's schema.

        Raises:
            TransientEndpointError: failing or unreachable, or busy for `MOST_WAITING` seconds; raised after a rest.
            EndpointError: a refusal that will repeat.
        """
        if self._room.is_known:
            return await self._ask(request, name)
        async with self._first:
            if not self._room.is_known:
                return await self._ask(request, name)
        return await self._ask(request, name)

    async def _ask(self, request: Request, name: str) -> tuple[str, TokenUsage]:
        try:
            answer = await self._until_taken(request, name)
        except TransientEndpointError:
            self._failures_in_row += 1
            if not self.is_down:
                await self._rest(random.uniform(0, min(LONGEST_BREATH, 0.1 * 2.0**self._failures_in_row)))
            raise
        self._failures_in_row, self._last_answer = 0, time.monotonic()
        self._room.learn(request.room, *answer)
        return answer

    async def _until_taken(self, request: Request, name: str) -> tuple[str, TokenUsage]:
        try:
            return await self._once(request, name)
        except TransientEndpointError as error:
            if not error.rate_limited:
                raise
            await self._rest(_seconds(error, 1))
            if self._given_up.is_set():
                raise
        async for attempt in AsyncRetrying(
            retry=retry_if_exception(_is_busy),
            wait=_pause,
            sleep=self._rest,
            stop=stop_after_delay(MOST_WAITING) | _GivenUp(self._given_up),
            reraise=True,
        ):
            with attempt:
                return await self._once(request, name)
        raise AssertionError("tenacity ends with a result or an error")

    async def _rest(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._given_up.wait(), seconds)

    async def _once(self, request: Request, name: str) -> tuple[str, TokenUsage]:
        permit = self._limit.permit()
        self._sent.add(id(request))
        try:
            answer = await self._session.json(
                request.prompt,
                request.schema,
                name=name,
                max_tokens=request.max_tokens,
                temperature=request.temperature,
            )
        except EndpointError as error:
            self._sent.discard(id(request))
            if isinstance(error, TransientEndpointError) and error.rate_limited:
                self._limit.refused(permit)
            raise
        self._sent.discard(id(request))
        self._limit.succeeded(permit)
        return answer


def _is_busy(error: BaseException) -> bool:
    return isinstance(error, TransientEndpointError) and error.rate_limited


def _pause(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    return _seconds(error, state.attempt_number + 1)


def _seconds(error: BaseException | None, refusals: int) -> float:
    """How long to wait: what the endpoint asked for, or longer with each refusal; a little apart from the others."""
    asked = error.retry_after if isinstance(error, TransientEndpointError) else None
    if asked is not None:
        return asked * random.uniform(1.0, 1.1)
    return random.uniform(0, min(LONGEST_PAUSE, 0.5 * 2.0**refusals))
