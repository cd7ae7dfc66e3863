"""Undoing a round: the records of its jobs leave the dataset, and the jobs stay in the ledger."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select, update

from ...errors import Busy, InvalidInput
from ...store.counts import counted
from ...store.journal_tables import jobs
from ...store.store import Store
from ...store.tables import records
from ...store.workflows import bump_version
from ..attempts.journal import now
from .ledger import Job, job_within


def undo_job(store: Store, job_id: str) -> list[str]:
    """Take the records of a job out of the dataset; they are kept as rejected, for the history.

    Returns:
        The ids of the records that were taken out.

    Raises:
        InvalidInput: there is no such job, or it was undone before.
        Busy: it has not ended; what it owes would be filled again.
    """
    with store.write() as connection:
        job = _ended(connection, job_id)
        if _was_undone(connection, job_id):
            raise InvalidInput(
                f"Job {job_id} was undone before.", hint="`finetune-coverage jobs` lists them."
            )
        return _undo(connection, job)


def undo_jobs(store: Store, job_ids: Sequence[str]) -> list[str]:
    """`undo_job` for all jobs of a round: all of them or none; those undone before stay as they are.

    Returns:
        The ids of the records that were taken out.

    Raises:
        InvalidInput: there is no such job.
        Busy: one of them has not ended.
    """
    with store.write() as connection:
        ended = [_ended(connection, job_id) for job_id in job_ids]
        return [
            record_id
            for job in ended
            if not _was_undone(connection, job.id)
            for record_id in _undo(connection, job)
        ]


def _ended(connection: Connection, job_id: str) -> Job:
    job = job_within(connection, job_id)
    if job.status == "running":
        raise Busy(
            f"Job {job_id} has not ended.",
            hint=f"Let it end with `finetune-coverage jobs resume {job_id}`; after `finetune-coverage jobs cancel "
            f"{job_id}` that begins nothing more.",
        )
    return job


def _was_undone(connection: Connection, job_id: str) -> bool:
    return connection.execute(select(jobs.c.undone_at).where(jobs.c.id == job_id)).scalar() is not None


def _undo(connection: Connection, job: Job) -> list[str]:
    its_own = (records.c.workflow_id == job.workflow_id) & (records.c.job_id == job.id)
    active = its_own & (records.c.status == "active")
    ids = list(connection.execute(select(records.c.id).where(active)).scalars())
    with counted(connection, job.workflow_id, records.c.job_id == job.id):
        connection.execute(update(records).where(active).values(status="rejected"))
    connection.execute(update(jobs).where(jobs.c.id == job.id).values(undone_at=now()))
    if ids:
        bump_version(connection, job.workflow_id)
    return ids
