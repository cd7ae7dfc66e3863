"""How long records take, from the jobs that were carried out before."""

from __future__ import annotations

from datetime import datetime
from statistics import median_low
from typing import NamedTuple

from sqlalchemy import func, select

from ...store.journal_tables import attempts, jobs, slots
from ...store.store import Store

_LATEST = 5


class Pace(NamedTuple):
    """How fast the latest jobs went.

    Attributes:
        per_record: seconds for one accepted record.
        per_token: seconds for each token that was written, refused drafts and verdicts included, since that is what
            takes the time; ``None`` where the endpoint did not count.
    """

    per_record: float
    per_token: float | None

    def seconds(self, records: int, written: float) -> float:
        """How long so many records take, for which so many tokens are written."""
        return records * self.per_record if self.per_token is None else written * self.per_token


def pace_of(store: Store, workflow_id: str, model: str) -> Pace | None:
    """The pace of the latest jobs with the model, of this workflow where it has any; ``None`` where there were none.

    Of a few jobs the one in the middle tells: one that was interrupted overnight says nothing.
    """
    filled = (
        select(slots.c.job_id, func.count(slots.c.record_id).label("records"))
        .group_by(slots.c.job_id)
        .subquery()
    )
    written = (
        select(func.sum(attempts.c.completion_tokens + attempts.c.verifier_completion_tokens))
        .where(attempts.c.job_id == jobs.c.id)
        .scalar_subquery()
    )
    query = (
        select(
            jobs.c.workflow_id, jobs.c.created_at, jobs.c.ended_at, filled.c.records, written.label("written")
        )
        .join(filled, filled.c.job_id == jobs.c.id)
        .where(jobs.c.model == model, jobs.c.ended_at.is_not(None), filled.c.records > 0)
        .order_by((jobs.c.workflow_id == workflow_id).desc(), jobs.c.ended_at.desc())
        .limit(_LATEST)
    )
    with store.read() as connection:
        rows = connection.execute(query).all()
    here = [row for row in rows if row.workflow_id == workflow_id]
    paces = []
    for row in here or rows:
        took = (datetime.fromisoformat(row.ended_at) - datetime.fromisoformat(row.created_at)).total_seconds()
        if took > 0:  # a clock may be set back
            paces.append(Pace(took / row.records, took / float(row.written) if row.written else None))
    if not paces:
        return None
    by_token = [pace.per_token for pace in paces if pace.per_token is not None]
    return Pace(
        median_low(pace.per_record for pace in paces),
        median_low(by_token) if len(by_token) == len(paces) else None,
    )
