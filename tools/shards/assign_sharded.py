"""Topics for the records of shards that nobody labelled: learnt on a sample, as one process does, and given to all.

A shard never changes: the topics of its records are in a Parquet file beside it, a row for each of them, and the store
notes where. What a person says of a record is in the store and comes before both.
"""

from __future__ import annotations

import pickle
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from ..store.bulk_insert import topic_counts_of
from ..store.shards import shards_of
from ..store.workflows import list_topics
from ..topics.assign import (
    DEFAULT_CONFIDENCE,
    AssignReport,
    Doubt,
    LearntTopics,
    informative,
    learn_topics,
    nothing_judged,
    require_confidence,
    rows_together,
    topics_to_choose_from,
)
from ..topics.assignments import ShardRun, write_run
from .assign_stages import (
    AssignOrder,
    Given,
    Read,
    Rows,
    Settled,
    Together,
    ToSettle,
    give_topics,
    look_for_labels,
    read_records,
    settle_sample,
)
from .import_stages import Counts
from .shard_files import remove_folder
from .sharded_dataset import sharded_dataset
from .store_sample import add_samples, firsts_of, sampled_ids

if TYPE_CHECKING:
    from ..services import Services
    from .cluster import RayCluster


def assign_sharded(
    services: Services, cluster: RayCluster, workflow_id: str, *, at_least: float = DEFAULT_CONFIDENCE
) -> AssignReport:
    """What `assign_topics` does, for records in shards.

    Args:
        services: store and embedding model; every machine of the cluster makes vectors with it.
        cluster: what reads the records.
        workflow_id: whose records they are.
        at_least: as for `assign_topics`.

    Raises:
        InvalidInput: there are fewer than two topics to choose from, the confidence is not from 0 to 1, or the records
            are in the store.
        WorkflowNotFound: there is no such workflow.
    """
    require_confidence(at_least)
    store, folder = services.store, services.settings.shard_folder
    declared = list_topics(store, workflow_id)
    embeddings = services.embeddings_of(workflow_id)
    # Before it has connections, which go nowhere.
    sent = pickle.dumps(embeddings)
    own = len(shards_of(store, workflow_id))
    place = f"{folder.rstrip('/')}/topics-{uuid4().hex}"
    with sharded_dataset(store, workflow_id, folder) as dataset:
        looked = cluster.run(look_for_labels, dataset)
        is_label = np.concatenate([one.is_label for one in looked])
        labels = chain.from_iterable(one.labels for one in looked)
        infos = topics_to_choose_from(declared, dict.fromkeys(labels), workflow_id)
        labelled = int(is_label.sum())
        if labelled == len(is_label):
            return nothing_judged(labelled)
        starts = np.cumsum([0, *(len(one.is_label) for one in looked)])
        together, _ = rows_together(is_label)
        texts, vectors = _in_order(
            together, starts, cluster.run(read_records, dataset, _by_shard(together, starts), sent)
        )
        learnt = learn_topics(embeddings, texts, vectors, infos)
        order = AssignOrder(
            learnt,
            tuple(info.name for info in infos),
            at_least,
            sampled_ids(store, workflow_id),
            place,
        )
        judged_together = _judged_together(together, starts, learnt, is_label)
        try:
            given = cluster.run(give_topics, dataset, judged_together, order, sent)
            firsts = firsts_of(sum((one.in_store for one in given), Counter()), [one.beside for one in given])
            parts = [ToSettle(one.shard, these) for one, these in zip(given, firsts, strict=True)]
            settled = cluster.run(settle_sample, parts, order)
            run = _write(services, workflow_id, given, settled, own, learnt.method)
        except BaseException:
            remove_folder(place)
            raise
    assigned = sum((one.assigned for one in given), Counter[str]())
    judged, sure = sum(one.judged for one in given), assigned.total()
    return AssignReport(
        run=run,
        method=learnt.method,
        judged=judged,
        assigned=dict(assigned.most_common()),
        uncategorized=judged - sure,
        expected_right=sum(one.confidence for one in given) / sure if sure else None,
        labelled=labelled,
    )


def _by_shard(rows: Rows, starts: NDArray[np.int64]) -> list[Rows]:
    """Rows of the dataset as rows of each shard, in their order."""
    ordered = np.sort(rows)
    ends = np.searchsorted(ordered, starts)
    return [
        ordered[first:end] - start for first, end, start in zip(ends[:-1], ends[1:], starts[:-1], strict=True)
    ]


def _in_order(rows: Rows, starts: NDArray[np.int64], read: Sequence[Read]) -> Read:
    """What was read, in the order of the rows of the dataset."""
    texts = list(chain.from_iterable(texts for texts, _ in read))
    place = np.argsort(np.argsort(rows, kind="stable"), kind="stable")
    return [texts[number] for number in place], np.vstack([vectors for _, vectors in read])[place]


def _judged_together(
    together: Rows, starts: NDArray[np.int64], learnt: LearntTopics, is_label: NDArray[np.bool_]
) -> list[Together]:
    unlabelled = ~is_label[together]
    rows, chances = together[unlabelled], learnt.chances[: len(together)][unlabelled]
    order = np.argsort(rows, kind="stable")
    ends = np.searchsorted(rows[order], starts)
    return [
        Together(these, chances[order[first:end]])
        for these, first, end in zip(_by_shard(rows, starts), ends[:-1], ends[1:], strict=True)
    ]


def _write(
    services: Services,
    workflow_id: str,
    given: Sequence[Given],
    settled: Sequence[Settled],
    own: int,
    method: str,
) -> int:
    """All of an assignment in one transaction; the number of the run."""
    shared = sum((one.doubts for one in given), Counter[Doubt]())
    doubted = list(chain.from_iterable(one.doubted for one in settled))
    telling = informative(
        [one.doubt for one in doubted], np.array([one.closeness for one in doubted]), shared
    )
    decided = [
        replace(one.assignment, informative=tells) for one, tells in zip(doubted, telling, strict=True)
    ]
    moved: Counts = Counter()
    for one in given:
        moved.update(one.moved)
    for other in settled:
        moved.subtract(other.moved)
    samples = [one.sample for one in settled if one.sample is not None]
    run = ShardRun(
        {one.shard.number: one.shard.topics_url for one in given if one.shard.number < own},
        list(topic_counts_of(moved)),
        lambda connection: add_samples(connection, workflow_id, samples),
    )
    return write_run(services.store, workflow_id, decided, method=method, in_shards=run)
