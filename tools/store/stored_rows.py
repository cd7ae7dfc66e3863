"""The active records of a workflow as rows, with where each came from: for passes over a whole dataset."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from ..dataset.record import Origin
from ..dataset.topic_label import DEFAULT_FIELD
from .shards import refuse_sharded
from .tables import records
from .workflows import version_within

OnProgress = Callable[[int, int], None]
"""Told how many rows are done, and how many there are."""

_ROWS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class StoredRow:
    """One record and its place.

    Attributes:
        id: of the record.
        body: its JSON text, as it was read or written.
        topic: its label now; ``None`` is uncategorized.
        topic_field: where its body carries the topic.
        origin: real or synthetic.
        provenance: of a synthetic record.
        has_assistant_turn: whether a trainer can learn from it.
        source_file: the file that it was read from, if any.
        source_line: its line there, counted from 1.
    """

    id: str
    body: str
    topic: str | None
    topic_field: str
    origin: Origin
    provenance: dict[str, Any] | None
    has_assistant_turn: bool
    source_file: str | None
    source_line: int | None

    @property
    def place(self) -> str:
        """``file:line``, or for a record from nowhere (a synthetic one) its id."""
        if self.source_file is None:
            return self.id
        return self.source_file if self.source_line is None else f"{self.source_file}:{self.source_line}"


def stored_rows(
    connection: Connection, workflow_id: str, origin: Origin | None = None, *, sample: bool = False
) -> Iterator[StoredRow]:
    """The active records in their order, a few at a time; all passes on one connection see the same state.

    Args:
        connection: a transaction.
        workflow_id: whose records they are.
        origin: only real or only synthetic ones.
        sample: whether those that the store has will do, where records lie in shards.

    Raises:
        WorkflowNotFound: there is no such workflow (said at once, not at the first row).
        InvalidInput: its records lie in shards.
    """
    version_within(connection, workflow_id)
    if not sample:
        refuse_sharded(connection, workflow_id, "one process cannot read them all")
    query = select(records).where(*_wanted(workflow_id, origin))
    rows = connection.execution_options(yield_per=_ROWS_AT_ONCE).execute(query.order_by(records.c.position))
    return (
        StoredRow(
            id=row.id,
            body=row.body,
            topic=row.topic,
            topic_field=row.topic_field or DEFAULT_FIELD,
            origin=row.origin,
            provenance=row.provenance,
            has_assistant_turn=row.has_assistant_turn,
            source_file=row.source_file,
            source_line=row.source_line,
        )
        for row in rows
    )


def count_rows(connection: Connection, workflow_id: str, origin: Origin | None = None) -> int:
    """How many rows `stored_rows` gives."""
    query = select(func.count()).select_from(records).where(*_wanted(workflow_id, origin))
    return int(connection.execute(query).scalar_one())


def told(
    rows: Iterable[StoredRow], on_progress: OnProgress | None, total: int, before: int = 0
) -> Iterator[StoredRow]:
    """The rows; someone is told from time to time how many are done.

    Args:
        rows: to pass on.
        on_progress: who is told.
        total: all rows that there are to do.
        before: how many were done before these.
    """
    for number, row in enumerate(rows, start=before + 1):
        yield row
        if on_progress is not None and number % _ROWS_AT_ONCE == 0:
            on_progress(number, total)


def _wanted(workflow_id: str, origin: Origin | None) -> list[ColumnElement[bool]]:
    wanted = [records.c.workflow_id == workflow_id, records.c.status == "active"]
    return wanted if origin is None else [*wanted, records.c.origin == origin]
