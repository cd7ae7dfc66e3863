"""The engine: fills the slots of a job, several at once, until all are filled or a limit is reached.

There are no batches: each slot asks, is judged and, when refused, asks again by itself, so a slow answer holds up
nobody. Judging happens under one lock, against everything accepted so far.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from ..dataset.record import content_hash
from ..errors import BudgetExceeded
from ..models.embedded_server import PARALLEL
from ..models.structured import TransientEndpointError
from . import journal
from .acceptance import Acceptance, as_record
from .asking import ask
from .draft import Draft, Rejection, Strategy, TopicContext
from .ledger import Attempt, Job, list_attempts, slot_records
from .provenance import provenance_of
from .token_budget import TokenBudget, worst_case

if TYPE_CHECKING:
    from ..services import Services
    from ..settings import Settings

REFUSALS_PER_RECORD = 8
"""Refused attempts, for each record that the job owes, after which it ends short. Counted over the whole job: one
unlucky record may take more, as long as the others took less."""
TRANSIENT_FAILURES = 5
"""Failed calls in a row, over all slots, after which the endpoint counts as down."""


@dataclass(frozen=True)
class Progress:
    """How far a job is; handed to whoever watches."""

    job_id: str
    topic: str
    accepted: int
    requested: int
    attempts: int
    rejected: dict[str, int] = field(default_factory=dict)


OnProgress = Callable[[Progress], None]


def _calls_at_once(settings: Settings) -> int:
    at_most = PARALLEL if settings.uses_embedded_model else settings.max_concurrency
    return min(at_most, settings.max_concurrency)


class Engine:
    """Carries out one job.

    Args:
        services: store and models.
        job: what is owed.
        strategy: writes the drafts and builds the records.
        context: what the strategy knows of the topic.
        acceptance: the gates.
        budget: what may still be spent.
        on_progress: called from the event loop after each attempt.
    """

    def __init__(
        self,
        services: Services,
        job: Job,
        strategy: Strategy,
        context: TopicContext,
        acceptance: Acceptance,
        budget: TokenBudget,
        on_progress: OnProgress | None = None,
    ) -> None:
        self._services = services
        self._job = job
        self._strategy = strategy
        self._context = context
        self._acceptance = acceptance
        self._budget = budget
        self._on_progress = on_progress
        self._lock = asyncio.Lock()
        self._next_attempt = 0
        self._rejected: Counter[str] = Counter()
        self._accepted = 0
        self._failures = 0
        self._stop: str | None = None
        self._begun = asyncio.Event()

    async def run(self) -> str | None:
        """Fill the slots.

        Returns:
            Why the job stops short, or None when every slot is filled.

        Raises:
            EndpointError: the endpoint refuses for good, or stays down.
        """
        filled = await asyncio.to_thread(slot_records, self._services.store, self._job.id)
        self._accepted = sum(record is not None for record in filled.values())
        open_slots = [slot for slot, record in filled.items() if record is None]
        open_slots = await self._take_up(open_slots)
        self._report()
        # One call first: it finds a wrong key or model name at the price of one, and a server that keeps prompt
        # prefixes reads what all prompts share once instead of once a connection.
        limit = asyncio.Semaphore(1)
        async with asyncio.TaskGroup() as group:
            for slot in open_slots:
                group.create_task(self._fill(slot, limit))
            if open_slots:
                await self._begun.wait()
            for _ in range(_calls_at_once(self._services.settings) - 1):
                limit.release()
        if self._accepted < self._job.count and self._stop is None:
            self._stop = (
                f"{self._rejected.total()} attempts were refused, {REFUSALS_PER_RECORD} for each record"
            )
        return None if self._accepted >= self._job.count else self._stop

    async def _take_up(self, open_slots: list[int]) -> list[int]:
        """After a crash: judge the answers that were paid for and not judged; count what was tried."""
        attempts = await asyncio.to_thread(list_attempts, self._services.store, self._job.id)
        for attempt in attempts:
            self._next_attempt = max(self._next_attempt, attempt.number + 1)
            if attempt.status in ("rejected", "failed"):
                self._rejected[attempt.gate or "unknown"] += 1
            elif attempt.status == "calling":
                interrupted = Rejection("interrupted", "the program ended during the call")
                await self._reject(attempt.number, interrupted, failed=True)
            elif attempt.status == "answered" and attempt.slot in open_slots:
                draft = self._draft(attempt.number)
                if await self._judge(attempt.number, attempt.slot, draft, attempt.response or ""):
                    open_slots.remove(attempt.slot)
        return open_slots

    async def _fill(self, slot: int, limit: asyncio.Semaphore) -> None:
        try:
            while True:
                async with limit:
                    refused_enough = self._rejected.total() >= REFUSALS_PER_RECORD * self._job.count
                    if self._stop is not None or refused_enough or await self._attempt(slot):
                        return
        finally:
            self._begun.set()  # also when the first slot ends without any answer

    async def _attempt(self, slot: int) -> bool:
        number = self._next_attempt
        self._next_attempt += 1
        draft = self._draft(number)
        try:
            reservation = self._budget.reserve(worst_case(draft))
        except BudgetExceeded as error:
            self._stop = str(error)
            return False
        attempt = Attempt(
            number=number,
            slot=slot,
            status="calling",
            seed_ids=[seed.id for seed in draft.seeds],
            details=draft.details,
        )
        await asyncio.to_thread(journal.begin_attempt, self._services.store, self._job.id, attempt)
        try:
            response, prompt_tokens, completion_tokens = await ask(
                self._services.chat_model, draft, partial(self._is_refused, draft)
            )
        except TransientEndpointError as error:
            # Whether the endpoint counted the call is unknown: the reservation stays spent.
            self._failures += 1
            await self._reject(number, Rejection("endpoint", str(error)[:300]), failed=True)
            if self._failures >= TRANSIENT_FAILURES:
                raise
            return False
        self._failures = 0
        self._begun.set()
        self._budget.settle(reservation, prompt_tokens + completion_tokens)
        await asyncio.to_thread(
            journal.journal_answer,
            self._services.store,
            self._job.id,
            number,
            response,
            prompt_tokens,
            completion_tokens,
        )
        return await self._judge(number, slot, draft, response)

    def _draft(self, number: int) -> Draft:
        # Seeded by job and attempt: after a crash the same attempt gives the same draft.
        return self._strategy.draft(self._context, number, random.Random(f"{self._job.id}:{number}"))

    async def _is_refused(self, draft: Draft, response: str) -> bool:
        async with self._lock:
            return await asyncio.to_thread(self._acceptance.is_refused, self._strategy, draft, response)

    async def _judge(self, number: int, slot: int, draft: Draft, response: str) -> bool:
        async with self._lock:
            outcome = await asyncio.to_thread(self._acceptance.judge, self._strategy, draft, response)
            if isinstance(outcome, Rejection):
                await self._reject(number, outcome)
                return False
            # In a thread: it reads the template for its hash.
            provenance = await asyncio.to_thread(
                provenance_of, self._job, slot, number, draft, self._acceptance.gate_names()
            )
            record = as_record(outcome, f"{content_hash(outcome.source)[:20]}-s", provenance)
            stored = await asyncio.to_thread(
                journal.accept_attempt, self._services.store, self._job, number, slot, record
            )
            if not stored:
                await self._reject(number, Rejection("exact_duplicate", "the same record is there already"))
                return False
            self._acceptance.remember(outcome)
            self._accepted += 1
            self._report()
            return True

    async def _reject(self, number: int, rejection: Rejection, *, failed: bool = False) -> None:
        await asyncio.to_thread(
            journal.reject_attempt, self._services.store, self._job.id, number, rejection, failed=failed
        )
        self._rejected[rejection.gate] += 1
        self._report()

    def _report(self) -> None:
        if self._on_progress is not None:
            self._on_progress(
                Progress(
                    self._job.id,
                    self._job.topic,
                    self._accepted,
                    self._job.count,
                    self._accepted + self._rejected.total(),
                    dict(self._rejected.most_common()),
                )
            )
