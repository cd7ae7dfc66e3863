"""A page of records to read, however many there are, and all records that a filter means.

What the checks said of a record stands in its provenance, of which the database can only tell by reading it. So a page
that asks for it looks at so many records at most, and the next one goes on after them: a filter that finds little costs
no more than one that finds much.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Row, func, literal_column, select

from ..dataset.record import Origin, Record
from ..store.record_rows import record_of
from ..store.records import Status
from ..store.store import Store
from ..store.tables import records
from ..store.workflows import require_workflow
from . import worth_a_look

PAGE = 40
MOST_LOOKED_AT = 10_000
"""Generated records whose provenance is read for one page, or for a queue."""
_AT_ONCE = 500

Judged = Literal["verified", "unverified", "partly", "edited", "kept", "open"]
Worth = Literal["nothing", "under half", "half", "unknown"]

_LABEL = 9.0
"""Stands for the doubt of a real record whose label is doubted: more than any generated one's."""
_JUDGED: Mapping[Judged, ColumnElement[bool]] = {
    "verified": worth_a_look.IS_VERIFIED,
    "unverified": ~worth_a_look.IS_VERIFIED,
    "partly": worth_a_look.IS_PARTLY_UNJUDGED,
    "edited": worth_a_look.IS_EDITED,
    "kept": worth_a_look.IS_KEPT,
    "open": ~worth_a_look.IS_KEPT,
}
_WORTH: Mapping[Worth, ColumnElement[bool]] = {
    "nothing": worth_a_look.WORTH <= 0,
    "under half": worth_a_look.WORTH < 0.5,
    "half": worth_a_look.WORTH >= 0.5,
    "unknown": worth_a_look.WORTH.is_(None),
}


@dataclass(frozen=True)
class Wanted:
    """Which records to read, and in which order.

    Attributes:
        topic: only this one; empty for those without a topic, None for any.
        origin: only real or only generated ones; None for any.
        status: those that count, or those that were taken out.
        jobs: only those that these jobs generated; None for any.
        judged: only generated ones of which this is so: a verifier read it (``verified``), none did, a check could not
            judge it (``partly``), a person edited it, kept it, or did neither keep nor drop it (``open``).
        worth: only generated ones that are worth so much; ``unknown`` where nobody measured it.
        doubtful: real records whose labels are doubted, by id the topic that each reads like.
        is_queue: those only that are worth a look, the most doubtful first, of the newest `MOST_LOOKED_AT` generated
            ones; otherwise generated ones alone come newest first, and all others in their order.
    """

    topic: str | None = None
    origin: Origin | None = None
    status: Status = "active"
    jobs: tuple[str, ...] | None = None
    judged: Judged | None = None
    worth: Worth | None = None
    doubtful: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    is_queue: bool = False

    @property
    def asks_provenance(self) -> bool:
        """Whether the provenance must be read to tell which records are meant."""
        return self.judged is not None or self.worth is not None or self.is_queue


@dataclass(frozen=True)
class ReviewPage:
    """Some records in order.

    Attributes:
        records: at most as many as were asked for.
        after: what `review_page` takes to read on; None where there are no more.
    """

    records: list[Record]
    after: tuple[float, int] | None


@dataclass(frozen=True)
class Meant:
    """The records that a filter means.

    Attributes:
        topics: their topics by their ids.
        real: how many of them are real ones.
    """

    topics: dict[str, str | None]
    real: int


def review_page(
    store: Store,
    workflow_id: str,
    wanted: Wanted,
    after: tuple[float, int] | None = None,
    *,
    most: int = PAGE,
) -> ReviewPage:
    """Read a page.

    Args:
        store: where they are.
        workflow_id: whose they are.
        wanted: which.
        after: where the page before ended.
        most: records of the page.

    Raises:
        WorkflowNotFound: there is no such workflow.
    """
    require_workflow(store, workflow_id)
    with store.read() as connection:
        if wanted.is_queue:
            return _page_of_queue(connection, workflow_id, wanted, after, most)
        return _in_order(connection, workflow_id, wanted, after, most)


def meant_by(store: Store, workflow_id: str, wanted: Wanted) -> Meant:
    """All records that a filter means; of a queue, all that are in it.

    Raises:
        WorkflowNotFound: there is no such workflow.
    """
    require_workflow(store, workflow_id)
    columns = select(records.c.id, records.c.topic, records.c.origin)
    rows: list[Row[Any]] = []
    with store.read() as connection:
        if wanted.is_queue:
            positions = [position for _, position in _queue(connection, workflow_id, wanted)]
            for start in range(0, len(positions), _AT_ONCE):
                part = positions[start : start + _AT_ONCE]
                rows += connection.execute(columns.where(records.c.position.in_(part)))
        else:
            rows += connection.execute(columns.where(*_conditions(workflow_id, wanted)))
    return Meant({row.id: row.topic for row in rows}, sum(row.origin == "real" for row in rows))


def count_meant(store: Store, workflow_id: str, wanted: Wanted) -> int:
    """How many records a filter means."""
    with store.read() as connection:
        if wanted.is_queue:
            return len(_queue(connection, workflow_id, wanted))
        query = select(func.count()).select_from(records).where(*_conditions(workflow_id, wanted))
        return int(connection.execute(query).scalar_one())


def _in_order(
    connection: Connection, workflow_id: str, wanted: Wanted, after: tuple[float, int] | None, most: int
) -> ReviewPage:
    place = records.c.position
    newest_first = wanted.origin == "synthetic" or wanted.asks_provenance
    order = place.desc() if newest_first else place
    conditions = _conditions(workflow_id, wanted)
    if after is not None:
        conditions.append(place < after[1] if newest_first else place > after[1])
    bound = _bound(connection, workflow_id, wanted, after) if wanted.asks_provenance else None
    if bound is not None:
        conditions.append(place > bound)
    rows = connection.execute(select(records).where(*conditions).order_by(order).limit(most + 1)).all()
    found = [record_of(row) for row in rows[:most]]
    if len(rows) > most:
        return ReviewPage(found, (0.0, rows[most - 1].position))
    return ReviewPage(found, None if bound is None else (0.0, bound + 1))


def _bound(
    connection: Connection, workflow_id: str, wanted: Wanted, after: tuple[float, int] | None
) -> int | None:
    """The position down to which generated records are looked at; None where there are not so many."""
    place = records.c.position
    cheap = _told_by_columns(workflow_id, wanted)
    if after is not None:
        cheap.append(place < after[1])
    query = select(place).where(*cheap).order_by(place.desc()).offset(MOST_LOOKED_AT).limit(1)
    found = connection.execute(query).scalar()
    return None if found is None else int(found)


def _page_of_queue(
    connection: Connection, workflow_id: str, wanted: Wanted, after: tuple[float, int] | None, most: int
) -> ReviewPage:
    queue = _queue(connection, workflow_id, wanted)
    rest = queue if after is None else [place for place in queue if place < after]
    places = rest[:most]
    rows = connection.execute(select(records).where(records.c.position.in_([at for _, at in places])))
    by_position = {row.position: record_of(row) for row in rows}
    found = [by_position[at] for _, at in places if at in by_position]
    return ReviewPage(found, places[-1] if len(rest) > most else None)


def _queue(connection: Connection, workflow_id: str, wanted: Wanted) -> list[tuple[float, int]]:
    """The doubt and the position of each record of a queue, the most doubtful first, of equal ones the newest."""
    queue: list[tuple[float, int]] = []
    place = records.c.position
    if wanted.origin != "synthetic" and wanted.doubtful:
        # A label that contradicts its text is copied into every record that is made after it: these come first.
        real = replace(wanted, origin="real", judged=None, worth=None, is_queue=False)
        doubted = records.c.id.in_(list(wanted.doubtful))
        query = select(place).where(*_told_by_columns(workflow_id, real), doubted)
        queue += [(_LABEL, position) for position in connection.execute(query).scalars()]
    if wanted.origin != "real":
        columns = select(place, *worth_a_look.MEASURED).where(*_conditions(workflow_id, wanted))
        newest = columns.where(~worth_a_look.IS_KEPT).order_by(place.desc()).limit(MOST_LOOKED_AT)
        for position, worth, margin, is_verified in connection.execute(newest):
            doubt = sum(worth_a_look.Measured(worth, margin, is_verified).weights())
            if doubt >= worth_a_look.LEAST:
                queue.append((doubt, position))
    return sorted(queue, reverse=True)


def _conditions(workflow_id: str, wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions = _told_by_columns(workflow_id, wanted)
    if wanted.judged is not None:
        conditions.append(_JUDGED[wanted.judged])
    if wanted.worth is not None:
        conditions.append(_WORTH[wanted.worth])
    return conditions


def _told_by_columns(workflow_id: str, wanted: Wanted) -> list[ColumnElement[bool]]:
    """What can be told without reading the provenance."""
    conditions: list[ColumnElement[bool]] = [
        records.c.workflow_id == workflow_id,
        records.c.status == wanted.status,
    ]
    if wanted.topic is not None:
        conditions.append(records.c.topic == wanted.topic if wanted.topic else records.c.topic.is_(None))
    if (origin := "synthetic" if wanted.asks_provenance else wanted.origin) is not None:
        # Written out: SQLite uses the index of the generated ones only when it sees that they are meant.
        conditions.append(records.c.origin == literal_column(f"'{origin}'"))
    if wanted.jobs is not None:
        conditions.append(records.c.job_id.in_(wanted.jobs))
    return conditions
