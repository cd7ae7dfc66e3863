"""The journal of generation: starting jobs, and writing down every attempt.

What was paid for is written down before it is judged, and a record, its attempt and its slot are committed in
one transaction: a crash loses no accepted record and none is counted twice.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select, update

from ..dataset.record import Record
from ..dataset.records import NewRecord, insert_records
from ..dataset.store import Store
from ..dataset.tables import approval_items, attempts, jobs, slots
from ..errors import ApprovalRequired
from .draft import Rejection
from .ledger import Attempt, Job, job_within


class _Doubled(Exception):
    """The slot is filled or the record is there: the transaction is taken back."""


def take_item(
    store: Store, approval_id: str, number: int, *, model: str, coverage_before: dict[str, Any]
) -> Job:
    """The job of an approved item: the one that was started before, or a new one with its slots.

    Raises:
        ApprovalRequired: there is no such approved item.
    """
    with store.write() as connection:
        item = _item(connection, approval_id, number)
        if item["job_id"] is not None:
            return job_within(connection, item["job_id"])
        return _start_job(connection, item, model, coverage_before)


def workflow_of_item(store: Store, approval_id: str, number: int) -> str:
    """The workflow of an approved item.

    Raises:
        ApprovalRequired: there is no such approved item.
    """
    with store.read() as connection:
        return str(_item(connection, approval_id, number)["workflow_id"])


def find_approved_item(
    store: Store, workflow_id: str, topic: str, count: int, strategy: str
) -> tuple[str, int] | None:
    """(approval id, item number) of an approved item of exactly this shape that is not done.

    An unfinished job's item comes first, then an unused one.
    """
    query = (
        select(approval_items.c.approval_id, approval_items.c.number)
        .outerjoin(jobs, jobs.c.id == approval_items.c.job_id)
        .where(
            approval_items.c.workflow_id == workflow_id,
            approval_items.c.topic == topic,
            approval_items.c.count == count,
            approval_items.c.strategy == strategy,
            approval_items.c.job_id.is_(None) | (jobs.c.status == "running"),
        )
        .order_by(approval_items.c.job_id.is_(None), approval_items.c.approval_id)
    )
    with store.read() as connection:
        row = connection.execute(query).first()
    return (row.approval_id, row.number) if row else None


def begin_attempt(store: Store, job_id: str, attempt: Attempt) -> None:
    """Write down that a model is being called."""
    with store.write() as connection:
        connection.execute(
            insert(attempts).values(
                job_id=job_id,
                number=attempt.number,
                slot=attempt.slot,
                status="calling",
                seed_ids=attempt.seed_ids,
                details=attempt.details,
            )
        )


def journal_answer(
    store: Store, job_id: str, number: int, response: str, prompt_tokens: int, completion_tokens: int
) -> None:
    """Write down what was paid for, before anybody judges it."""
    _update_attempt(
        store,
        job_id,
        number,
        status="answered",
        response=response,
        prompt_tokens=prompt_tokens,
        completion_tokens=completion_tokens,
    )


def reject_attempt(
    store: Store, job_id: str, number: int, rejection: Rejection, *, failed: bool = False
) -> None:
    """Write down why an attempt gives no record: refused by a gate, or no answer at all (failed)."""
    status = "failed" if failed else "rejected"
    _update_attempt(store, job_id, number, status=status, gate=rejection.gate, evidence=rejection.evidence)


def accept_attempt(store: Store, job: Job, number: int, slot: int, record: Record) -> bool:
    """Commit record, attempt and slot together.

    Returns:
        False, with nothing written, when the slot is filled already or the record is there already.
    """
    empty = (slots.c.job_id == job.id) & (slots.c.number == slot) & slots.c.record_id.is_(None)
    this = (attempts.c.job_id == job.id) & (attempts.c.number == number)
    try:
        with store.write() as connection:
            if not connection.execute(update(slots).where(empty).values(record_id=record.id)).rowcount:
                raise _Doubled
            if not insert_records(connection, job.workflow_id, [NewRecord(record, job_id=job.id)]):
                raise _Doubled
            connection.execute(update(attempts).where(this).values(status="accepted"))
    except _Doubled:
        return False
    return True


def end_job(
    store: Store, job_id: str, *, status: str, stop_reason: str | None, coverage_after: dict[str, Any]
) -> None:
    """Close a job: complete, or short with the reason."""
    with store.write() as connection:
        connection.execute(
            update(jobs)
            .where(jobs.c.id == job_id)
            .values(status=status, stop_reason=stop_reason, coverage_after=coverage_after, ended_at=_now())
        )


def _item(connection: Connection, approval_id: str, number: int) -> RowMapping:
    wanted = (approval_items.c.approval_id == approval_id) & (approval_items.c.number == number)
    item = connection.execute(select(approval_items).where(wanted)).mappings().first()
    if item is None:
        raise ApprovalRequired(
            f"Approval {approval_id} has no item {number}.", hint="Propose a plan and have it approved."
        )
    return item


def _start_job(connection: Connection, item: RowMapping, model: str, coverage_before: dict[str, Any]) -> Job:
    job_id = f"job-{uuid.uuid4().hex[:12]}"
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
            created_at=_now(),
        )
    )
    connection.execute(
        insert(slots), [{"job_id": job_id, "number": number} for number in range(item["count"])]
    )
    this = (approval_items.c.approval_id == item["approval_id"]) & (approval_items.c.number == item["number"])
    connection.execute(update(approval_items).where(this).values(job_id=job_id))
    return job_within(connection, job_id)


def _update_attempt(store: Store, job_id: str, number: int, **values: Any) -> None:
    this = (attempts.c.job_id == job_id) & (attempts.c.number == number)
    with store.write() as connection:
        connection.execute(update(attempts).where(this).values(**values))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
