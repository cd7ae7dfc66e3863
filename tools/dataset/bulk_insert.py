"""Adding the records of a file to the store, tens of thousands in one statement."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import repeat
from typing import Any

from sqlalchemy import Connection

from .counts import TopicCount, add_counts, count_added, last_position
from .record_columns import RecordColumns
from .workflows import bump_version, version_within

_CACHE_KIB = 64_000
"""Holds the index of some million ids, which come in no order; the usual 2 MB would be written out all the time."""

_INSERT = """
    INSERT INTO records (
        workflow_id, source_file, topic_field, id, source_line, topic, other_topics,
        has_assistant_turn, is_multi_turn, uses_tools, body, origin, status
    ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'real', 'active') ON CONFLICT DO NOTHING
"""


def insert_columns(
    connection: Connection,
    workflow_id: str,
    ids: Sequence[str],
    columns: RecordColumns,
    *,
    source_file: str,
    topic_field: str | None,
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

    Returns:
        How many were added.

    Raises:
        WorkflowNotFound: there is no such workflow.
    """
    version_within(connection, workflow_id)
    after = last_position(connection)
    rows = zip(
        repeat(workflow_id), repeat(source_file), repeat(topic_field), ids, columns.lines, *columns[2:]
    )
    # Not by SQLAlchemy, which wants all rows in a list: an iterator makes one row at a time, and none to collect.
    cursor: Any = connection.connection.cursor()
    cursor.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    cursor.executemany(_INSERT, rows)
    added: int = cursor.rowcount
    cursor.close()
    if added == len(ids):
        add_counts(connection, workflow_id, _counts(columns))
    elif added:
        count_added(connection, after)
    if added:
        bump_version(connection, workflow_id)
    return added


def _counts(columns: RecordColumns) -> Iterator[TopicCount]:
    """What `count_added` would find, without reading it from the table."""
    kinds = Counter(
        zip(
            columns.topics, columns.has_assistant_turn, columns.is_multi_turn, columns.uses_tools, strict=True
        )
    )
    for (topic, answered, multi_turn, tools), count in kinds.items():
        yield TopicCount(topic, count, 0, count * multi_turn, count * tools, count * answered)
