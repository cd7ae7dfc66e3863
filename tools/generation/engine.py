"""The engine: fills the slots of a job, as many at once as the endpoint takes.

Four workers pass attempts on to each other: one drafts and journals them ahead of need, one sends them, one
journals the answers the moment they arrive, one judges them. There are no batches that anybody waits for: each
takes what is there. A refused slot is owed again at once.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ..errors import EndpointError
from ..models.endpoint_session import EndpointSession
from ..models.structured import TransientEndpointError
from .attempt_work import AttemptWork
from .calls import Calls
from .concurrency import AdaptiveLimit
from .draft import Rejection
from .in_thread import in_thread
from .ledger import Job
from .open_attempt import UNSENT, Failed, Open, Outcome
from .places import Places
from .progress import OnProgress
from .signals import Signals
from .slot_keeping import SlotKeeping
from .take_up import Left

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

BREATH = 0.01
"""Seconds that the journal and the judge wait for company: a transaction for several answers costs hardly more than
one for one. No place at the endpoint waits for them."""
MOST_UNJUDGED = 256
"""Answers that wait for the judge, above which no attempt is begun. Each holds its prompt, some kilobytes."""
MOST_AT_ONCE = 16
"""Attempts drafted or judged in one go: what waits behind them waits some milliseconds."""


class Engine(SlotKeeping):
    """Carries out one job.

    Args:
        model: what is asked.
        job: what is owed.
        work: drafts, journals and judges.
        left: what earlier runs of the job left to do.
        limit: how many requests at once.
        on_progress: called from the event loop whenever something was accepted or refused.
    """

    def __init__(
        self,
        model: BaseChatModel,
        job: Job,
        work: AttemptWork,
        left: Left,
        limit: AdaptiveLimit,
        on_progress: OnProgress | None = None,
    ) -> None:
        super().__init__(job, work, left, on_progress)
        self._model = model
        self._limit = limit
        self._signals = Signals("begin", "write", "judge", "over")
        self._places = Places(limit, self._send, lambda: self._signals.tell("begin"))
        self._answered: list[Open] = []
        self._to_judge = list(left.answered)
        self._failed: list[Failed] = []
        self._in_hand = len(left.answered)  # attempts between their beginning and their outcome
        self._waits_for_budget: str | None = None
        self._calls: Calls | None = None
        self._error: EndpointError | None = None

    async def run(self) -> str | None:
        """Fill the slots.

        Returns:
            Why the job stops short, or None when every slot is filled.

        Raises:
            EndpointError: the endpoint refuses for good, or stays down.
        """
        self._tally.report()
        try:
            async with EndpointSession(self._model) as session, asyncio.TaskGroup() as group:
                self._calls = Calls(session, self._limit)
                workers = [
                    group.create_task(worker)
                    for worker in (self._begin(), self._places.serve(group), self._write(), self._judge())
                ]
                await self._signals.when("over", self._is_over)
                for worker in workers:
                    worker.cancel()
        finally:
            await self._leave_in_order()
        if self._error is not None:
            raise self._error
        return self._why_short()

    @property
    def found_limit(self) -> int | None:
        """How many requests at once the endpoint takes, when it has shown that; None otherwise."""
        return self._limit.limit if self._limit.has_fallen else None

    async def _leave_in_order(self) -> None:
        """After an interruption: write down what was paid for, give back what was set aside and not sent."""
        if self._answered:
            await in_thread(self._work.write_down, self._answered)
        if unsent := [
            Failed(attempt, UNSENT, is_free=True) for attempt in self._places.waiting if not attempt.replies
        ]:
            await in_thread(self._work.judge, [], unsent)

    def stop(self, reason: str) -> None:
        """Begin nothing more; what is under way is paid for and will be judged."""
        self._stop = self._stop or reason
        if self._calls is not None:
            self._calls.give_up()
        self._signals.tell("begin", "over")

    # The workers: each waits until there is something for it, takes it, and tells the next one.

    async def _begin(self) -> None:
        while True:
            await self._signals.when("begin", lambda: self._startable() > 0)
            slots = [self._owed.popleft() for _ in range(self._startable())]
            first = self._next_attempt
            self._next_attempt += len(slots)
            self._in_hand += len(slots)
            begun, refusal = await in_thread(self._work.begin, list(enumerate(slots, first)))
            self._in_hand -= len(slots) - len(begun)
            self._owed.extendleft(reversed(slots[len(begun) :]))
            self._waits_for_budget = str(refusal) if refusal else None
            self._places.add(begun)
            self._signals.tell("over")

    async def _write(self) -> None:
        while True:
            await self._signals.when("write", lambda: bool(self._answered))
            await asyncio.sleep(BREATH)
            answered, self._answered = self._answered, []
            problem = await in_thread(self._work.write_down, answered)
            if problem:
                self.stop(problem)
            self._to_judge.extend(answered)
            self._waits_for_budget = None  # something was settled: there may be room again
            self._signals.tell("judge", "begin")

    async def _judge(self) -> None:
        while True:
            await self._signals.when("judge", lambda: bool(self._to_judge or self._failed))
            await asyncio.sleep(BREATH)
            batch, self._to_judge = self._to_judge[:MOST_AT_ONCE], self._to_judge[MOST_AT_ONCE:]
            failed, self._failed = self._failed, []
            for outcome in await in_thread(self._work.judge, batch, failed):
                self._settle(outcome)
            self._waits_for_budget = None
            self._tally.report()
            self._signals.tell("begin", "over")

    async def _send(self, attempt: Open) -> None:
        """Send the next request of an attempt; what came of it goes to the other workers."""
        assert self._calls is not None
        if self._stop is not None and not attempt.replies:
            self._give_up(attempt, UNSENT, is_free=True)  # begun ahead and not needed: nothing was sent
            return
        request = attempt.draft.requests[len(attempt.replies)]
        try:
            reply, usage = await self._calls.ask(request, attempt.draft.strategy)
        except TransientEndpointError as error:
            if self._calls.is_down:
                self._error = self._error or error
                self.stop(str(error))
            self._give_up(attempt, _refused_by_endpoint(error), is_free=error.rate_limited)
        except EndpointError as error:
            self._error = self._error or error
            self.stop(str(error))
            self._give_up(attempt, _refused_by_endpoint(error), is_free=True)
        else:
            attempt.replies.append(reply)
            attempt.prompt_tokens += usage.prompt_tokens
            attempt.completion_tokens += usage.completion_tokens
            self._answered.append(attempt)
            self._signals.tell("write")

    def _give_up(self, attempt: Open, why: Rejection, *, is_free: bool) -> None:
        # Unless the endpoint refused the call, it may have charged for it: the reservation stays.
        self._failed.append(Failed(attempt, why, is_free))
        self._signals.tell("judge")

    def _settle(self, outcome: Outcome) -> None:
        if outcome.status == "continues":
            self._places.add_first(outcome.attempt)
            return
        self._in_hand -= 1
        self._ended(outcome)

    # What the workers wait for.

    def _startable(self) -> int:
        """How many attempts to begin now: some ahead of need, so that a place that gets free is taken at once."""
        if self._stop is not None or self._waits_for_budget is not None:
            return 0
        if len(self._answered) + len(self._to_judge) > MOST_UNJUDGED:
            return 0  # an endpoint that is faster than the judge must not fill the memory
        wanted = max(1, self._limit.limit // 2) + self._limit.free
        if len(self._places) > wanted // 2:
            return 0  # some at once cost less than one after the other
        refusals_left = self._tally.refusals_left - self._in_hand
        return max(0, min(len(self._owed), wanted - len(self._places), refusals_left, MOST_AT_ONCE))

    def _is_over(self) -> bool:
        if self._in_hand:
            return False
        if self._waits_for_budget is not None and self._owed:
            self._stop = self._stop or self._waits_for_budget
        return self._stop is not None or not self._owed or self._startable() == 0


def _refused_by_endpoint(error: EndpointError) -> Rejection:
    return Rejection("endpoint", str(error)[:300])
