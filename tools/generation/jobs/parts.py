"""Parts of a job: one of many records is carried out by several workers at once, each of them at some of its slots.

A part is taken with a lease of its own, has attempts and spools of its own, and ends by itself; what all of them draw
from, the budget, the cancelling and the reasons to stop are the job's. The first part is begun alone, since it finds
out what the others draw from. Whoever ends the last one closes the job.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy import exists, insert, or_, select

from ...store.journal_tables import attempts, ended_parts, jobs
from ...store.store import Store
from ..attempts.answer_spool import left_spools
from .lease import held_parts
from .ledger import Job
from .notes import noted_contexts

if TYPE_CHECKING:
    from ...services import Services

MOST = 16
"""Parts of a job: beginning one takes seconds, in which its places at the endpoint are empty."""
CANCELLED = "it was cancelled"


@dataclass(frozen=True)
class PartEnd:
    """How a part ended.

    Attributes:
        stop_reason: why slots of it are empty; None when none is.
        remarks: what a person should be told beside the figures.
        not_judged: by check, why it judged nothing.
    """

    number: int
    stop_reason: str | None
    remarks: list[str]
    not_judged: dict[str, str]


def parts_for(count: int, records: int) -> int:
    """Into how many parts a job is divided.

    Args:
        count: its records.
        records: those of a part, at least.
    """
    return max(1, min(MOST, count // records))


def next_part(services: Services, job: Job) -> Job:
    """A part that nobody is at, before all others one whose answers lie in this data folder.

    Where there is none, one that somebody is at; where all have ended and nobody has closed the job, any.
    """
    free = free_parts(services, job)
    if free:
        return random.choice(with_answers_here(services, free) or free)
    ended = {end.number for end in part_ends(services.store, job.id)}
    return next((part for part in _parts(job) if part.part not in ended), job)


def free_parts(services: Services, job: Job) -> list[Job]:
    """The parts that one more process can take."""
    held = held_parts(services, job)
    if job.parts == 1:
        return [] if held else [job]
    ended = {end.number for end in part_ends(services.store, job.id)}
    if len(ended) == job.parts:
        return [] if held else [job]  # whoever ended the last one died before it was closed
    is_begun = bool(noted_contexts(services.store, job.id))
    open_ones = _parts(job) if is_begun else [job]
    return [part for part in open_ones if part.part not in ended | held]


def with_answers_here(services: Services, free: Sequence[Job]) -> list[Job]:
    """Those of some parts whose answers lie in this data folder."""
    return [part for part in free if left_spools(services.settings.home, part.name)]


def end_part(
    store: Store, job: Job, stop_reason: str | None, remarks: Sequence[str], not_judged: Mapping[str, str]
) -> bool:
    """Write down that nothing more is asked of a part.

    Returns:
        Whether it was the last one: then the job is to be closed.
    """
    with store.write(job.workflow_id) as connection:
        connection.execute(
            insert(ended_parts).values(
                job_id=job.id,
                number=job.part,
                stop_reason=stop_reason,
                remarks=list(remarks),
                not_judged=dict(not_judged),
            )
        )
        ended = connection.execute(select(ended_parts.c.number).where(ended_parts.c.job_id == job.id)).all()
    return len(ended) == job.parts


def part_ends(store: Store, job_id: str) -> list[PartEnd]:
    """How the parts of a job ended, as far as they have, by number."""
    query = select(ended_parts).where(ended_parts.c.job_id == job_id).order_by(ended_parts.c.number)
    with store.read() as connection:
        rows = connection.execute(query).all()
    return [PartEnd(row.number, row.stop_reason, row.remarks, row.not_judged) for row in rows]


def why_to_stop(store: Store, job_id: str) -> str | None:
    """Why nothing more of a job is to be begun: it was cancelled, or a part of it stopped; None when it goes on."""
    stopped = select(ended_parts.c.stop_reason).where(
        ended_parts.c.job_id == job_id, ended_parts.c.stop_reason.is_not(None)
    )
    with store.read() as connection:
        if connection.execute(select(jobs.c.cancel_requested).where(jobs.c.id == job_id)).scalar():
            return CANCELLED
        return connection.execute(stopped.order_by(ended_parts.c.number)).scalars().first()


def others_are_calling(services: Services, job: Job) -> bool:
    """Whether other parts have calls under way, which give back what they do not use of the budget."""
    held = held_parts(services, job) - {job.part}
    if not held:
        return False
    theirs = or_(*(attempts.c.number % job.parts == part for part in held))
    query = select(
        exists().where(attempts.c.job_id == job.id, attempts.c.status.in_(("calling", "judging")), theirs)
    )
    with services.store.read() as connection:
        return bool(connection.execute(query).scalar())


def _parts(job: Job) -> list[Job]:
    return [replace(job, part=number) for number in range(job.parts)]
