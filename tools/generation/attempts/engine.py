"""The engine: fills the slots of a job, as many at once as the endpoint takes.

Three workers pass attempts on to each other: one drafts and journals them ahead of need, one sends them and spools
the answers the moment they arrive, one judges and journals these. What blocks has a thread of its own. There are no
batches that anybody waits for: each takes what is there. A refused slot is owed again at once.
"""

from __future__ import annotations

import asyncio
import math
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from ...errors import EndpointError
from ..checks.verifier.asking import VerifierLine
from ..jobs.ledger import Job
from ..jobs.progress import OnProgress
from ..jobs.resumption import Left
from .answer_spool import AnswerSpool
from .concurrency import AdaptiveLimit
from .endpoint_permits import Places
from .in_thread import OwnThread, in_thread
from .model_calls import PATIENCE
from .next_request import Asking
from .open_attempt import OUTGROWN, UNSENT, Failed, Open, Outcome
from .signals import Signals
from .slots import SlotKeeping
from .stages import AttemptWork

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from ...errors import BudgetExceeded

BREATH = 0.01
"""Seconds that judging waits for company: a transaction for several outcomes costs hardly more than one for one. No
place at the endpoint waits for it, and what it has not come to is in the journal."""
MOST_UNJUDGED = 256
"""Answers that wait for the verifier, above which no attempt is begun. Each holds its prompt, some kilobytes."""
MOST_AT_ONCE = 64
"""Attempts drafted or judged in one go: what waits behind them waits some milliseconds."""


class Engine(SlotKeeping):
    """Carries out one job.

    Args:
        model: what is asked.
        job: what is owed.
        work: drafts, journals and judges.
        left: what earlier runs of the job left to do.
        limit: how many requests at once.
        spool: where answers are until the journal has them.
        verifier: the line to the verifier; None when there is no verifier.
        on_progress: called from the event loop whenever something was accepted or refused.
        patience: seconds for which an endpoint may be busy and answer nothing.
    """

    def __init__(
        self,
        model: BaseChatModel,
        job: Job,
        work: AttemptWork,
        left: Left,
        limit: AdaptiveLimit,
        spool: AnswerSpool,
        verifier: VerifierLine | None = None,
        on_progress: OnProgress | None = None,
        *,
        patience: float = PATIENCE,
    ) -> None:
        super().__init__(job, work, left, on_progress)
        self._limit = limit
        self._spool = spool
        self._asking = Asking(
            model, limit, work.room, verifier, patience=patience, on_wait=self._tally.report
        )
        self._signals = Signals("begin", "verifier", "over")
        self._places = Places(limit, self._send, lambda: self._signals.tell("begin"))
        # At one endpoint there is one set of places, whoever is asked.
        self._verifier_places = self._places
        if verifier is not None and verifier.limit is not limit:
            self._verifier_places = Places(verifier.limit, self._send, lambda: None)
        self._drafting, self._judging = OwnThread("draft"), OwnThread("verifier")
        self._answered = list(left.answered)
        self._failed: list[Failed] = []
        self._begun: list[Open] = []
        self._in_hand = len(left.answered)  # attempts between their beginning and their outcome
        self._waits_for_budget: str | None = None
        self._error: EndpointError | None = None

    async def run(self) -> str | None:
        """Fill the slots.

        Returns:
            Why the job stops short, or None when every slot is filled.

        Raises:
            EndpointError: the endpoint refuses for good, or stays down.
        """
        self._tally.report()
        await in_thread(self._spool.open)
        try:
            async with AsyncExitStack() as stack:
                await self._asking.connect(stack)
                group = await stack.enter_async_context(asyncio.TaskGroup())
                serving = [places.serve(group) for places in {self._places, self._verifier_places}]
                workers = [group.create_task(worker) for worker in (self._begin(), *serving, self._judge())]
                await self._signals.when("over", self._is_over)
                for worker in workers:
                    worker.cancel()
        finally:
            try:
                await self._leave_in_order()
                await in_thread(self._spool.remove)
            finally:
                self._spool.close()
                self._drafting.end()
                self._judging.end()
        if error := self._asking.error or self._error:
            raise error
        return self._why_short()

    async def _leave_in_order(self) -> None:
        """After an interruption: write down what was paid for, give back what was set aside and not sent."""
        await in_thread(self._work.write_down, self._answered)
        ready = [*self._begun, *self._places.waiting, *self._asking.not_sent]
        unsent = [Failed(attempt, UNSENT, is_free=True) for attempt in ready if not attempt.replies]
        if left := [*self._failed, *unsent]:
            await in_thread(self._work.judge, [], left)

    @property
    def is_out_of_budget(self) -> bool:
        """Whether it stops for want of room in the budget."""
        return self._stop is not None and self._stop == self._waits_for_budget

    @property
    def waiting(self) -> int:
        """Attempts that are ready and wait for a place."""
        return sum(map(len, {self._places, self._verifier_places}))

    @property
    def rounds_left(self) -> float:
        """Requests that each place still makes, if none is refused, beside the one that it makes now."""
        return (self.owed + self.waiting) / self._limit.limit if self._limit.limit else math.inf

    def stop(self, reason: str) -> None:
        """Begin nothing more; what is under way is paid for and will be judged."""
        self._stop = self._stop or reason
        self._asking.give_up()
        self._signals.tell("begin", "over")

    # The workers: each waits until there is something for it, takes it, and tells the next one.

    async def _begin(self) -> None:
        while True:
            await self._signals.when("begin", lambda: self._startable() > 0)
            slots = [self._owed.popleft() for _ in range(self._startable())]
            numbered = self._numbered(slots)
            self._next_attempt += len(slots) * self._job.parts
            self._in_hand += len(slots)
            begun, refusal = await self._drafting.run(self._begin_here, numbered)
            self._in_hand -= len(slots) - len(begun)
            self._owed.extendleft(reversed(slots[len(begun) :]))
            self._waits_for_budget = str(refusal) if refusal else None
            self._begun = []
            self._places.add(begun)
            self._signals.tell("over")

    def _begin_here(self, owed: list[tuple[int, int]]) -> tuple[list[Open], BudgetExceeded | None]:
        # Kept aside until they have a place: whoever is cancelled while this runs never sees what it returns.
        begun, refusal = self._work.begin(owed)
        self._begun = begun
        return begun, refusal

    async def _judge(self) -> None:
        while True:
            await self._signals.when("verifier", lambda: bool(self._answered or self._failed))
            await asyncio.sleep(BREATH)
            # First what ends: it gives back what it had set aside.
            self._answered.sort(key=lambda one: not one.is_whole)
            # They leave the list when the journal has them, not before: whoever ends the job looks there.
            batch, failed, self._failed = self._answered[:MOST_AT_ONCE], self._failed, []
            try:
                outcomes, problem = await self._judging.run(self._work.judge, batch, failed)
            except EndpointError as error:
                outcomes, problem = await self._leave_unjudged(batch, failed, error)
            del self._answered[: len(batch)]
            if problem:
                self.stop(problem)
            for outcome in outcomes:
                self._settle(outcome)
            if reason := self._tally.must_stop:
                self.stop(reason)
            if not self._answered:
                self._spool.empty()
            self._waits_for_budget = None  # something was settled: there may be room again
            self._tally.report()
            self._signals.tell("begin", "over")

    async def _leave_unjudged(
        self, answered: list[Open], failed: list[Failed], error: EndpointError
    ) -> tuple[list[Outcome], str | None]:
        """The embedding model does not answer: what is paid for stays in the journal, for when the job is resumed."""
        self._error = self._error or error
        await self._judging.run(self._work.write_down, answered)
        self._in_hand -= len(answered)
        outcomes, problem = await self._judging.run(self._work.judge, [], failed)
        return outcomes, problem or str(error)

    async def _send(self, attempt: Open) -> None:
        """Send the next request of an attempt; what came of it goes to the other workers."""
        if self._stop is not None and not attempt.replies:
            self._failed.append(Failed(attempt, UNSENT, is_free=True))  # begun ahead and not needed
            self._signals.tell("verifier")
            return
        if not attempt.replies and attempt.draft.requests[0].room != self._work.room.extra:
            self._failed.append(Failed(attempt, OUTGROWN, is_free=True))
            self._signals.tell("verifier")
            return
        asked = await self._asking.ask(attempt, is_last=self._stop is not None)
        if self._asking.error is not None:
            self.stop(str(self._asking.error))
        match asked:
            case "answered":
                self._answered.append(attempt)
                self._spool.append(self._work.entry(attempt))
                self._signals.tell("verifier")
            case "again":
                self._answered.append(attempt)  # another call needs another reservation
                self._signals.tell("verifier")
            case "left":
                self._in_hand -= 1
                self._signals.tell("over")
            case failed:
                self._failed.append(failed)
                self._signals.tell("verifier")

    def _settle(self, outcome: Outcome) -> None:
        if outcome.status == "continues":
            places = self._verifier_places if outcome.attempt.is_written else self._places
            places.add_first(outcome.attempt)
            return
        self._in_hand -= 1
        self._ended(outcome)

    # What the workers wait for.

    def _startable(self) -> int:
        """How many attempts to begin now: some ahead of need, so that a place that gets free is taken at once."""
        if self._stop is not None or self._waits_for_budget is not None:
            return 0
        if not self._work.room.is_known:
            return min(len(self._owed), self._tally.startable(self._in_hand), int(not self._in_hand))
        unjudged = len(self._answered)
        unjudged += 0 if self._verifier_places is self._places else len(self._verifier_places)
        if unjudged > MOST_UNJUDGED:
            return 0  # an endpoint that is faster than what comes after it must not fill the memory
        wanted = max(1, self._limit.limit // 2) + self._limit.free
        if len(self._places) > wanted // 2:
            return 0  # some at once cost less than one after the other
        startable = self._tally.startable(self._in_hand)
        return max(0, min(len(self._owed), wanted - len(self._places), startable, MOST_AT_ONCE))

    def _is_over(self) -> bool:
        if self._in_hand:
            return False
        if self._waits_for_budget is not None and self._owed:
            self._stop = self._stop or self._waits_for_budget
        return self._stop is not None or not self._owed or self._startable() == 0
