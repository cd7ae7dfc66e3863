"""One process a job: it holds a lease on it, and everything that it writes is refused once somebody else has that."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, literal, select

from ...errors import Busy, CoverageError
from ...store.journal_tables import leases
from ...store.leases import Lease, LeaseLost, LeaseTaken, held, is_held
from ..attempts.in_thread import in_thread

if TYPE_CHECKING:
    from ...services import Services

_log = logging.getLogger(__name__)

RENEWED = 1.0
"""Seconds between two renewals."""
JOB = "job "
"""How the names of the leases on jobs begin; the id follows."""


@asynccontextmanager
async def hold_job(services: Services, job_id: str, holder: str) -> AsyncIterator[Lease]:
    """Hold a job for as long as it is carried out here; inside, nothing is written to the store without the lease.

    Args:
        services: with the store that tells it to all.
        job_id: the job.
        holder: who carries it out, in words.

    Raises:
        Busy: another process is carrying the job out.
    """
    settings = services.settings
    try:
        lease = await asyncio.to_thread(
            Lease.take,
            services.store,
            settings.home,
            JOB + job_id,
            holder,
            seconds=settings.lease_seconds,
        )
    except LeaseTaken as error:
        raise Busy(
            f"Job {job_id} is being carried out by another process: {error.holder}.",
            hint=f"Wait for it, or stop it there. If it is not heard of, others may go on in {error.seconds:.0f} s.",
        ) from error
    async with renewing(lease):
        with held(lease):
            yield lease


@asynccontextmanager
async def renewing(lease: Lease) -> AsyncIterator[None]:
    """Renew a lease inside the block, and let go of it at the end."""
    task = asyncio.create_task(_renew(lease))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        with suppress(CoverageError):  # it runs out by itself
            await in_thread(lease.release)


def is_carried_out(services: Services, job_id: str) -> bool:
    """Whether some process is carrying the job out at this moment."""
    return is_held(services.store, services.settings.home, JOB + job_id)


def latest_number(job_id: ColumnElement[str]) -> ColumnElement[int]:
    """The number of the latest holder of a job, for a statement."""
    return select(leases.c.number).where(leases.c.name == literal(JOB) + job_id).scalar_subquery()


async def _renew(lease: Lease) -> None:
    while not lease.is_lost:
        await asyncio.sleep(RENEWED)
        try:
            await in_thread(lease.renew)
        except LeaseLost:
            return  # whatever is written next is refused
        except CoverageError as error:
            _log.warning("%s could not be renewed: %s", lease.name, error)
