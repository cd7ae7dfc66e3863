"""How far each item of a plan is: waiting for a yes, approved and unused, under way, or done."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from ...store.journal_tables import approval_items, approvals, jobs
from ...store.store import Store
from ...store.workflows import version_within
from .pilot import steps_of
from .plans import Plan


@dataclass(frozen=True)
class ItemStanding:
    """One item of a plan; of one with a pilot, its first records or its rest.

    Attributes:
        job_id: the job that took it; an approved item is taken once.
        job_status: running (also when it was cut off and can go on), complete or short; None without a job.
    """

    topic: str
    count: int
    strategy: str
    job_id: str | None = None
    job_status: str | None = None


def items_of(store: Store, plan: Plan) -> list[ItemStanding]:
    """The plan's items with the jobs that took them, in the order in which they are carried out."""
    query = (
        select(approval_items.c.number, jobs.c.id, jobs.c.status)
        .join(approvals, approvals.c.id == approval_items.c.approval_id)
        .join(jobs, jobs.c.id == approval_items.c.job_id)
        .where(approvals.c.plan_id == plan.id)
    )
    with store.read() as connection:
        taken = {row.number: (row.id, row.status) for row in connection.execute(query)}
    return [
        ItemStanding(step.item.topic, step.item.count, step.item.strategy, *taken.get(number, (None, None)))
        for number, step in enumerate(steps_of(plan.items))
    ]


def is_outdated(store: Store, plan: Plan) -> bool:
    """Whether the dataset changed since the plan was made: nobody can say yes to it any more."""
    with store.read() as connection:
        return version_within(connection, plan.workflow_id) != plan.dataset_version
