"""The stages of an assignment of topics: looking for labels, reading what is learnt from, giving topics, a sample."""

from __future__ import annotations

import pickle
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..dataset.record import DIGEST_BYTES, Record
from ..index.index_entries import indexed_text
from ..index.spread import Vectors, indexed_rows
from ..store.record_columns import FoundRecord, RecordColumns
from ..store.shards import Shard
from ..topics.assign import REST_AT_ONCE, Doubt, LearntTopics, doubts_of
from ..topics.assignments import Assignment
from ..topics.material import JudgedText
from ..topics.text import judged_text
from .import_stages import Counts
from .shard_files import (
    ROWS_AT_ONCE,
    Changes,
    GivenTopic,
    ShardRow,
    every_row,
    opened_shard,
    schema,
    table_of_topics,
    topics_beside,
    write_topics,
)
from .sharded_dataset import ShardedDataset
from .stages import each
from .store_sample import ByTopic, Sample

if TYPE_CHECKING:
    import pyarrow as pa
    from langchain_core.embeddings import Embeddings

Rows = NDArray[np.int64]
"""Active records of a shard, counted from 0."""


class Looked(NamedTuple):
    """The records of a shard: which have a label, and the labels in the order in which they first appear."""

    is_label: NDArray[np.bool_]
    labels: list[str | None]


def look_for_labels(dataset: ShardedDataset) -> list[Looked]:
    """Which records of each shard have a label."""
    changes = dataset.changes

    def look(shard: Shard) -> Looked:
        found = [(row.stored.topic, row.is_label) for row in every_row(shard, changes) if row.counts]
        labels = dict.fromkeys(topic for topic, is_label in found if is_label)
        return Looked(np.array([is_label for _, is_label in found], np.bool_), list(labels))

    return each(dataset.shards, look, doing="Looking for labels")


@dataclass(frozen=True)
class _Wanted:
    shard: Shard
    rows: Rows


Read = tuple[list[JudgedText], Vectors]


def read_records(dataset: ShardedDataset, rows: Sequence[Rows], sent: bytes) -> list[Read]:
    """Texts and vectors of some records of each shard."""
    changes = dataset.changes

    def read(wanted: _Wanted) -> Read:
        embeddings: Embeddings = pickle.loads(sent)
        places = set(wanted.rows.tolist())
        active = (row for row in every_row(wanted.shard, changes) if row.counts)
        found = [row for number, row in enumerate(active) if number in places]
        return list(map(_judged, found)), _vectors(embeddings, found)

    wanted = [_Wanted(shard, these) for shard, these in zip(dataset.shards, rows, strict=True) if len(these)]
    return each(wanted, read, doing="Embedding records to learn from")


def _judged(row: ShardRow) -> JudgedText:
    return JudgedText(row.stored.id, judged_text(_record(row)), row.stored.topic, row.is_label)


def _record(row: ShardRow) -> Record:
    stored = row.stored
    return Record(stored.id, stored.body, stored.topic, stored.origin, provenance=stored.provenance)


def _vectors(embeddings: Embeddings, rows: Sequence[ShardRow]) -> Vectors:
    return indexed_rows(embeddings.embed_documents([indexed_text(_record(row)) for row in rows]))


@dataclass(frozen=True)
class AssignOrder:
    """What the stages are told, by Ray's object store: it is large.

    Attributes:
        learnt: what records are judged by.
        names: the topics, by number.
        at_least: the confidence from which a record gets its topic.
        in_store: records that the store has, too.
        place: where topics go.
    """

    learnt: LearntTopics
    names: tuple[str, ...]
    at_least: float
    in_store: frozenset[str]
    place: str


@lru_cache(maxsize=1)
def _order_of(stored: Any) -> AssignOrder:
    import ray

    order: AssignOrder = ray.get(stored)
    return order


def _stored(order: AssignOrder) -> Any:
    import ray

    return ray.put(order)


class Together(NamedTuple):
    """Records of a shard that were judged together, and their chances."""

    rows: Rows
    chances: NDArray[np.float64]


@dataclass(frozen=True)
class Given:
    """The topics that the records of a shard were given.

    Attributes:
        shard: the shard, with its new topics.
        judged: records that had no label.
        assigned: those of them that got a topic, by topic.
        confidence: of these, added up.
        doubts: the judged ones by the two topics between which they lie.
        moved: how the counts of topics and kinds change, of records that are not in the store.
        in_store: records that are, by their topic now.
        beside: those that are not.
    """

    shard: Shard
    judged: int
    assigned: Counter[str]
    confidence: float
    doubts: Counter[Doubt]
    moved: Counts
    in_store: ByTopic
    beside: ByTopic


@dataclass(frozen=True)
class _Part:
    shard: Shard
    together: Together


def give_topics(
    dataset: ShardedDataset, together: Sequence[Together], order: AssignOrder, sent: bytes
) -> list[Given]:
    """Give topics to all records that have no label.

    Args:
        dataset: the records.
        together: of each shard, what was judged already.
        order: what the rest is judged by.
        sent: the embedding model, pickled.
    """
    changes, stored = dataset.changes, _stored(order)

    def give(part: _Part) -> Given:
        return _Giving(_order_of(stored), pickle.loads(sent), changes).to(part)

    parts = [_Part(shard, these) for shard, these in zip(dataset.shards, together, strict=True)]
    return each(parts, give, doing="Giving topics")


class _Giving:
    """Gives topics to the records of one shard."""

    def __init__(self, order: AssignOrder, embeddings: Embeddings, changes: Changes) -> None:
        self._order = order
        self._embeddings = embeddings
        self._changes = changes
        self._judged = 0
        self._assigned = Counter[str]()
        self._confidence = 0.0
        self._doubts = Counter[Doubt]()
        self._moved: Counts = Counter()
        self._in_store: ByTopic = Counter()
        self._beside: ByTopic = Counter()

    def to(self, part: _Part) -> Given:
        """Write the topics of all records of a shard beside it."""
        url = f"{self._order.place}/{part.shard.number:06d}.parquet"
        write_topics(url, self._tables(part))
        return Given(
            replace(part.shard, topics_url=url),
            self._judged,
            self._assigned,
            self._confidence,
            self._doubts,
            self._moved,
            self._in_store,
            self._beside,
        )

    def _tables(self, part: _Part) -> Iterator[pa.Table]:
        known = dict(zip(part.together.rows.tolist(), part.together.chances, strict=True))
        rows = every_row(part.shard, self._changes)
        active = 0
        while some := list(islice(rows, REST_AT_ONCE)):
            here = [row for row in some if row.counts]
            given = self._topics(here, [known.get(number) for number in range(active, active + len(here))])
            active += len(here)
            # What was taken out keeps what it has, for the case that it comes back.
            yield table_of_topics([next(given) if row.counts else _kept(row) for row in some])

    def _topics(
        self, rows: Sequence[ShardRow], chances: Sequence[NDArray[np.float64] | None]
    ) -> Iterator[GivenTopic]:
        """The topics of some records; the chances of those are given that were judged together."""
        rest = [row for row, one in zip(rows, chances, strict=True) if one is None and not row.is_label]
        texts = [judged_text(_record(row)) for row in rest]
        further = iter(self._order.learnt.of_further(_vectors(self._embeddings, rest), texts) if rest else ())
        wanted = [row for row in rows if not row.is_label]
        table = [
            next(further) if one is None else one
            for row, one in zip(rows, chances, strict=True)
            if not row.is_label
        ]
        judged = self._decided(table, wanted)
        for row in rows:
            given = _kept(row) if row.is_label else next(judged)
            self._count(row, given)
            yield given

    def _decided(
        self, chances: Sequence[NDArray[np.float64]], rows: Sequence[ShardRow]
    ) -> Iterator[GivenTopic]:
        if not chances:
            return
        table, names = np.array(chances), self._order.names
        doubts, closeness = doubts_of(table)
        self._doubts.update(doubts)
        self._judged += len(chances)
        likeliest, confidence = table.argmax(axis=1).tolist(), table.max(axis=1).tolist()
        for best, sure, doubt, close, row in zip(
            likeliest, confidence, doubts, closeness.tolist(), rows, strict=True
        ):
            is_sure = sure >= self._order.at_least
            if is_sure:
                self._assigned[names[best]] += 1
                self._confidence += sure
            second = doubt[0] if doubt[1] == best else doubt[1]
            yield GivenTopic(
                names[best] if is_sure else None,
                is_sure,
                row.stored.topic,
                names[best],
                names[second],
                sure,
                close,
            )

    def _count(self, row: ShardRow, given: GivenTopic) -> None:
        if row.stored.id in self._order.in_store:
            self._in_store[given.topic] += 1
        elif row.stored.origin == "real":
            self._beside[given.topic] += 1
            _note_move(self._moved, row.kind, given)


def _kept(row: ShardRow) -> GivenTopic:
    topic = row.stored.topic
    return GivenTopic(topic, topic is not None and not row.is_label, topic)


def _note_move(moved: Counts, kind: int, given: GivenTopic, times: int = 1) -> None:
    if given.topic != given.previous:
        moved[given.previous, kind] -= times
        moved[given.topic, kind] += times


@dataclass(frozen=True)
class ToSettle:
    """A shard with its new topics, and how many of the first records of each are to be in the store."""

    shard: Shard
    firsts: dict[str | None, int]


class Doubted(NamedTuple):
    """An assignment of a record that is in the store, and what tells how informative it is."""

    assignment: Assignment
    doubt: Doubt
    closeness: float


@dataclass(frozen=True)
class Settled:
    """What goes into the store from a shard.

    Attributes:
        doubted: of the judged records that are there, or come.
        sample: records that come, with the topic that they had; ``None`` when there is none.
        moved: how their topics change.
    """

    doubted: list[Doubted]
    sample: Sample | None
    moved: Counts


def settle_sample(parts: Sequence[ToSettle], order: AssignOrder) -> list[Settled]:
    """What goes into the store of each shard, now that it is known which records of each topic come first."""
    stored = _stored(order)

    def settle(part: ToSettle) -> Settled:
        return _settled(part, _order_of(stored))

    return each(parts, settle, doing="Taking a sample")


def _settled(part: ToSettle, order: AssignOrder) -> Settled:
    numbers = {name: number for number, name in enumerate(order.names)}
    left = dict(part.firsts)
    doubted: list[Doubted] = []
    found: list[FoundRecord] = []
    ids: list[str] = []
    moved: Counts = Counter()
    for row, given in zip(_rows(part.shard), topics_beside(part.shard), strict=True):
        if row["id"] not in order.in_store:
            if not left.get(given.topic, 0):
                continue
            left[given.topic] -= 1
            digest = bytes.fromhex(row["id"][: 2 * DIGEST_BYTES])
            ids.append(row["id"])
            found.append((row["line"], digest, given.previous, row["other_topics"], row["kind"], row["body"]))
            _note_move(moved, row["kind"], given)
        if given.likeliest is not None and given.second is not None:
            first, second = sorted((numbers[given.likeliest], numbers[given.second]))
            one = Assignment(row["id"], given.topic, given.likeliest, given.confidence or 0.0, given.previous)
            doubted.append(Doubted(one, (first, second), given.closeness or 0.0))
    shard = part.shard
    sample = Sample(shard.source_file, shard.topic_field, ids, RecordColumns.of(found)) if ids else None
    return Settled(doubted, sample, moved)


def _rows(shard: Shard) -> Iterator[dict[str, Any]]:
    with opened_shard(shard.url) as file:
        columns = [name for name in schema().names if name not in ("topic", "origin", "provenance")]
        for batch in file.iter_batches(ROWS_AT_ONCE, columns=columns):
            yield from batch.to_pylist()
