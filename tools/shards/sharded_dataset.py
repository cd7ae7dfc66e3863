"""A workflow whose records lie in shards, as the stages read it: with what the store knows beside them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby, islice
from uuid import uuid4

import orjson
from sqlalchemy import Connection, select

from ..dataset.topic_label import DEFAULT_FIELD, read_topics
from ..store.shards import Shard, last_assigned, renamed_since, require_sharded, shards_within
from ..store.store import Store
from ..store.stored_rows import StoredRow, stored_rows
from ..store.tables import records
from ..topics.assignments import assigned_within, topics_given_within
from .shard_files import Change, Changes, remove_folder, require_writable, table_of_rows, write_shard

_ROWS_OF_A_SHARD = 50_000
_NOT_JUDGED = object()


@dataclass(frozen=True)
class ShardedDataset:
    """All active records of a workflow, in their order.

    Attributes:
        imported: the shards of the workflow, which hold real records only.
        added: the records that are in the store only, as further ones.
        changes: what people changed since the import.
        folder: for files that are there as long as this is.
    """

    imported: list[Shard]
    added: list[Shard]
    changes: Changes
    folder: str

    @property
    def shards(self) -> list[Shard]:
        """All of them, in the order of the records."""
        return [*self.imported, *self.added]


@contextmanager
def sharded_dataset(store: Store, workflow_id: str, folder: str) -> Iterator[ShardedDataset]:
    """The records of a workflow for as long as the block lasts; what is generated meanwhile is not in it.

    Args:
        store: where the workflow is.
        workflow_id: the workflow.
        folder: where shards lie; every machine of the cluster must reach it.

    Raises:
        WorkflowNotFound: there is no such workflow.
        InvalidInput: its records are in the store, or the folder cannot be written.
    """
    require_sharded(store, workflow_id)
    require_writable(folder)
    place = f"{folder.rstrip('/')}/work-{uuid4().hex}"
    try:
        with store.read() as connection:
            imported = shards_within(connection, workflow_id)
            added = list(_spilled(connection, workflow_id, place, first=len(imported)))
            changes = _changes(connection, workflow_id)
        yield ShardedDataset(imported, added, changes, place)
    finally:
        remove_folder(place)


def _spilled(connection: Connection, workflow_id: str, place: str, first: int) -> Iterator[Shard]:
    """Records that are in the store only, generated or edited, as shards: neighbours of one source file in each."""
    number = first
    every = stored_rows(connection, workflow_id, sample=True)
    rows = (row for row in every if row.origin == "synthetic" or row.provenance)
    for (source_file, topic_field), alike in groupby(rows, key=_source_of):
        while part := list(islice(alike, _ROWS_OF_A_SHARD)):
            url = f"{place}/added-{number:06d}.parquet"
            write_shard(url, [table_of_rows(part)])
            yield Shard(number, url, len(part), source_file, topic_field)
            number += 1


def _source_of(row: StoredRow) -> tuple[str, str]:
    return row.source_file or "", row.topic_field


def _changes(connection: Connection, workflow_id: str) -> Changes:
    """What is not as the shards say: a record can be changed only where the store has it, so its sample is read."""
    last = last_assigned(connection, workflow_id)
    renamed = renamed_since(connection, workflow_id, last)
    given = assigned_within(connection, workflow_id)
    by_last = topics_given_within(connection, workflow_id, last)
    columns = (records.c.id, records.c.topic, records.c.status, records.c.topic_field, records.c.provenance)
    query = select(*columns, records.c.body).where(
        records.c.workflow_id == workflow_id, records.c.origin == "real"
    )
    found = {}
    for row in connection.execution_options(yield_per=1000).execute(query):
        said = by_last.get(row.id, _NOT_JUDGED)
        if said is _NOT_JUDGED:
            said, _ = read_topics(orjson.loads(row.body), row.topic_field or DEFAULT_FIELD)
        expected = renamed.get(said, said) if isinstance(said, str) else None
        judged = given.get(row.id)
        is_label = row.topic is not None and (
            judged is None or judged.decided_by == "person" or judged.topic != row.topic
        )
        is_active = row.status == "active"
        if (
            not is_active
            or row.topic != expected
            or row.provenance
            or (judged and judged.decided_by == "person")
        ):
            found[row.id] = Change(row.topic, is_active, is_label)
    return Changes(found, renamed)
