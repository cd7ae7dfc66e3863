"""The next request of an attempt, to the model that writes or to the verifier, and what its end means for it."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Literal

from ...errors import EndpointError
from ...models.answer_room import AnswerRoom
from ...models.endpoint_errors import PromptFiltered, RequestTooLong, TransientEndpointError, UnusableAnswer
from ...models.endpoint_session import EndpointSession
from ...models.usage import FILTERED
from ..checks.verifier.asking import MOST_LOST, VerifierLine, ask_verifier
from .concurrency import AdaptiveLimit
from .draft import Rejection
from .model_calls import Calls, OnWait
from .open_attempt import OUTGROWN, Failed, Open

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

Asked = Failed | Literal["answered", "again", "left"]
"""``again``: the verifier did not answer this time; ``left``: it fails, so the attempt stays in the journal as it is,
and is judged when the job is resumed."""


class Asking:
    """The lines to the models of one job.

    Args:
        model: what writes.
        limit: how many requests at once.
        room: for the writing model's answers.
        verifier: the line to the verifier; None when there is no verifier.
        patience: seconds for which an endpoint may be busy and answer nothing.
        on_wait: is told what is waited for.

    Attributes:
        error: why nothing more can be asked: an endpoint refuses for good, or stays down.
        not_sent: attempts that were cancelled while they waited for their turn; nothing was sent for them.
    """

    def __init__(
        self,
        model: BaseChatModel,
        limit: AdaptiveLimit,
        room: AnswerRoom,
        verifier: VerifierLine | None,
        *,
        patience: float,
        on_wait: OnWait,
    ) -> None:
        self._model = model
        self._limit = limit
        self._room = room
        self._verifier = verifier
        self._patience = patience
        self._on_wait = on_wait
        self._calls: Calls | None = None
        self._verifier_calls: Calls | None = None
        self._verifier_fails = False
        self.error: EndpointError | None = None
        self.not_sent: list[Open] = []

    async def connect(self, stack: AsyncExitStack) -> None:
        """Open the lines; they are closed with the stack."""
        session = await stack.enter_async_context(EndpointSession(self._model))
        self._calls = self._line(session, self._limit, self._room)
        if self._verifier is not None:
            session = await stack.enter_async_context(EndpointSession(self._verifier.model))
            self._verifier_calls = self._line(session, self._verifier.limit, self._verifier.room)

    def _line(self, session: EndpointSession, limit: AdaptiveLimit, room: AnswerRoom) -> Calls:
        return Calls(session, limit, room, patience=self._patience, on_wait=self._on_wait)

    def give_up(self) -> None:
        """Wait for no busy endpoint any more; requests that are under way are left to end."""
        for calls in (self._calls, self._verifier_calls):
            if calls is not None:
                calls.give_up()

    async def ask(self, attempt: Open, *, is_last: bool) -> Asked:
        """Send the next request of an attempt; an answer is added to it.

        Args:
            attempt: what to ask for.
            is_last: whether the job stops, so that nothing is asked again.
        """
        if attempt.is_written:
            return await self._ask_verifier(attempt, is_last=is_last)
        assert self._calls is not None
        request = attempt.requests[len(attempt.replies)]
        try:
            reply, usage = await self._calls.ask(request, attempt.draft.strategy)
        except asyncio.CancelledError:
            if not self._calls.is_sent(request):
                self.not_sent.append(attempt)
            raise
        except TransientEndpointError as error:
            if self._calls.is_down:
                self.error = self.error or error
            return Failed(attempt, _refusal(error), is_free=error.is_free)
        except PromptFiltered as error:
            return Failed(attempt, _refusal(error), is_free=True)
        except RequestTooLong as error:
            if self._room.shrink(request.room):
                return Failed(attempt, OUTGROWN, is_free=True)
            self.error = self.error or error
            return Failed(attempt, _refusal(error), is_free=True)
        except EndpointError as error:
            self.error = self.error or error
            return Failed(attempt, _refusal(error), is_free=True)
        attempt.add_reply(reply, usage)
        return "answered"

    async def _ask_verifier(self, attempt: Open, *, is_last: bool) -> Asked:
        assert self._verifier_calls is not None
        if self._verifier_fails:
            return "left"
        try:
            await ask_verifier(self._verifier_calls, attempt)
        except PromptFiltered as error:
            return Failed(attempt, _refusal(error), is_free=True)
        except EndpointError as error:
            if not isinstance(error, TransientEndpointError) or self._verifier_calls.is_down:
                self._verifier_fails = True
                self.error = self.error or error
                return "left"
            if attempt.failed_verdicts < MOST_LOST and not is_last:
                return "again"
            return Failed(attempt, _refusal(error), is_free=True)  # what was lost is noted in the attempt
        return "answered"


def _refusal(error: EndpointError) -> Rejection:
    checks = {UnusableAnswer: "endpoint_answer", PromptFiltered: FILTERED}
    return Rejection(checks.get(type(error), "endpoint"), str(error)[:300])
