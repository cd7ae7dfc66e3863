"""Adding the records of a file to the store, tens of thousands in one statement."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection

from ..dataset.formats.plain_line import ANSWERED, MULTI_TURN, USES_TOOLS
from .counts import TopicCount, add_counts, count_added, last_position
from .record_columns import NO_OTHERS, RecordColumns
from .record_indexes import make_missing_indexes
from .workflows import bump_version, version_within

_CACHE_KIB = 64_000
"""Holds the index of some million ids, which come in no order; the usual 2 MB would be written out all the time."""

_ROWS_AT_ONCE = 16
"""In one statement: starting one costs as much as a row."""

_INSERT = """
    INSERT INTO records (
        workflow_id, source_file, topic_field, origin, status, other_topics, id, source_line, topic, body,
        has_assistant_turn, is_multi_turn, uses_tools
    ) VALUES {rows} ON CONFLICT DO NOTHING
"""


def insert_columns(
    connection: Connection,
    workflow_id: str,
    ids: Sequence[str],
    columns: RecordColumns,
    *,
    source_file: str,
    topic_field: str | None,
    indexes_put_off: bool = False,
) -> int:
    """Add real records inside a caller's write transaction, after those that are there already.

    A record whose id the workflow has already is left as it is.

    Args:
        connection: the transaction.
        workflow_id: whose they are.
        ids: their ids, in the order of the columns.
        columns: the rest of them.
        source_file: the file that they are from.
        topic_field: where they carry their topic, when that is not ``topic``.
        indexes_put_off: the caller did that, and no other record has one of these ids.

    Returns:
        How many were added.

    Raises:
        WorkflowNotFound: there is no such workflow.
    """
    version_within(connection, workflow_id)
    if not indexes_put_off:
        make_missing_indexes(connection)
    after = last_position(connection)
    # Not by SQLAlchemy, which wants all rows in a list: here none is made before it is needed.
    cursor: Any = connection.connection.cursor()
    cursor.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    cursor.execute("SELECT quote(?), quote(?), quote(?)", (workflow_id, source_file, topic_field))
    common = f"{', '.join(cursor.fetchone())}, 'real', 'active'"
    added = 0
    whole = len(ids) - len(ids) % _ROWS_AT_ONCE
    for part, at_once in ((slice(whole), _ROWS_AT_ONCE), (slice(whole, None), 1)):
        added += _insert(cursor, common, columns.values(ids, part), at_once)
    cursor.close()
    if added == len(ids):
        add_counts(connection, workflow_id, _counts(columns))
    elif added:
        count_added(connection, after)
    if added:
        bump_version(connection, workflow_id)
    return added


def _insert(cursor: Any, common: str, columns: list[Sequence[Any]], at_once: int) -> int:
    """Insert rows that are given by column, so many with each statement; returns how many are new."""
    rows = ", ".join(_row(common, len(columns), number) for number in range(at_once))
    values = (column[start::at_once] for start in range(at_once) for column in columns)
    cursor.executemany(_INSERT.format(rows=rows), zip(*values, strict=True))
    return int(cursor.rowcount)


def _row(common: str, width: int, number: int) -> str:
    """The values of one row: what all have in common is written out, the others are numbered from 1."""
    kind, identity, line, topic, body, *others = (
        f"?{number * width + place}" for place in range(1, width + 1)
    )
    kinds = f"{kind} & {ANSWERED} <> 0, {kind} & {MULTI_TURN} <> 0, {kind} & {USES_TOOLS} <> 0"
    further = others[0] if others else f"'{NO_OTHERS}'"
    return f"({common}, {further}, {identity}, {line}, {topic}, {body}, {kinds})"


def _counts(columns: RecordColumns) -> Iterator[TopicCount]:
    """What `count_added` would find, without reading it from the table."""
    for (topic, kind), count in columns.counts.items():
        multi_turn, tools, answered = (bool(kind & flag) for flag in (MULTI_TURN, USES_TOOLS, ANSWERED))
        yield TopicCount(topic, count, 0, count * multi_turn, count * tools, count * answered)
