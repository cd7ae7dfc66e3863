"""Approved items: finding them, and turning one into a job, once."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, insert, select, update

from ...coverage.plans import PlanItem
from ...errors import ApprovalRequired
from ...store.journal_tables import approval_items, approvals, jobs, plans, slots
from ...store.store import Store
from ..attempts.journal import now
from ..jobs.ledger import Job, job_within
from ..jobs.parts import parts_for
from ..money.stops import stops_told
from .pilot import outcome_within, steps_of


def take_item(
    store: Store,
    approval_id: str,
    number: int,
    *,
    days: float,
    model: str,
    coverage_before: dict[str, Any],
    records_per_part: int | None = None,
) -> Job:
    """The job of an approved item: the one that was started before, or a new one with its slots.

    Args:
        store: where approvals and jobs are.
        approval_id: whose item it is.
        number: which one.
        days: how long an approval holds that nobody has begun to carry out.
        model: what will be asked.
        coverage_before: as it is now.
        records_per_part: for a new job that other processes may help with; None where they may not.

    Raises:
        ApprovalRequired: there is no such approved item, its approval was revoked, or it has expired.
    """
    with store.write() as connection:
        item = _takeable(connection, approval_id, number, days)
        if item["job_id"] is not None:
            return job_within(connection, item["job_id"])
        parts = 1 if records_per_part is None else parts_for(item["count"], records_per_part)
        return _start_job(connection, item, model, coverage_before, parts)


def job_of_item(store: Store, approval_id: str, number: int, *, days: float) -> Job | None:
    """The job that took an approved item; None where one may be begun.

    Raises:
        ApprovalRequired: as `take_item` says.
    """
    with store.read() as connection:
        item = _takeable(connection, approval_id, number, days)
        return None if item["job_id"] is None else job_within(connection, item["job_id"])


def approved_item(store: Store, approval_id: str, number: int) -> PlanItem:
    """What was approved.

    Raises:
        ApprovalRequired: there is no such approved item.
    """
    with store.read() as connection:
        item = _item(connection, approval_id, number)
    return PlanItem(topic=item["topic"], count=item["count"], strategy=item["strategy"])


def workflow_of_item(store: Store, approval_id: str, number: int) -> str:
    """The workflow of an approved item.

    Raises:
        ApprovalRequired: there is no such approved item.
    """
    with store.read() as connection:
        return str(_item(connection, approval_id, number)["workflow_id"])


def find_approved_item(
    store: Store, workflow_id: str, topic: str, count: int, strategy: str, *, days: float
) -> tuple[str, int] | None:
    """(approval id, item number) of an approved item of exactly this shape that is not done.

    An unfinished job's item comes first, then an unused one whose approval holds.
    """
    query = (
        select(approval_items.c.approval_id, approval_items.c.number)
        .join(approvals, approvals.c.id == approval_items.c.approval_id)
        .outerjoin(jobs, jobs.c.id == approval_items.c.job_id)
        .where(
            approval_items.c.workflow_id == workflow_id,
            approval_items.c.topic == topic,
            approval_items.c.count == count,
            approval_items.c.strategy == strategy,
            (approval_items.c.job_id.is_(None) & usable(days)) | (jobs.c.status == "running"),
        )
        .order_by(approval_items.c.job_id.is_(None), approval_items.c.approval_id)
    )
    with store.read() as connection:
        for row in connection.execute(query).all():
            outcome = outcome_within(connection, row.approval_id, row.number)
            if outcome is None or outcome.holds:
                return row.approval_id, row.number
    return None


def open_items(store: Store, approval_id: str, *, days: float) -> list[int]:
    """Numbers of the items of an approval that can still be carried out, or on."""
    query = (
        select(approval_items.c.number)
        .join(approvals, approvals.c.id == approval_items.c.approval_id)
        .outerjoin(jobs, jobs.c.id == approval_items.c.job_id)
        .where(
            approval_items.c.approval_id == approval_id,
            (approval_items.c.job_id.is_(None) & usable(days)) | (jobs.c.status == "running"),
        )
        .order_by(approval_items.c.number)
    )
    with store.read() as connection:
        numbers = list(connection.execute(query).scalars())
        outcomes = {number: outcome_within(connection, approval_id, number) for number in numbers}
    # One whose first records fell short is open no more: what is left of it needs another yes.
    return [
        number for number, known in outcomes.items() if known is None or not known.is_written or known.holds
    ]


def plans_to_begin(store: Store, workflow_id: str | None = None, *, days: float) -> list[str]:
    """Ids of plans whose yes holds and of which nobody has begun something yet, the latest yes first."""
    query = (
        select(approvals.c.plan_id)
        .join(approval_items, approval_items.c.approval_id == approvals.c.id)
        .where(approval_items.c.job_id.is_(None), usable(days))
        .group_by(approvals.c.plan_id, approvals.c.created_at)
        .order_by(approvals.c.created_at.desc())
    )
    if workflow_id is not None:
        query = query.where(approval_items.c.workflow_id == workflow_id)
    with store.read() as connection:
        return list(connection.execute(query).scalars())


def usable(days: float) -> ColumnElement[bool]:
    """Whether an approval can be begun with: not revoked, and not older than so many days."""
    return approvals.c.revoked_at.is_(None) & (approvals.c.created_at >= _oldest(days))


def _oldest(days: float) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).isoformat()


def _takeable(connection: Connection, approval_id: str, number: int, days: float) -> RowMapping:
    item = _item(connection, approval_id, number)
    if item["job_id"] is None:
        _check_usable(connection, approval_id, days)
        _check_pilot(connection, approval_id, number)
    return item


def _check_usable(connection: Connection, approval_id: str, days: float) -> None:
    row = connection.execute(select(approvals).where(approvals.c.id == approval_id)).mappings().one()
    hint = "Propose the plan again and have it approved."
    if row["revoked_at"] is not None:
        raise ApprovalRequired(
            f"Approval {approval_id} was revoked on {row['revoked_at'][:10]} by {row['revoked_by']}.",
            hint=hint,
        )
    if row["created_at"] < _oldest(days):
        raise ApprovalRequired(
            f"Approval {approval_id} of {row['created_at'][:10]} has expired: nobody began to carry it out within "
            f"{days:g} days.",
            hint=hint,
        )


def _check_pilot(connection: Connection, approval_id: str, number: int) -> None:
    outcome = outcome_within(connection, approval_id, number)
    if outcome is not None and not outcome.holds:
        hint = "Generate them first." if not outcome.is_written else "It needs a plan, and a yes, of its own."
        raise ApprovalRequired(f"The rest of this item waits: {outcome.why}.", hint=hint)


def _item(connection: Connection, approval_id: str, number: int) -> RowMapping:
    wanted = (approval_items.c.approval_id == approval_id) & (approval_items.c.number == number)
    item = connection.execute(select(approval_items).where(wanted)).mappings().first()
    hint = "Propose a plan and have it approved."
    if item is None:
        raise ApprovalRequired(f"Approval {approval_id} has no item {number}.", hint=hint)
    query = select(plans.c["items"]).join(approvals, approvals.c.plan_id == plans.c.id)
    planned = connection.execute(query.where(approvals.c.id == approval_id)).scalar_one_or_none()
    this = {name: item[name] for name in ("topic", "count", "strategy")}
    steps = steps_of([PlanItem.model_validate(one) for one in planned or []])
    if [step.item.model_dump() for step in steps[number : number + 1]] != [this]:
        raise ApprovalRequired(
            f"Item {number} of approval {approval_id} is not what its plan says.", hint=hint
        )
    return item


def _start_job(
    connection: Connection, item: RowMapping, model: str, coverage_before: dict[str, Any], parts: int
) -> Job:
    job_id = f"job-{uuid.uuid4().hex[:12]}"
    query = select(plans.c.details).join(approvals, approvals.c.plan_id == plans.c.id)
    details = connection.execute(query.where(approvals.c.id == item["approval_id"])).scalar_one()
    told = stops_told(details, item["number"])
    connection.execute(
        insert(jobs).values(
            id=job_id,
            workflow_id=item["workflow_id"],
            approval_id=item["approval_id"],
            topic=item["topic"],
            count=item["count"],
            strategy=item["strategy"],
            model=model,
            status="running",
            coverage_before=coverage_before,
            notes={} if told is None else {"stops": told.model_dump()},
            created_at=now(),
            parts=parts,
        )
    )
    connection.execute(
        insert(slots), [{"job_id": job_id, "number": number} for number in range(item["count"])]
    )
    this = (approval_items.c.approval_id == item["approval_id"]) & (approval_items.c.number == item["number"])
    connection.execute(update(approval_items).where(this).values(job_id=job_id))
    return job_within(connection, job_id)
