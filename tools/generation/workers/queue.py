"""The queue of the workers: approved items that any of them may carry out, or go on with.

An item is in it from the moment that somebody who was told yes hands it over, until its job has ended, a worker gives
it back to a person, or it is withdrawn: then the worker that has it finishes what is under way and leaves the rest. An
approval alone puts nothing into it, and what nobody approved cannot be in it (a foreign key of the store).
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import ColumnElement, delete, select, update

from ...store.journal_tables import approval_items, jobs, queued_items
from ...store.leases import held_leases
from ...store.store import Store, insert_into
from ...store.workflows import now
from ..approvals.approved_items import open_items
from ..approvals.pilot import outcome_within

WORKER = "worker "
"""How the names of the workers' own leases begin; a number follows."""


@dataclass(frozen=True)
class QueuedItem:
    """An approved item that waits for a worker, or that one is at.

    Attributes:
        job_id: the job that took it; None while it is not begun.
    """

    approval_id: str
    number: int
    workflow_id: str
    topic: str
    count: int
    strategy: str
    job_id: str | None
    queued_at: str


@dataclass(frozen=True)
class Place:
    """Where an item stands that was handed over.

    Attributes:
        job_id: the job that took it; None while it is not begun.
        has_ended: whether that job has ended.
        is_queued: whether workers may carry it out.
        failure: why one gave it back: code, message and hint.
    """

    job_id: str | None
    has_ended: bool
    is_queued: bool
    failure: dict[str, Any] | None


def queue_item(store: Store, approval_id: str, number: int) -> None:
    """Hand an approved item to the workers; again, where one gave it back."""
    with store.write() as connection:
        statement = insert_into(connection, queued_items).values(
            approval_id=approval_id, number=number, queued_at=now(), failure=None
        )
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=["approval_id", "number"], set_={"failure": statement.excluded.failure}
            )
        )


def queue_approval(store: Store, approval_id: str, *, days: float) -> None:
    """Hand all that can still be carried out under an approval to the workers; the rest behind a pilot follows it."""
    for number in open_items(store, approval_id, days=days):
        queue_item(store, approval_id, number)


def withdraw_item(store: Store, approval_id: str, number: int) -> None:
    """Take an item from the workers: nothing more of it is begun; what is under way is finished and kept."""
    with store.write() as connection:
        connection.execute(delete(queued_items).where(_is(approval_id, number)))


def withdraw_approval(store: Store, approval_id: str) -> None:
    """`withdraw_item` for all items of an approval."""
    with store.write() as connection:
        connection.execute(delete(queued_items).where(queued_items.c.approval_id == approval_id))


def give_back(store: Store, approval_id: str, number: int, failure: dict[str, Any]) -> None:
    """Leave an item that a worker cannot carry out to a person, who sees why.

    Args:
        store: where the queue is.
        approval_id: whose item it is.
        number: which one.
        failure: code, message and hint, as a tool's answer has them.
    """
    with store.write() as connection:
        connection.execute(update(queued_items).where(_is(approval_id, number)).values(failure=failure))


def is_queued(store: Store, approval_id: str, number: int) -> bool:
    """Whether workers may carry an item out."""
    query = select(queued_items.c.number).where(_is(approval_id, number), queued_items.c.failure.is_(None))
    with store.read() as connection:
        return connection.execute(query).first() is not None


def place_of(store: Store, approval_id: str, number: int) -> Place:
    """Where an item stands that was handed over."""
    of_item = (approval_items.c.approval_id == approval_id) & (approval_items.c.number == number)
    query = (
        select(approval_items.c.job_id, jobs.c.status, queued_items.c.number, queued_items.c.failure)
        .outerjoin(jobs, jobs.c.id == approval_items.c.job_id)
        .outerjoin(queued_items, _of_item())
        .where(of_item)
    )
    with store.read() as connection:
        row = connection.execute(query).one()
    has_ended = row.status is not None and row.status != "running"
    return Place(row.job_id, has_ended, row.number is not None and row.failure is None, row.failure)


def waiting_items(store: Store) -> list[QueuedItem]:
    """What workers may carry out now, and what one of them is at; first come, first."""
    query = (
        select(approval_items, queued_items.c.queued_at, jobs.c.status)
        .join(queued_items, _of_item())
        .outerjoin(jobs, jobs.c.id == approval_items.c.job_id)
        .where(queued_items.c.failure.is_(None))
        .order_by(queued_items.c.queued_at, queued_items.c.approval_id, queued_items.c.number)
    )
    found: list[QueuedItem] = []
    with store.read() as connection:
        for row in connection.execute(query).mappings().all():
            if row["job_id"] is None:
                pilot = outcome_within(connection, row["approval_id"], row["number"])
                if pilot is not None and not pilot.holds:
                    continue  # its first records come before it, and may leave it to another yes
            elif row["status"] != "running":
                continue
            found.append(QueuedItem(**{one.name: row[one.name] for one in fields(QueuedItem)}))
    return found


def workers_at_work(store: Store) -> dict[str, str]:
    """The workers that were heard of last less than a lease ago: who, in words, by name."""
    return {lease.name: lease.holder for lease in held_leases(store, WORKER)}


def _is(approval_id: str, number: int) -> ColumnElement[bool]:
    return (queued_items.c.approval_id == approval_id) & (queued_items.c.number == number)


def _of_item() -> ColumnElement[bool]:
    return (queued_items.c.approval_id == approval_items.c.approval_id) & (
        queued_items.c.number == approval_items.c.number
    )
