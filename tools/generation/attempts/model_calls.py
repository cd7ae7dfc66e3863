"""Calling the model: one request at a time for each permit, again when the endpoint is busy."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from contextlib import suppress

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception
from tenacity.stop import stop_base

from ...errors import EndpointError
from ...models.answer_room import AnswerRoom
from ...models.endpoint_errors import TransientEndpointError
from ...models.endpoint_session import EndpointSession
from ...models.usage import TokenUsage
from .concurrency import AdaptiveLimit
from .draft import Request

PATIENCE = 600.0
"""Seconds for which an endpoint may answer 429 and nothing else."""
SHORTEST_PAUSE, LONGEST_PAUSE = 0.25, 30.0
"""Seconds between two tries when the endpoint does not say how long to wait, at the least and at the most."""
LONGEST_ASKED = 120.0
"""Seconds that an endpoint is obeyed when it says how long to wait; then it is asked whether it still is busy."""
TRANSIENT_FAILURES = 5
"""Failed calls in a row after which the endpoint counts as down, when nothing has come from it for a while."""
SILENCE = 30.0
"""Seconds without an answer that make it down; at the start, none has come at all."""
LONGEST_BREATH = 10.0
"""Seconds that a place rests after a failed call, at most: a random part of a time that doubles with each in a row."""
LONG_ENOUGH_TO_TELL = 3.0
"""Seconds of a pause that whoever watches is told of."""

OnWait = Callable[[str], None]


class _If(stop_base):
    def __init__(self, holds: Callable[[], bool]) -> None:
        self._holds = holds

    def __call__(self, retry_state: RetryCallState) -> bool:
        return self._holds()


class Calls:
    """Sends requests to an endpoint, as many at once as it takes.

    The first call to a model of which nothing is known goes alone: what its answer shows decides how much room the
    others get.

    Args:
        session: the line to the model.
        limit: how many at once.
        room: for the model's answers; learns from each.
        patience: seconds for which it may be busy and answer nothing.
        on_wait: is told, in words, what is waited for, when that takes long.
    """

    def __init__(
        self,
        session: EndpointSession,
        limit: AdaptiveLimit,
        room: AnswerRoom,
        *,
        patience: float = PATIENCE,
        on_wait: OnWait | None = None,
    ) -> None:
        self._session = session
        self._limit = limit
        self._room = room
        self._first = asyncio.Lock()
        self._sent: set[int] = set()  # requests that are at the endpoint, by id
        self._failures_in_row = 0
        self._last_answer: float | None = None
        self._patience = patience
        self._on_wait = on_wait
        self._busy_since: float | None = None
        self._given_up = asyncio.Event()

    def give_up(self) -> None:
        """Wait for no busy endpoint any more; requests that are under way are left to end."""
        self._given_up.set()

    def is_sent(self, request: Request) -> bool:
        """Whether a request is at the endpoint, or was when it was cancelled: it may be charged for."""
        return id(request) in self._sent

    @property
    def is_down(self) -> bool:
        """Whether asking again makes no sense: failures in a row and silence, or nothing but refusals for too long."""
        if self._busy_since is not None and time.monotonic() - self._busy_since > self._patience:
            return True
        is_silent = self._last_answer is None or time.monotonic() - self._last_answer > SILENCE
        return self._failures_in_row >= TRANSIENT_FAILURES and is_silent

    async def ask(self, request: Request, name: str) -> tuple[str, TokenUsage]:
        """Ask; the caller holds a permit, and keeps it while a busy endpoint has it wait.

        A place that waits is a place that nobody else takes: else the next request would meet the same refusal.

        Args:
            request: what to ask.
            name: a name for the answer's schema.

        Raises:
            TransientEndpointError: failing or unreachable, or busy for too long; raised after a rest.
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
        self._failures_in_row, self._last_answer, self._busy_since = 0, time.monotonic(), None
        self._room.learn(request.room, *answer)
        return answer

    async def _until_taken(self, request: Request, name: str) -> tuple[str, TokenUsage]:
        refusal: TransientEndpointError | None = None
        try:
            async for attempt in AsyncRetrying(
                retry=retry_if_exception(_is_busy),
                wait=self._pause,
                sleep=self._rest,
                stop=_If(lambda: self._given_up.is_set() or self.is_down),
                reraise=True,
            ):
                with attempt:
                    if refusal is not None and self._given_up.is_set():
                        raise refusal  # the pause before this try was cut short
                    try:
                        return await self._once(request, name)
                    except TransientEndpointError as error:
                        refusal = error
                        raise
        except TransientEndpointError as error:
            if error.rate_limited and self.is_down:
                error.message = (
                    f"{error.message} It has been so for {self._patience:.0f} seconds, without an answer."
                )
            raise
        raise AssertionError("tenacity ends with a result or an error")

    def _pause(self, state: RetryCallState) -> float:
        """How long to wait: what the endpoint asked for, or longer with each refusal; a little apart from others."""
        error = state.outcome.exception() if state.outcome else None
        asked = error.retry_after if isinstance(error, TransientEndpointError) else None
        longest = min(LONGEST_PAUSE, 0.5 * 2.0**state.attempt_number)
        own = max(SHORTEST_PAUSE, random.uniform(0, longest))
        pause = own if asked is None else max(own, min(asked, LONGEST_ASKED) * random.uniform(1.0, 1.1))
        now = time.monotonic()
        self._busy_since = self._busy_since or now
        # Not beyond the end of all patience, so that it is said in time.
        pause = min(pause, max(SHORTEST_PAUSE, self._busy_since + self._patience - now + 0.01))
        if pause >= LONG_ENOUGH_TO_TELL and self._on_wait is not None:
            says = f", and asked to wait {asked:,.0f} s" if asked is not None else ""
            self._on_wait(f"the endpoint is busy (429{says}); asking again in {pause:.0f} s")
        return pause

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
            if isinstance(error, TransientEndpointError) and (error.rate_limited or error.timed_out):
                self._limit.refused(permit)
            raise
        self._sent.discard(id(request))
        self._limit.succeeded(permit)
        return answer


def _is_busy(error: BaseException) -> bool:
    return isinstance(error, TransientEndpointError) and error.rate_limited
