"""A bounded sample of a workflow's records, the same for the same dataset."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sqlalchemy import select

from ...dataset.record import Record
from ...store.records import records_at
from ...store.store import Store
from ...store.tables import records

SEED = 0
MOST_OF_A_TOPIC = 300
MOST_RECORDS = 12_000
_LEAST_OF_A_TOPIC = 30


def sample_topics(
    store: Store, workflow_id: str, topics: Sequence[str], most_records: int = MOST_RECORDS
) -> dict[str, list[Record]]:
    """Up to 300 active records of each topic, fewer where there are many topics.

    Only the sampled records are read; the others are counted through an index.

    Args:
        store: where they are.
        workflow_id: whose they are.
        topics: the topics to sample.
        most_records: of all topics together, about; of a topic never fewer than 30.

    Returns:
        The records of each topic in their order; all of them where they are few.
    """
    most = max(_LEAST_OF_A_TOPIC, min(MOST_OF_A_TOPIC, most_records // max(1, len(topics))))
    found: dict[str, list[Record]] = {}
    for topic in topics:
        positions = _positions(store, workflow_id, topic)
        if len(positions) > most:
            chosen = np.random.default_rng(SEED).choice(len(positions), most, replace=False)
            positions = [positions[row] for row in sorted(chosen)]
        found[topic] = list(records_at(store, positions))
    return found


def _positions(store: Store, workflow_id: str, topic: str) -> list[int]:
    query = select(records.c.position).where(
        records.c.workflow_id == workflow_id, records.c.status == "active", records.c.topic == topic
    )
    with store.read() as connection:
        return list(connection.execute(query.order_by(records.c.position)).scalars())
