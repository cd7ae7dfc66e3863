"""How many records were taken out of a dataset: they are kept, and neither counted nor exported."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import case, func, select

from ..store.journal_tables import jobs
from ..store.store import Store
from ..store.tables import records, review_reasons
from ..store.workflows import version_within


@dataclass(frozen=True)
class SetAside:
    """The records that are kept aside.

    Attributes:
        dropped: in a review.
        undone: with the round of generation that made them.
        replaced: by an edited version.
    """

    dropped: int
    undone: int
    replaced: int


def set_aside(store: Store, workflow_id: str) -> SetAside:
    """Count the records that were taken out; raises `WorkflowNotFound`."""
    reason, job = review_reasons.c, jobs.c
    is_dropped, is_undone = reason.record_id.is_not(None), job.undone_at.is_not(None)
    query = (
        select(
            func.count(case((is_dropped, 1))).label("dropped"),
            func.count(case((~is_dropped & is_undone, 1))).label("undone"),
            func.count(case((~is_dropped & ~is_undone, 1))).label("replaced"),
        )
        .select_from(records)
        .outerjoin(
            review_reasons,
            (reason.workflow_id == records.c.workflow_id) & (reason.record_id == records.c.id),
        )
        .outerjoin(jobs, job.id == records.c.job_id)
        .where(records.c.workflow_id == workflow_id, records.c.status == "rejected")
    )
    with store.read() as connection:
        version_within(connection, workflow_id)
        row = connection.execute(query).one()
    return SetAside(row.dropped, row.undone, row.replaced)
