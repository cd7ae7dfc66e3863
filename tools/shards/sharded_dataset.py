"""A workflow whose records lie in shards, as the stages read it: with what the store knows beside them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby, islice
from uuid import uuid4

import orjson
from sqlalchemy import select

from ..dataset.topic_label import DEFAULT_FIELD, read_topics
from ..store.shards import Shard, require_sharded
from ..store.store import Store
from ..store.stored_rows import StoredRow, stored_rows
from ..store.tables import records
from .shard_files import Changes, remove_folder, table_of_rows, write_shard

_ROWS_OF_A_SHARD = 50_000


@dataclass(frozen=True)
class ShardedDataset:
    """All active records of a workflow, in their order.

    Attributes:
        shards: those of the workflow, and the records that are in the store only as further ones.
        changes: what people changed since the import.
        folder: for files that are there as long as this is.
    """

    shards: list[Shard]
    changes: Changes
    folder: str


@contextmanager
def sharded_dataset(store: Store, workflow_id: str, folder: str) -> Iterator[ShardedDataset]:
    """The records of a workflow for as long as the block lasts; what is generated meanwhile is not in it.

    Args:
        store: where the workflow is.
        workflow_id: the workflow.
        folder: where shards lie; every machine of the cluster must reach it.

    Raises:
        WorkflowNotFound: there is no such workflow.
        InvalidInput: its records are in the store.
    """
    shards = require_sharded(store, workflow_id)
    place = f"{folder.rstrip('/')}/work-{uuid4().hex}"
    try:
        added = list(_spilled(store, workflow_id, place, first=len(shards)))
        yield ShardedDataset([*shards, *added], _changes(store, workflow_id), place)
    finally:
        remove_folder(place)


def _spilled(store: Store, workflow_id: str, place: str, first: int) -> Iterator[Shard]:
    """Records that are in the store only, generated or edited, as shards: neighbours of one source file in each."""
    number = first
    with store.read() as connection:
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


def _changes(store: Store, workflow_id: str) -> dict[str, tuple[str | None, bool]]:
    """The topic of each record that has another one than its text says, and those that were taken out.

    Only a record that is in the store can be changed, so its sample is looked through.
    """
    columns = (records.c.id, records.c.topic, records.c.status, records.c.topic_field, records.c.body)
    query = select(*columns).where(records.c.workflow_id == workflow_id, records.c.origin == "real")
    found = {}
    with store.read() as connection:
        for row in connection.execution_options(yield_per=1000).execute(query):
            topic, _ = read_topics(orjson.loads(row.body), row.topic_field or DEFAULT_FIELD)
            if row.status != "active" or row.topic != topic:
                found[row.id] = row.topic, row.status == "active"
    return found
