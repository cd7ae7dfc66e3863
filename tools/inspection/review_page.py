"""A page of records to read, however many there are: the next ones after a place in their order."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, literal_column, select

from ..dataset.record import Origin, Record
from ..store.record_rows import record_of
from ..store.records import Status
from ..store.store import Store
from ..store.tables import records
from ..store.workflows import require_workflow

PAGE = 40


@dataclass(frozen=True)
class Wanted:
    """Which records to read.

    Attributes:
        topic: only this one; empty for those without a topic, None for any.
        origin: only real or only generated ones; None for any.
        status: those that count, or those that were taken out.
    """

    topic: str | None = None
    origin: Origin | None = None
    status: Status = "active"


@dataclass(frozen=True)
class ReviewPage:
    """Some records in order, generated ones newest first.

    Attributes:
        records: at most `PAGE`.
        after: what `review_page` takes to read on; None where there are no more.
    """

    records: list[Record]
    after: int | None


def review_page(store: Store, workflow_id: str, wanted: Wanted, after: int | None = None) -> ReviewPage:
    """Read a page.

    Args:
        store: where they are.
        workflow_id: whose they are.
        wanted: which.
        after: where the page before ended.

    Raises:
        WorkflowNotFound: there is no such workflow.
    """
    require_workflow(store, workflow_id)
    newest_first = wanted.origin == "synthetic"
    place = records.c.position
    conditions: list[ColumnElement[bool]] = [
        records.c.workflow_id == workflow_id,
        records.c.status == wanted.status,
    ]
    if wanted.topic is not None:
        conditions.append(records.c.topic == wanted.topic if wanted.topic else records.c.topic.is_(None))
    if wanted.origin is not None:
        # Written out: SQLite uses the index of the generated ones only when it sees that they are meant.
        conditions.append(records.c.origin == literal_column(f"'{wanted.origin}'"))
    if after is not None:
        conditions.append(place < after if newest_first else place > after)
    query = (
        select(records).where(*conditions).order_by(place.desc() if newest_first else place).limit(PAGE + 1)
    )
    with store.read() as connection:
        rows = connection.execute(query).all()
    more = len(rows) > PAGE
    return ReviewPage([record_of(row) for row in rows[:PAGE]], rows[PAGE - 1].position if more else None)
