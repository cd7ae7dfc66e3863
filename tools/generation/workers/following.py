"""Following an item that workers carry out, from what the store says of it."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from ...errors import ApprovalRequired, Busy, CoverageError, ErrorCode
from ...store.journal_tables import attempts, slots
from ..approvals.approval import is_revoked
from ..approvals.approved_items import approved_item, job_of_item
from ..attempts.in_thread import in_thread
from ..attempts.journal import is_cancelled
from ..jobs.lease import is_carried_out
from ..jobs.ledger import NO_DRAFTS
from ..jobs.progress import OnProgress, Progress
from . import queue

if TYPE_CHECKING:
    from ...coverage.plans import PlanItem
    from ...services import Services

LOOKED_AT = 1.0
"""Seconds between two looks into the store."""
WAITS = "waits for a worker to have time"
NO_WORKER = "no worker is running: start one with `finetune-coverage worker`"
UNTIL_ONE_RUNS = (
    "it waits until `finetune-coverage worker` is started on the same database; Ctrl-C takes it back"
)
"""Told once, in a line of its own: beside a bar the command would be cut off."""


class GivenBack(CoverageError):
    """A worker could not carry an item out, and said why.

    Args:
        failure: code, message and hint.
    """

    def __init__(self, failure: dict[str, str]) -> None:
        super().__init__(failure["message"], hint=failure["hint"])
        self.code = ErrorCode(failure["code"])


async def follow_item(
    services: Services, approval_id: str, number: int, on_progress: OnProgress | None
) -> str:
    """Hand an approved item to the workers, and wait until its job has ended.

    Whoever is cancelled while waiting takes it from them again, as ending the program would where that generates
    itself; a server that ends (`Services.ending`) does not.

    Returns:
        The id of its job, which has ended, or was cancelled while no worker is at it: then whoever asks ends it.

    Raises:
        ApprovalRequired: there is no such approved item, or it cannot be begun any more.
        Busy: somebody else took it from the workers meanwhile.
        GivenBack: a worker could not carry it out.
    """
    store, days = services.store, services.settings.approval_days
    job = await asyncio.to_thread(job_of_item, store, approval_id, number, days=days)
    if job is not None and job.status != "running":
        return job.id
    item = await asyncio.to_thread(approved_item, store, approval_id, number)
    await asyncio.to_thread(queue.queue_item, store, approval_id, number)
    watch = _Watch(services, item)
    try:
        while True:
            place = await asyncio.to_thread(queue.place_of, store, approval_id, number)
            if place.failure is not None:
                raise GivenBack(place.failure)
            if on_progress is not None:
                on_progress(await asyncio.to_thread(watch.look, place.job_id))
            if place.has_ended:
                assert place.job_id is not None
                return place.job_id
            if await asyncio.to_thread(_is_given_up, services, approval_id, place.job_id):
                if place.job_id is not None:
                    return place.job_id
                raise ApprovalRequired(
                    f"The {item.count:,} records for {item.topic!r} were stopped before a worker began them."
                )
            if not place.is_queued:
                raise Busy(
                    f"The {item.count:,} records for {item.topic!r} were taken from the workers meanwhile.",
                    hint="What was accepted is kept; `finetune-coverage jobs` says how to go on.",
                )
            await asyncio.sleep(LOOKED_AT)
    except asyncio.CancelledError:
        if not services.ending.is_set():
            await in_thread(queue.withdraw_item, store, approval_id, number)
        raise


def _is_given_up(services: Services, approval_id: str, job_id: str | None) -> bool:
    """Whether a person ended it for good, and no worker is at it."""
    if job_id is None:
        return is_revoked(services.store, approval_id)
    return is_cancelled(services.store, job_id) and not is_carried_out(services, job_id)


@asynccontextmanager
async def handed_over(services: Services, approval_id: str) -> AsyncIterator[None]:
    """Where workers generate, all that can be carried out under an approval is theirs inside the block, side by side.

    What they have not done at its end is taken from them again; not by a server that ends (`Services.ending`).
    """
    if services.settings.run_jobs == "here":
        yield
        return
    store = services.store
    days = services.settings.approval_days
    await asyncio.to_thread(queue.queue_approval, store, approval_id, days=days)
    try:
        yield
    finally:
        if not services.ending.is_set():
            await in_thread(queue.withdraw_approval, store, approval_id)


class _Watch:
    """Reads how far an item is."""

    def __init__(self, services: Services, item: PlanItem) -> None:
        self._services, self._item = services, item
        self._began, self._had = time.monotonic(), 0
        self._is_first = True
        self._has_told = False

    def look(self, job_id: str | None) -> Progress:
        """How far it is now; blocking."""
        accepted, rejected = self._counts(job_id)
        if self._is_first:
            self._is_first, self._had = False, accepted
        new, owed = accepted - self._had, self._item.count - accepted
        seconds = time.monotonic() - self._began
        note = self._note(job_id) if owed else ""
        remark = UNTIL_ONE_RUNS if note == NO_WORKER and not self._has_told else ""
        self._has_told |= bool(remark)
        return Progress(
            job_id=job_id or "",
            topic=self._item.topic,
            accepted=accepted,
            requested=self._item.count,
            attempts=accepted + rejected.total(),
            rejected=dict(rejected.most_common()),
            note=note,
            remark=remark,
            seconds_left=seconds / new * owed if new > 0 and owed > 0 else None,
        )

    def _note(self, job_id: str | None) -> str:
        if job_id is not None and is_carried_out(self._services, job_id):
            return ""
        return WAITS if queue.workers_at_work(self._services.store) else NO_WORKER

    def _counts(self, job_id: str | None) -> tuple[int, Counter[str]]:
        if job_id is None:
            return 0, Counter()
        filled = select(func.count()).where(slots.c.job_id == job_id, slots.c.record_id.is_not(None))
        refused = (
            select(func.coalesce(attempts.c.check, "unknown"), func.count())
            .where(
                attempts.c.job_id == job_id,
                attempts.c.status.in_(("rejected", "failed")),
                func.coalesce(attempts.c.check, "").not_in(NO_DRAFTS),
            )
            .group_by(attempts.c.check)
        )
        with self._services.store.read() as connection:
            accepted = int(connection.execute(filled).scalar_one())
            return accepted, Counter({check: int(count) for check, count in connection.execute(refused)})
