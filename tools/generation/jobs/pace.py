"""How long records take, from the jobs that were carried out before."""

from __future__ import annotations

from datetime import datetime
from statistics import median_low

from sqlalchemy import func, select

from ...store.journal_tables import jobs, slots
from ...store.store import Store

_LATEST = 5


def seconds_per_record(store: Store, workflow_id: str, model: str) -> float | None:
    """The pace of the latest jobs with the model, of this workflow where it has any; ``None`` where there were none.

    Of a few jobs the one in the middle tells: one that was interrupted overnight says nothing.
    """
    filled = (
        select(slots.c.job_id, func.count(slots.c.record_id).label("records"))
        .group_by(slots.c.job_id)
        .subquery()
    )
    query = (
        select(jobs.c.workflow_id, jobs.c.created_at, jobs.c.ended_at, filled.c.records)
        .join(filled, filled.c.job_id == jobs.c.id)
        .where(jobs.c.model == model, jobs.c.ended_at.is_not(None), filled.c.records > 0)
        .order_by((jobs.c.workflow_id == workflow_id).desc(), jobs.c.ended_at.desc())
        .limit(_LATEST)
    )
    with store.read() as connection:
        rows = connection.execute(query).all()
    here = [row for row in rows if row.workflow_id == workflow_id]
    paces = [
        (datetime.fromisoformat(row.ended_at) - datetime.fromisoformat(row.created_at)).total_seconds()
        / row.records
        for row in here or rows
    ]
    known = [pace for pace in paces if pace > 0]  # a clock may be set back
    return median_low(known) if known else None
