"""The engine for the Batch API: whole rounds of attempts in one file, answered within a day at a lower price.

The same drafts, journal, budget and checks as in the other engine; what differs is the way to the model. A batch
outlives this program: its id is in the journal, and a job that is taken up again waits for the same batch.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ...errors import EndpointError
from ...models.batch_api import MOST_REQUESTS, BatchAnswers, BatchApi
from ..checks.verifier.asking import VerifierLine, ask_verifier_of_all
from ..jobs.ledger import Job
from ..jobs.progress import OnProgress
from ..jobs.resumption import Left
from .draft import Rejection
from .in_thread import in_thread
from .open_attempt import Failed, Open
from .slots import SlotKeeping
from .stages import AttemptWork

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

LOOKED_AT = 30.0
"""Seconds between two looks at a batch that is under way."""


class BatchEngine(SlotKeeping):
    """Carries out one job through the Batch API; used like `Engine`.

    Args:
        model: what is asked: a client of an OpenAI endpoint.
        job: what is owed.
        work: drafts, journals and judges.
        left: what earlier runs of the job left to do.
        verifier: the line to the verifier, which is asked directly, not in batches; None when there is no verifier.
        on_progress: called after each look at the batch.
        looked_at: seconds between two looks.
    """

    def __init__(
        self,
        model: BaseChatModel,
        job: Job,
        work: AttemptWork,
        left: Left,
        verifier: VerifierLine | None = None,
        on_progress: OnProgress | None = None,
        looked_at: float = LOOKED_AT,
    ) -> None:
        super().__init__(job, work, left, on_progress)
        self._api = BatchApi(model)
        self._verifier_line = verifier
        self._waiting = list(left.asked)
        self._answered = list(left.answered)
        self._looked_at = looked_at
        self._stopped = asyncio.Event()
        self._is_taken_up = bool(left.asked or left.answered)

    @property
    def waiting(self) -> int:
        """Attempts that wait for their batch."""
        return len(self._waiting)

    def stop(self, reason: str) -> None:
        """Begin nothing more, and cancel what the endpoint has not begun."""
        self._stop = self._stop or reason
        self._stopped.set()

    async def run(self) -> str | None:
        """Fill the slots, one batch after the other.

        Returns:
            Why the job stops short, or None when every slot is filled.

        Raises:
            EndpointError: the endpoint refuses for good, has no Batch API, or fails the batch as a whole.
        """
        self._tally.report()
        while True:
            await self._judge(self._answered, [])
            if not self._waiting and not await self._begin():
                return self._why_short()
            batch_id = await self._submitted()
            answers = await self._awaited(batch_id)
            waiting, self._waiting = self._waiting, []
            answered, failed = self._sorted_out(waiting, answers)
            # In this order: a program that dies in between finds the batch again by its metadata.
            await in_thread(self._work.note_batch, None)
            if problem := await in_thread(self._work.write_down, answered):
                self.stop(problem)
            await self._judge(answered, failed)

    async def _begin(self) -> bool:
        """Draft the next round; False when there is nothing to begin."""
        wanted = min(len(self._owed), self._tally.startable(0), MOST_REQUESTS)
        if self._stop is not None or wanted <= 0:
            return False
        slots = [self._owed.popleft() for _ in range(wanted)]
        begun, refusal = await in_thread(self._work.begin, self._numbered(slots))
        self._next_attempt += len(begun) * self._job.parts
        if refusal is not None and not begun:
            self._stop = str(refusal)
        self._owed.extendleft(reversed(slots[len(begun) :]))
        self._waiting = begun
        return bool(begun)

    async def _submitted(self) -> str:
        """The id of the batch that holds the requests which are waited for; sent off if it was not yet."""
        first = self._waiting[0]
        mark = {"job": self._job.id, "first": _custom_id(first)}
        batch_id = await in_thread(self._work.noted_batch)
        if batch_id is None and self._is_taken_up:
            batch_id = await self._api.find(mark)
        self._is_taken_up = False
        if batch_id is None:
            batch_id = await self._api.submit([self._line(one) for one in self._waiting], mark)
        await in_thread(self._work.note_batch, batch_id)
        return batch_id

    def _line(self, one: Open) -> dict[str, object]:
        request = one.requests[len(one.replies)]
        return self._api.line(
            _custom_id(one),
            request.prompt,
            request.schema,
            name=one.draft.strategy,
            max_tokens=request.max_tokens,
            temperature=request.temperature,
        )

    async def _awaited(self, batch_id: str) -> BatchAnswers:
        is_cancelled = False
        while True:
            state = await self._api.state(batch_id)
            if state.has_ended:
                break
            if self._stop is not None and not is_cancelled:
                await self._api.cancel(batch_id)
                is_cancelled = True
            self._tally.report(f"batch {batch_id} {state.status}, {state.done} of {state.total} answered")
            try:
                await asyncio.wait_for(self._stopped.wait(), self._looked_at)
                await asyncio.sleep(min(1.0, self._looked_at))
            except TimeoutError:
                pass
        if state.status == "failed":
            await in_thread(self._work.note_batch, None)
            raise EndpointError(
                f"The endpoint failed batch {batch_id}: {state.problem or 'no reason given'}.",
                hint="Resume the job to send it again, or generate without --batch.",
            )
        return await self._api.answers(state)

    async def _judge(self, answered: list[Open], failed: list[Failed]) -> None:
        self._answered = []
        while answered or failed:
            written = []
            outcomes, problem = await in_thread(self._work.judge, answered, failed)
            if problem:
                self.stop(problem)
            for outcome in outcomes:
                if outcome.status != "continues":
                    self._ended(outcome)
                elif outcome.attempt.is_written:
                    written.append(outcome.attempt)
                else:
                    self._waiting.append(outcome.attempt)
            if reason := self._tally.must_stop:
                self.stop(reason)
            self._tally.report()
            answered, failed = [], []
            if written and self._verifier_line is not None:
                answered, failed = await ask_verifier_of_all(self._verifier_line, written, self._journal)

    def _sorted_out(self, waiting: list[Open], answers: BatchAnswers) -> tuple[list[Open], list[Failed]]:
        answered, failed = [], []
        for one in waiting:
            custom_id = _custom_id(one)
            if (found := answers.replies.get(custom_id)) is not None:
                self._work.room.learn(one.requests[len(one.replies)].room, *found)
                one.add_reply(*found)
                answered.append(one)
            else:
                said = answers.failures.get(custom_id, "not answered before the batch ended")
                failed.append(Failed(one, Rejection("endpoint", said[:300]), is_free=True))
        return answered, failed

    async def _journal(self, one: Open) -> None:
        problem = await in_thread(self._work.write_down, [one])
        if problem:
            self.stop(problem)


def _custom_id(one: Open) -> str:
    """Attempt and request: unique among all batches of the job."""
    return f"{one.number}.{len(one.replies)}"
