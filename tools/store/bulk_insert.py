"""Adding the records of a file to the store, some megabytes in one statement."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import Connection

from ..dataset.formats.plain_line import ANSWERED, MULTI_TURN, USES_TOOLS
from .counts import TopicCount, add_counts, count_added, last_position
from .record_columns import RecordColumns
from .shards import refuse_sharded
from .store import store_of
from .workflows import bump_version, version_within


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
    refuse_sharded(connection, workflow_id, "one process can add none")
    after = last_position(connection, workflow_id)
    common = {
        "workflow_id": workflow_id,
        "origin": "real",
        "status": "active",
        "source_file": source_file,
        "topic_field": topic_field,
    }
    added = store_of(connection).add_columns(connection, common, ids, columns)
    if added == len(ids):
        add_counts(connection, workflow_id, topic_counts_of(columns.counts))
    elif added:
        count_added(connection, workflow_id, after)
    if added:
        bump_version(connection, workflow_id)
    return added


def topic_counts_of(counts: Mapping[tuple[str | None, int], int]) -> Iterator[TopicCount]:
    """What `count_added` would find of real records, from `RecordColumns.counts`, without reading the table."""
    for (topic, kind), count in counts.items():
        multi_turn, tools, answered = (bool(kind & flag) for flag in (MULTI_TURN, USES_TOOLS, ANSWERED))
        yield TopicCount(topic, count, 0, count * multi_turn, count * tools, count * answered)
