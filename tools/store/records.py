"""Records in the store: adding, counting, reading and reviewing them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import EllipsisType
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    func,
    literal_column,
    select,
    update,
)

from ..dataset.record import Origin, Record
from ..errors import InvalidInput
from .counts import TopicCount as TopicCount
from .counts import count_added, counted, counts_within, last_position
from .record_rows import NewRecord as NewRecord
from .record_rows import record_of, row_of
from .store import Store, insert_into
from .tables import records
from .workflows import bump_version, check_storable, now, require_workflow, version_within

Status = Literal["active", "rejected"]
STATUSES: tuple[Status, ...] = ("active", "rejected")

# Written out in the query: SQLite uses the index of the generated records only when it sees that they are meant.
_SYNTHETIC: ColumnElement[str] = literal_column("'synthetic'")
_PAGE = 500
"""Rows per query: few enough that a reader holds no transaction open while it works on them."""


def insert_records(connection: Connection, workflow_id: str, rows: Sequence[NewRecord]) -> int:
    """Add records inside a caller's write transaction, after those that are there already.

    A record whose id the workflow has already is left as it is.

    Returns:
        How many were added.

    Raises:
        WorkflowNotFound: there is no such workflow.
    """
    version_within(connection, workflow_id)
    if not rows:
        return 0
    after = last_position(connection, workflow_id)
    values = [row_of(workflow_id, new) for new in rows]
    statement = insert_into(connection, records).on_conflict_do_nothing()
    added = connection.execute(statement, values, execution_options={"preserve_rowcount": True}).rowcount
    if added:
        count_added(connection, workflow_id, after)
        bump_version(connection, workflow_id)
    return added


def topic_counts(store: Store, workflow_id: str) -> list[TopicCount]:
    """Count the active records of each topic, in the order in which the topics first appear.

    No record is read for it, so it takes the same few milliseconds however many there are.
    """
    with store.read() as connection:
        version_within(connection, workflow_id)
        return counts_within(connection, workflow_id)


def load_records(
    store: Store,
    workflow_id: str,
    *,
    topic: str | EllipsisType | None = ...,
    origin: Origin | None = None,
    status: Status | None = "active",
    usable_only: bool = False,
    job_id: str | None = None,
    limit: int | None = None,
) -> Iterator[Record]:
    """Read records in their order, a page at a time; no transaction stays open between pages.

    Args:
        store: where they are.
        workflow_id: whose they are.
        topic: only this topic; ``None`` means uncategorized, ``...`` (the default) means any.
        origin: only real or only synthetic ones.
        status: active ones by default; ``None`` means any.
        usable_only: only real ones with an assistant turn.
        job_id: only those that this job generated.
        limit: at most so many.

    Raises:
        WorkflowNotFound: there is no such workflow (said at once, not at the first record).
    """
    require_workflow(store, workflow_id)
    wanted: list[ColumnElement[bool]] = [records.c.workflow_id == workflow_id]
    if not isinstance(topic, EllipsisType):
        wanted.append(records.c.topic.is_(None) if topic is None else records.c.topic == topic)
    if status is not None:
        wanted.append(records.c.status == status)
    if origin is not None:
        wanted.append(records.c.origin == (_SYNTHETIC if origin == "synthetic" else origin))
    if usable_only:
        wanted += [records.c.origin == "real", records.c.has_assistant_turn.is_(True)]
    if job_id is not None:
        wanted.append(records.c.job_id == job_id)
    return _pages(store, select(records).where(*wanted).order_by(records.c.position), limit)


def records_at(store: Store, positions: Sequence[int]) -> Iterator[Record]:
    """Read the records at these positions of the table, in their order, a page at a time."""
    for start in range(0, len(positions), _PAGE):
        part = positions[start : start + _PAGE]
        query = select(records).where(records.c.position.in_(part)).order_by(records.c.position)
        with store.read() as connection:
            rows = connection.execute(query).all()
        yield from map(record_of, rows)


def get_record(store: Store, workflow_id: str, record_id: str) -> Record:
    """Read one record, whatever its status; raises `InvalidInput` when there is none with this id."""
    query = select(records).where(records.c.workflow_id == workflow_id, records.c.id == record_id)
    with store.read() as connection:
        version_within(connection, workflow_id)
        row = connection.execute(query).one_or_none()
    if row is None:
        raise _unknown(workflow_id, [record_id])
    return record_of(row)


def newest_position(store: Store, workflow_id: str) -> int:
    """The position of the record of a workflow that came last."""
    with store.read() as connection:
        return last_position(connection, workflow_id)


def generated_after(
    store: Store, workflow_id: str, position: int, *, is_ours: Callable[[str | None, Record], bool]
) -> tuple[list[Record], int]:
    """Records that others had accepted after a position, and the position to ask from next.

    Args:
        store: where they are.
        workflow_id: whose they are.
        position: of the last one that was seen.
        is_ours: whether a record, with the id of its job, came from whoever asks.
    """
    with store.read() as connection:
        return generated_within(connection, workflow_id, position, is_ours=is_ours)


def generated_within(
    connection: Connection,
    workflow_id: str,
    position: int,
    *,
    is_ours: Callable[[str | None, Record], bool],
) -> tuple[list[Record], int]:
    """`generated_after`, read inside a caller's transaction."""
    query = (
        select(records)
        .where(
            records.c.workflow_id == workflow_id,
            records.c.origin == _SYNTHETIC,
            records.c.position > position,
        )
        .order_by(records.c.position)
    )
    rows = connection.execute(query).all()
    found = [(row.job_id, record_of(row)) for row in rows if row.status == "active"]
    return [record for job_id, record in found if not is_ours(job_id, record)], rows[
        -1
    ].position if rows else position


def records_with_ids(store: Store, workflow_id: str, ids: Sequence[str]) -> list[Record]:
    """Read records by their ids, whatever their status, in the order of the ids.

    Raises:
        InvalidInput: the workflow lacks one.
    """
    found: dict[str, Record] = {}
    for start in range(0, len(ids), _PAGE):
        these = and_(records.c.workflow_id == workflow_id, records.c.id.in_(ids[start : start + _PAGE]))
        with store.read() as connection:
            found |= {row.id: record_of(row) for row in connection.execute(select(records).where(these))}
    if missing := [record_id for record_id in ids if record_id not in found]:
        raise _unknown(workflow_id, missing)
    return [found[record_id] for record_id in ids]


def active_ids(store: Store, workflow_id: str, ids: Sequence[str]) -> set[str]:
    """Which of these records are active."""
    found: set[str] = set()
    for start in range(0, len(ids), _PAGE):
        these = and_(
            records.c.workflow_id == workflow_id,
            records.c.id.in_(ids[start : start + _PAGE]),
            records.c.status == "active",
        )
        with store.read() as connection:
            found |= set(connection.execute(select(records.c.id).where(these)).scalars())
    return found


def set_status(store: Store, workflow_id: str, record_ids: Iterable[str], status: Status) -> int:
    """Accept (``active``) or refuse (``rejected``) records; returns how many changed.

    Raises:
        InvalidInput: another status, or an id that the workflow does not have; nothing is changed then.
    """
    if status not in STATUSES:
        raise InvalidInput(f"{status!r} is no status of a record.", hint=f"Use {' or '.join(STATUSES)}.")
    ids = list(dict.fromkeys(record_ids))
    changed = 0
    with store.write(workflow_id) as connection:
        version_within(connection, workflow_id)
        _require_ids(connection, workflow_id, ids)
        for start in range(0, len(ids), _PAGE):
            part = ids[start : start + _PAGE]
            these = and_(records.c.workflow_id == workflow_id, records.c.id.in_(part))
            change = update(records).where(these, records.c.status != status).values(status=status)
            with counted(connection, workflow_id, these):
                changed += connection.execute(change).rowcount
        if changed:
            bump_version(connection, workflow_id)
    return changed


def note_worth(store: Store, workflow_id: str, worths: Mapping[str, float]) -> None:
    """Note in the provenance of synthetic records what each is worth, as `coverage.worth` has it."""
    found = records_with_ids(store, workflow_id, list(worths))
    with store.write(workflow_id) as connection:
        for record in found:
            this = and_(records.c.workflow_id == workflow_id, records.c.id == record.id)
            provenance = (record.provenance or {}) | {"worth": worths[record.id]}
            connection.execute(update(records).where(this).values(provenance=provenance))


def worth_of_topics(store: Store, workflow_id: str) -> dict[str, float]:
    """What the active synthetic records of each topic are worth together.

    One whose worth nobody measured counts whole: a person edited it, or it is of an earlier version.
    """
    noted = func.coalesce(records.c.provenance["worth"].as_float(), 1.0)
    query = (
        select(records.c.topic, func.sum(noted))
        .where(
            records.c.workflow_id == workflow_id,
            records.c.origin == _SYNTHETIC,
            records.c.status == "active",
            records.c.topic.is_not(None),
        )
        .group_by(records.c.topic)
    )
    with store.read() as connection:
        return {topic: max(0.0, round(float(total), 3)) for topic, total in connection.execute(query)}


def set_topic(store: Store, workflow_id: str, record_id: str, topic: str | None) -> None:
    """Give a record another topic; none, or a blank one, makes it uncategorized. Its body stays as it is."""
    move_records(store, workflow_id, {record_id: topic})


def move_records(store: Store, workflow_id: str, topics: Mapping[str, str | None]) -> int:
    """Give records other topics, all or none; none makes one uncategorized. Returns how many changed.

    Raises:
        InvalidInput: the workflow lacks one of the records; nothing is changed then.
    """
    by_topic: dict[str | None, list[str]] = {}
    for record_id, topic in topics.items():
        by_topic.setdefault((topic or "").strip() or None, []).append(record_id)
    changed = 0
    with store.write(workflow_id) as connection:
        version_within(connection, workflow_id)
        _require_ids(connection, workflow_id, list(topics))
        for label, ids in by_topic.items():
            check_storable(label or "", "The topic")
            for start in range(0, len(ids), _PAGE):
                these = and_(
                    records.c.workflow_id == workflow_id, records.c.id.in_(ids[start : start + _PAGE])
                )
                change = update(records).where(these, records.c.topic.is_distinct_from(label))
                with counted(connection, workflow_id, these):
                    changed += connection.execute(change.values(topic=label)).rowcount
        if changed:
            bump_version(connection, workflow_id)
    return changed


def note_kept(store: Store, workflow_id: str, record_ids: Sequence[str], *, is_kept: bool = True) -> int:
    """Note in the provenance of generated records that a person read and kept them, or that this is not so.

    Real records have no provenance: nothing is noted with them. Returns with how many it was.
    """
    when = now()
    noted = 0
    for start in range(0, len(record_ids), _PAGE):
        part = record_ids[start : start + _PAGE]
        of_part = and_(records.c.workflow_id == workflow_id, records.c.id.in_(part))
        with store.write(workflow_id) as connection:
            query = select(records.c.id, records.c.provenance).where(of_part, records.c.origin == _SYNTHETIC)
            rows = [
                {"record": row.id, "noted": {**rest, "kept": when} if is_kept else rest}
                for row in connection.execute(query)
                for rest in [{key: said for key, said in (row.provenance or {}).items() if key != "kept"}]
            ]
            this = and_(records.c.workflow_id == workflow_id, records.c.id == bindparam("record"))
            if rows:
                connection.execute(update(records).where(this).values(provenance=bindparam("noted")), rows)
            noted += len(rows)
    return noted


def require_ids(store: Store, workflow_id: str, ids: Sequence[str]) -> None:
    """Raise `InvalidInput` where the workflow lacks one of these records."""
    with store.read() as connection:
        version_within(connection, workflow_id)
        _require_ids(connection, workflow_id, ids)


def _require_ids(connection: Connection, workflow_id: str, ids: Sequence[str]) -> None:
    for start in range(0, len(ids), _PAGE):
        part = ids[start : start + _PAGE]
        these = and_(records.c.workflow_id == workflow_id, records.c.id.in_(part))
        found = set(connection.execute(select(records.c.id).where(these)).scalars())
        if missing := [record_id for record_id in part if record_id not in found]:
            raise _unknown(workflow_id, missing)


def _pages(store: Store, query: Select[Any], limit: int | None) -> Iterator[Record]:
    last, left = -1, limit
    while left is None or left > 0:
        size = _PAGE if left is None else min(_PAGE, left)
        with store.read() as connection:
            rows = connection.execute(query.where(records.c.position > last).limit(size)).all()
        yield from map(record_of, rows)
        if len(rows) < size:
            return
        last = rows[-1].position
        left = None if left is None else left - size


def _unknown(workflow_id: str, record_ids: Sequence[str]) -> InvalidInput:
    more = f" and {len(record_ids) - 1} more" if len(record_ids) > 1 else ""
    return InvalidInput(
        f"The workflow {workflow_id!r} has no record {record_ids[0]!r}{more}.",
        hint="Record ids are listed by `finetune-coverage review`.",
    )
