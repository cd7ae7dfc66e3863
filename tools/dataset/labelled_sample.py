"""Some real records of every topic, chosen by their ids: the same ones for the same dataset, however large."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from zlib import crc32

from sqlalchemy import select

from ..store.records import records_at
from ..store.store import Store
from ..store.tables import records
from ..store.workflows import version_within
from .record import Record


def choice_key(record_id: str) -> tuple[int, str]:
    """Orders records as if by chance: who wants fewer takes the first of this order."""
    return crc32(record_id.encode()), record_id


def labelled_sample(store: Store, workflow_id: str, most: Mapping[str, int]) -> Iterator[Record]:
    """Read some active real records of some topics; of their others only ids are looked at.

    Args:
        store: where they are.
        workflow_id: whose they are.
        most: the topics, and up to how many records of each.

    Raises:
        WorkflowNotFound: there is no such workflow (said at once, not at the first record).
    """
    query = (
        select(records.c.position, records.c.id, records.c.topic)
        .where(
            records.c.workflow_id == workflow_id,
            records.c.status == "active",
            records.c.origin == "real",
            records.c.topic.in_(list(most)),
        )
        .execution_options(yield_per=10_000)
    )
    heaps: dict[str, list[tuple[int, str, int]]] = {}
    with store.read() as connection:
        version_within(connection, workflow_id)
        for position, record_id, topic in connection.execute(query):
            heap = heaps.setdefault(topic, [])
            number, name = choice_key(record_id)
            # Negative: the heap gives up its largest, so the smallest ones stay.
            if len(heap) < most[topic]:
                heapq.heappush(heap, (-number, name, position))
            elif heap and -number > heap[0][0]:
                heapq.heapreplace(heap, (-number, name, position))
    return records_at(store, sorted(position for heap in heaps.values() for *_, position in heap))
