"""What a conversation has generated so far, read from the store.

The store is where it is exact: it also knows what a round had made before it failed, and it knows it when a new
message to a parent graph starts this graph with an empty state.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from ...tools.generation.approvals.plans import Plan, list_plans
from ...tools.generation.jobs.ledger import slot_records, summarize_job
from ...tools.generation.money.use import sum_of
from ...tools.inspection.rounds import Round, inspect_rounds
from ...tools.services import Services
from ...tools.store.journal_tables import approvals, jobs
from ...tools.store.store import Store


def rounds_of(services: Services, thread_id: str | None, workflow_id: str) -> list[Round]:
    """The rounds that this conversation approved, oldest first, numbered as in the whole workflow."""
    mine = {plan.id for plan in _plans_of(services.store, thread_id, workflow_id)}
    with services.store.read() as connection:
        query = select(approvals.c.id).where(approvals.c.plan_id.in_(mine))
        known = set(connection.execute(query).scalars()) if mine else set()
    rounds = inspect_rounds(services, workflow_id).shown if known else []
    return [entry for entry in rounds if entry.approval_id in known]


def history(store: Store, thread_id: str | None, workflow_id: str) -> dict[str, Any]:
    """The totals of the plans that this conversation approved; nothing when there are none.

    Returns:
        ``coverage_before`` (of the first plan), ``rounds``, ``record_ids``, ``rejected`` and ``cost``, as in the
        graph's state; the cost in USD is ``None`` only where a price is not known. A round that was undone stays in
        the totals, except for its records: it was paid for.
    """
    mine = _plans_of(store, thread_id, workflow_id)
    query = (
        select(jobs.c.id, jobs.c.approval_id, jobs.c.undone_at)
        .join(approvals, approvals.c.id == jobs.c.approval_id)
        .where(approvals.c.plan_id.in_([plan.id for plan in mine]))
        .order_by(jobs.c.position)
    )
    with store.read() as connection:
        rows = connection.execute(query).all() if mine else []
    if not rows:
        return {}
    record_ids: list[str] = []
    rejected: dict[str, int] = {}
    uses = []
    for row in rows:
        summary = summarize_job(store, row.id)
        uses.append(summary)
        if row.undone_at is None:
            record_ids += [record for record in slot_records(store, row.id).values() if record]
        for reason, number in summary.rejected.items():
            rejected[reason] = rejected.get(reason, 0) + number
    return {
        "coverage_before": mine[-1].details.get("coverage_before"),
        "rounds": len({row.approval_id for row in rows}),
        "record_ids": record_ids,
        "rejected": rejected,
        "cost": sum_of(uses).model_dump(),
    }


def _plans_of(store: Store, thread_id: str | None, workflow_id: str) -> list[Plan]:
    """The approved plans of a conversation, newest first."""
    if thread_id is None:
        return []
    return [plan for plan in list_plans(store, workflow_id, "approved") if plan.thread_id == thread_id]
