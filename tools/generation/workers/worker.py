"""A worker: carries out what people approved and handed over, a part of a job after the other, beside others.

It takes the next one while the last rounds of calls of the one before are under way: until that has ended, and what its
records are worth is measured, the next one is loaded, and the places at the endpoint are not empty.

Workers know of each other only through the store: a job is taken with its lease, what an endpoint bears is parted among
the jobs that ask it, and a budget is that of its approval, whoever spends from it.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...errors import Busy, CoverageError, StoreUnreachable
from ...failure import internal_failure
from ...store.leases import HeldLease, Lease, LeaseTaken, held_leases
from ...store.migration import NewerStore
from ...store.store import Store
from ...text.durations import duration_words
from ..jobs import parts
from ..jobs.job import carry_out_item
from ..jobs.lease import renewing
from ..jobs.ledger import JOB, get_job
from . import queue
from .queue import WORKER, QueuedItem

if TYPE_CHECKING:
    from ...services import Services

LOOKED_AT = 1.0
"""Seconds between two looks for work, and at whether it is to be left."""
AMONG = 4
"""Items, the longest waiting, of which one is taken: of workers that look at the same moment all but one would come too
late for the first."""
Tell = Callable[[str], None]


@dataclass(frozen=True)
class LivingWorker:
    """A worker that was heard of last less than a lease ago.

    Attributes:
        name: such as ``worker 2``; the number is free again when it ends.
        holder: its process and machine, in words.
        seconds: until it counts as dead, if it is never heard of again.
        job_id: what it carries out at the moment; None while it waits.
    """

    name: str
    holder: str
    seconds: float
    job_id: str | None


def living_workers(store: Store) -> list[LivingWorker]:
    """The workers of a store, by number."""
    held = held_leases(store, JOB)
    return [
        LivingWorker(lease.name, lease.holder, lease.seconds, _job_of(lease, held))
        for lease in held_leases(store, WORKER)
    ]


def _job_of(worker: HeldLease, held: list[HeldLease]) -> str | None:
    mine = (lease.name for lease in held if lease.holder.startswith(f"{worker.name},"))
    return next((name.removeprefix(JOB).split()[0] for name in mine), None)


class Worker:
    """Takes one part of a job after the other.

    Args:
        services: store, models and index; the models and budgets of its settings are those that are used.
        tell: is told in one line what the worker does.
    """

    def __init__(self, services: Services, tell: Tell) -> None:
        self._services = services
        self._store = services.store
        self._tell_line = tell
        self._told = ""
        self._name = ""
        self._ending: asyncio.Task[None] | None = None  # the one of which little more is to be begun

    async def run(self, until: asyncio.Event) -> None:
        """Work until the event is set: then what is under way is finished, and the job left to another worker.

        Cancelled, it stops at once: what was paid for is written down, and the leases are given back.

        Raises:
            CoverageError: the store cannot be used from the beginning on, or a newer version has changed it.
        """
        while not until.is_set():
            async with self._named() as lease:
                self._tell("waits for approved jobs")
                try:
                    while not until.is_set() and not lease.is_lost:
                        if not await self._work(until):
                            await _sleep(until)
                    await self._end_of(self._ending)
                finally:
                    await _cancelled(self._ending)
                    self._ending = None
        if self._name:  # it had begun
            self._tell("ends")

    @asynccontextmanager
    async def _named(self) -> AsyncIterator[Lease]:
        """The first number that no other worker has, held as a sign of life."""
        settings = self._services.settings
        for number in itertools.count(1):
            self._name = f"{WORKER}{number}"
            try:
                lease = await asyncio.to_thread(
                    Lease.take,
                    self._store,
                    settings.home,
                    self._name,
                    self._name,
                    seconds=settings.lease_seconds,
                )
            except LeaseTaken:
                continue
            async with renewing(lease):
                yield lease
            return

    async def _work(self, until: asyncio.Event) -> bool:
        """Begin one item and wait until it ends, or little more of it is to be begun.

        Returns:
            False where there is none, or the store is away for a moment.
        """
        if self._ending is not None and self._ending.done():
            await self._end_of(self._ending)
        try:
            item = await asyncio.to_thread(self._next)
        except NewerStore:
            raise  # nothing that this program does can be right there any more
        except CoverageError as error:
            self._tell(f"cannot go on at the moment: {error}")
            return False
        if item is None:
            return False
        ending = asyncio.Event()
        begun = asyncio.create_task(self._carry_out(item, until, ending))
        begun.add_done_callback(lambda _: ending.set())
        try:
            await ending.wait()
            await self._end_of(self._ending)
        except BaseException:
            await _cancelled(begun)
            raise
        self._ending = begun
        return True

    async def _end_of(self, task: asyncio.Task[None] | None) -> None:
        if task is None:
            return
        try:
            await task
        except NewerStore:
            raise
        except CoverageError as error:
            self._tell(f"cannot go on at the moment: {error}")
        if task is self._ending:
            self._ending = None

    def _next(self) -> QueuedItem | None:
        """An item of which nobody is at some part; before all others one whose answers lie in this data folder."""
        free: list[QueuedItem] = []
        for item in queue.waiting_items(self._store):
            if item.job_id is None:
                free.append(item)
            elif its_own := parts.free_parts(self._services, get_job(self._store, item.job_id)):
                if parts.with_answers_here(self._services, its_own):
                    return item
                free.append(item)
        return random.choice(free[:AMONG]) if free else None

    async def _carry_out(self, item: QueuedItem, until: asyncio.Event, ending: asyncio.Event) -> None:
        self._tell(f"takes {_words(item)}")
        began = time.monotonic()
        leave = asyncio.Event()
        watch = asyncio.create_task(self._leave_when_withdrawn(item, until, leave))
        try:
            settings = self._services.settings
            await asyncio.to_thread(settings.settle_models)
            done = await carry_out_item(
                self._services,
                item.approval_id,
                item.number,
                until=leave,
                taker=self._name,
                # A batch is one for the whole job, and the embedded model is in each worker on its own.
                shared=not (settings.use_batch_api or settings.uses_embedded_model),
                ending=ending,
            )
        except (Busy, StoreUnreachable) as error:
            self._tell(f"leaves {_words(item)}: {error.message}")
        except CoverageError as error:
            await self._give_back(item, error.to_failure())
        except Exception as error:
            await self._give_back(item, internal_failure(error, "worker"))
        else:
            await self._ended(item, done, time.monotonic() - began, is_left=leave.is_set())
        finally:
            watch.cancel()
            await asyncio.gather(watch, return_exceptions=True)

    async def _ended(self, item: QueuedItem, done: dict[str, Any], seconds: float, *, is_left: bool) -> None:
        result = f"{done['accepted']:,} of {done['requested']:,} accepted"
        if done["status"] == "running":
            self._tell(f"{'leaves' if is_left else 'did a part of'} {done['job_id']} with {result}")
            return
        await asyncio.to_thread(queue.withdraw_item, self._store, item.approval_id, item.number)
        refused = sum(done["rejected"].values())
        self._tell(
            f"ended {done['job_id']} ({_words(item)}): {done['status']}, {result}, {refused:,} refused, "
            f"{duration_words(seconds)}"
        )

    async def _give_back(self, item: QueuedItem, failure: dict[str, Any]) -> None:
        error = failure["error"]
        await asyncio.to_thread(queue.give_back, self._store, item.approval_id, item.number, error)
        self._tell(f"gives {_words(item)} back: {error['message']}")

    async def _leave_when_withdrawn(
        self, item: QueuedItem, until: asyncio.Event, leave: asyncio.Event
    ) -> None:
        while not until.is_set():
            await _sleep(until)
            try:
                still = await asyncio.to_thread(queue.is_queued, self._store, item.approval_id, item.number)
            except CoverageError:
                continue  # the store is away for a moment
            if not still:
                break
        leave.set()

    def _tell(self, line: str) -> None:
        if line != self._told:  # a store that stays away is told once
            self._told = line
            self._tell_line(f"{self._name}: {line}")


def _words(item: QueuedItem) -> str:
    return f"{item.count:,} {item.topic} by {item.strategy} in {item.workflow_id}"


async def _cancelled(task: asyncio.Task[None] | None) -> None:
    if task is not None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _sleep(until: asyncio.Event) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(until.wait(), LOOKED_AT)
