"""Datasets whose records lie in Parquet shards: which these are. The store has a sample of their records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, insert, select

from ..errors import InvalidInput
from .store import Store
from .tables import records, shards
from .workflows import version_within


@dataclass(frozen=True)
class Shard:
    """A Parquet file with records of a workflow; it never changes.

    Attributes:
        number: its place among the shards of the workflow, from 0.
        url: where it is: a path, or what fsspec reads.
        records: how many records it has.
        source_file: the file that they were read from.
        topic_field: where they carry their topic.
    """

    number: int
    url: str
    records: int
    source_file: str
    topic_field: str


def shards_of(store: Store, workflow_id: str) -> list[Shard]:
    """The shards of a workflow in their order; none when its records are in the store.

    Raises:
        WorkflowNotFound: there is no such workflow.
    """
    with store.read() as connection:
        version_within(connection, workflow_id)
        return shards_within(connection, workflow_id)


def shards_within(connection: Connection, workflow_id: str) -> list[Shard]:
    """`shards_of` inside a caller's transaction; none also when there is no such workflow."""
    columns = (shards.c.number, shards.c.url, shards.c.records, shards.c.source_file, shards.c.topic_field)
    query = select(*columns).where(shards.c.workflow_id == workflow_id).order_by(shards.c.number)
    return [Shard(*row) for row in connection.execute(query)]


def add_shards(connection: Connection, workflow_id: str, new: Sequence[Shard]) -> None:
    """Note further shards inside a caller's transaction."""
    if new:
        connection.execute(insert(shards), [{"workflow_id": workflow_id, **asdict(shard)} for shard in new])


def refuse_sharded(connection: Connection, workflow_id: str, what: str) -> None:
    """Refuse to do something with all records of a workflow by reading the store, where it has a sample only.

    Args:
        connection: a transaction.
        workflow_id: the workflow.
        what: why it is not done, as the end of a sentence.

    Raises:
        InvalidInput: its records lie in shards.
    """
    if connection.execute(
        select(shards.c.number).where(shards.c.workflow_id == workflow_id).limit(1)
    ).first():
        raise InvalidInput(
            f"The records of {workflow_id!r} lie in Parquet shards, and the store has a sample of them: {what}.",
            hint="--engine ray does import, analyze, validate and export; the rest it does not do yet.",
        )


def require_sharded(store: Store, workflow_id: str) -> list[Shard]:
    """The shards of a workflow; raises `InvalidInput` when its records are in the store."""
    found = shards_of(store, workflow_id)
    if not found:
        raise InvalidInput(
            f"The records of {workflow_id!r} are in the store, which one process reads.",
            hint="Leave --engine ray out, or import with it into another workflow.",
        )
    return found


def has_records(connection: Connection, workflow_id: str) -> bool:
    """Whether a workflow has records in the store, of whatever status."""
    return bool(
        connection.execute(select(records.c.id).where(records.c.workflow_id == workflow_id).limit(1)).first()
    )
