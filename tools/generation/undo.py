"""Undoing a round: the records of a job leave the dataset, and the job stays in the ledger."""

from __future__ import annotations

from sqlalchemy import select, update

from ..dataset.store import Store
from ..dataset.tables import jobs, records
from ..dataset.workflows import bump_version
from ..errors import Busy, InvalidInput
from .journal import now
from .ledger import job_within


def undo_job(store: Store, job_id: str) -> list[str]:
    """Take the records of a job out of the dataset; they are kept as rejected, for the history.

    Returns:
        The ids of the records that were taken out.

    Raises:
        InvalidInput: there is no such job, or it was undone before.
        Busy: it has not ended; what it owes would be filled again.
    """
    with store.write() as connection:
        job = job_within(connection, job_id)
        if job.status == "running":
            raise Busy(
                f"Job {job_id} has not ended.",
                hint=f"Let it end with `finetune-coverage jobs resume {job_id}`, or cancel it first.",
            )
        if connection.execute(select(jobs.c.undone_at).where(jobs.c.id == job_id)).scalar() is not None:
            raise InvalidInput(
                f"Job {job_id} was undone before.", hint="`finetune-coverage jobs` lists them."
            )
        its_own = (records.c.workflow_id == job.workflow_id) & (records.c.job_id == job_id)
        active = its_own & (records.c.status == "active")
        ids = list(connection.execute(select(records.c.id).where(active)).scalars())
        connection.execute(update(records).where(active).values(status="rejected"))
        connection.execute(update(jobs).where(jobs.c.id == job_id).values(undone_at=now()))
        if ids:
            bump_version(connection, job.workflow_id)
    return ids
