"""Datasets whose records lie in Parquet shards: which these are. The store has a sample of their records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, and_, delete, func, insert, select

from ..errors import InvalidInput
from .store import Store
from .tables import records, shard_topics, shards, topic_runs
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
        topics_url: where the topics are that the last assignment gave them; empty when there was none.
    """

    number: int
    url: str
    records: int
    source_file: str
    topic_field: str
    topics_url: str = ""


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
    own = and_(shard_topics.c.workflow_id == shards.c.workflow_id, shard_topics.c.number == shards.c.number)
    last = select(func.max(shard_topics.c.run)).where(own).correlate(shards).scalar_subquery()
    query = (
        select(shards, func.coalesce(shard_topics.c.url, "").label("topics_url"))
        .outerjoin(shard_topics, own & (shard_topics.c.run == last))
        .where(shards.c.workflow_id == workflow_id)
        .order_by(shards.c.number)
    )
    rows = connection.execute(query).mappings()
    return [Shard(**{name: value for name, value in row.items() if name != "workflow_id"}) for row in rows]


def add_shards(connection: Connection, workflow_id: str, new: Sequence[Shard]) -> None:
    """Note further shards inside a caller's transaction."""
    if new:
        rows = [{name: value for name, value in asdict(one).items() if name != "topics_url"} for one in new]
        connection.execute(insert(shards), [{"workflow_id": workflow_id, **row} for row in rows])


def add_topics(connection: Connection, workflow_id: str, run: int, urls: Mapping[int, str]) -> None:
    """Note where the topics are that a run gave to the records of shards, by the number of the shard."""
    rows = [
        {"workflow_id": workflow_id, "run": run, "number": number, "url": url} for number, url in urls.items()
    ]
    if rows:
        connection.execute(insert(shard_topics), rows)


def forget_topics(connection: Connection, workflow_id: str, run: int) -> None:
    """Let the topics hold again that records of shards had before a run."""
    of_run = and_(shard_topics.c.workflow_id == workflow_id, shard_topics.c.run == run)
    connection.execute(delete(shard_topics).where(of_run))


def last_assigned(connection: Connection, workflow_id: str) -> int:
    """The number of the run that gave topics to the records of shards last; 0 when there was none."""
    query = select(func.coalesce(func.max(shard_topics.c.run), 0))
    return int(connection.execute(query.where(shard_topics.c.workflow_id == workflow_id)).scalar_one())


def renamed_since(connection: Connection, workflow_id: str, run: int) -> dict[str, str]:
    """The topics that ended after a run, with those that their records in shards have now."""
    query = select(topic_runs.c.shards).where(topic_runs.c.workflow_id == workflow_id, topic_runs.c.run > run)
    now: dict[str, str] = {}
    for (told,) in connection.execute(query.order_by(topic_runs.c.run)):
        becomes = (told or {}).get("becomes", {})
        now = {topic: becomes.get(later, later) for topic, later in now.items()}
        now |= {topic: later for topic, later in becomes.items() if topic not in now}
    return now


def is_sharded(connection: Connection, workflow_id: str) -> bool:
    """Whether the records of a workflow lie in shards."""
    query = select(shards.c.number).where(shards.c.workflow_id == workflow_id).limit(1)
    return connection.execute(query).first() is not None


def refuse_sharded(connection: Connection, workflow_id: str, what: str) -> None:
    """Refuse to do something with all records of a workflow by reading the store, where it has a sample only.

    Args:
        connection: a transaction.
        workflow_id: the workflow.
        what: why it is not done, as the end of a sentence.

    Raises:
        InvalidInput: its records lie in shards.
    """
    if is_sharded(connection, workflow_id):
        raise InvalidInput(
            f"The records of {workflow_id!r} lie in Parquet shards, and the store has a sample of them: {what}.",
            hint="--engine ray does import, analyze, validate, export, topics assign and review, and no more yet.",
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
