"""One process a part of a job: it holds a lease, and all that it writes is refused once somebody else has that."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, select

from ...errors import Busy, CoverageError
from ...store.journal_tables import leases
from ...store.leases import Lease, LeaseLost, LeaseTaken, held, living
from ..attempts.in_thread import in_thread
from .ledger import Job, get_job

if TYPE_CHECKING:
    from ...services import Services

_log = logging.getLogger(__name__)

RENEWED = 1.0
"""Seconds between two renewals."""


@asynccontextmanager
async def hold_part(services: Services, job: Job, holder: str) -> AsyncIterator[Lease]:
    """Hold a part of a job while it is carried out here; inside, nothing is written to the store without the lease.

    Args:
        services: with the store that tells it to all.
        job: the part.
        holder: who carries it out, in words.

    Raises:
        Busy: another process is carrying it out.
    """
    settings = services.settings
    try:
        lease = await asyncio.to_thread(
            Lease.take,
            services.store,
            settings.home,
            job.lease,
            holder,
            seconds=settings.lease_seconds,
        )
    except LeaseTaken as error:
        raise Busy(
            f"Job {job.name} is being carried out by another process: {error.holder}.",
            hint=f"Wait for it, or stop it: `finetune-coverage jobs cancel {job.id}`. If it is not heard of, "
            f"others may go on in {error.seconds:.0f} s.",
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
    """Whether some process is carrying the job out at this moment, or a part of it."""
    return bool(held_parts(services, get_job(services.store, job_id)))


def held_parts(services: Services, job: Job) -> set[int]:
    """The parts of a job that some process is carrying out at this moment."""
    names = {replace(job, part=number).lease: number for number in range(job.parts)}
    return {names[name] for name in living(services.store, services.settings.home, names)}


def latest_number(lease: ColumnElement[str]) -> ColumnElement[int]:
    """The number of the latest holder of a lease, for a statement."""
    return select(leases.c.number).where(leases.c.name == lease).scalar_subquery()


async def _renew(lease: Lease) -> None:
    while not lease.is_lost:
        await asyncio.sleep(RENEWED)
        try:
            await in_thread(lease.renew)
        except LeaseLost:
            return  # whatever is written next is refused
        except CoverageError as error:
            _log.warning("%s could not be renewed: %s", lease.name, error)
