"""The sample of a dataset in shards that is in the store: the first records of each topic."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from ..dataset.topic_label import DEFAULT_FIELD
from ..store.record_columns import RecordColumns
from ..store.store import Store, store_of
from ..store.tables import records

OF_A_TOPIC = 2_000
"""The first records of each topic: what jobs take seeds from and compare with."""
OF_ALL = 200_000
"""Records of all topics together, about."""
_LEAST_OF_A_TOPIC = 50

ByTopic = Counter[str | None]
"""Records by topic."""


@dataclass(frozen=True)
class Sample:
    """Records of a shard that go into the store, too.

    Attributes:
        source_file: the file that they were read from.
        topic_field: where they carry their topic.
        ids: of the records; one at least.
        columns: the rest of them.
    """

    source_file: str
    topic_field: str
    ids: list[str]
    columns: RecordColumns


def firsts_of(in_store: ByTopic, parts: Sequence[ByTopic]) -> list[dict[str | None, int]]:
    """How many of the first records of each topic are taken from each part of a dataset.

    Args:
        in_store: what the store has already.
        parts: what could be taken, in the order of the parts.
    """
    topics = set(in_store).union(*parts)
    most = max(_LEAST_OF_A_TOPIC, min(OF_A_TOPIC, OF_ALL // max(1, len(topics))))
    taken = in_store.copy()
    firsts = []
    for part in parts:
        here = {topic: min(count, max(0, most - taken[topic])) for topic, count in part.items()}
        taken.update(here)
        firsts.append({topic: count for topic, count in here.items() if count})
    return firsts


def sampled_topics(store: Store, workflow_id: str) -> ByTopic:
    """The records of a dataset in shards that are in the store, too, by topic."""
    query = select(records.c.topic, func.count()).where(
        records.c.workflow_id == workflow_id, records.c.origin == "real"
    )
    with store.read() as connection:
        return Counter(
            {topic: int(count) for topic, count in connection.execute(query.group_by(records.c.topic))}
        )


def sampled_ids(store: Store, workflow_id: str) -> frozenset[str]:
    """The ids of the real records that are in the store."""
    query = select(records.c.id).where(records.c.workflow_id == workflow_id, records.c.origin == "real")
    with store.read() as connection:
        return frozenset(connection.execute(query).scalars())


def add_samples(connection: Connection, workflow_id: str, samples: Iterable[Sample]) -> None:
    """Put records of shards into the store inside a caller's transaction; they are counted already."""
    for sample in samples:
        common = {
            "workflow_id": workflow_id,
            "origin": "real",
            "status": "active",
            "source_file": sample.source_file,
            "topic_field": None if sample.topic_field == DEFAULT_FIELD else sample.topic_field,
        }
        store_of(connection).add_columns(connection, common, sample.ids, sample.columns)
