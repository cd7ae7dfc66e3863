"""Counting the records of a dataset in its shards, where the store only notes what an import counted."""

from __future__ import annotations

from collections import Counter

from ..dataset.formats.plain_line import ANSWERED, MULTI_TURN, USES_TOOLS
from ..store.counts import TopicCount
from ..store.shards import Shard
from ..store.store import Store
from .cluster import RayCluster
from .shard_files import Changes, opened_shard
from .sharded_dataset import ShardedDataset, sharded_dataset
from .stages import each

_Counts = Counter[tuple[str | None, int, str]]
"""Records by topic, kind and origin."""


def count_sharded(store: Store, cluster: RayCluster, workflow_id: str, folder: str) -> list[TopicCount]:
    """What `topic_counts` says of a workflow, counted anew.

    Args:
        store: where the workflow is.
        cluster: what counts.
        workflow_id: the workflow.
        folder: where shards lie.

    Raises:
        InvalidInput: the records are in the store.
        WorkflowNotFound: there is no such workflow.
    """
    with sharded_dataset(store, workflow_id, folder) as dataset:
        counts = cluster.run(_count, dataset)
    totals: dict[str | None, list[int]] = {}
    for (topic, kind, origin), count in counts.items():
        is_real = origin == "real"
        flags = (
            True,
            not is_real,
            bool(kind & MULTI_TURN),
            bool(kind & USES_TOOLS),
            is_real and bool(kind & ANSWERED),
        )
        before = totals.get(topic, [0] * len(flags))
        totals[topic] = [old + count * flag for old, flag in zip(before, flags, strict=True)]
    return [TopicCount(topic, *numbers) for topic, numbers in totals.items()]


def _count(dataset: ShardedDataset) -> _Counts:
    changes = dataset.changes

    def count(shard: Shard) -> _Counts:
        return _counted(shard, changes)

    total: _Counts = Counter()
    for counts in each(dataset.shards, count, doing="Counting records"):
        total.update(counts)
    return total


def _counted(shard: Shard, changes: Changes) -> _Counts:
    counts: _Counts = Counter()
    with opened_shard(shard.url) as file:
        table = file.read(columns=["id", "topic", "kind", "origin"])
    if shard.topics_url:
        with opened_shard(shard.topics_url) as file:
            table = table.set_column(1, "topic", file.read(columns=["topic"])["topic"])
    for record_id, topic, kind, origin in zip(*(column.to_pylist() for column in table.columns), strict=True):
        now = changes.of(record_id, origin, topic)
        if now.counts:
            counts[now.topic, kind, origin] += 1
    return counts
