"""Shards as files: what is in one, writing it so that it appears whole, reading it row by row."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple
from uuid import uuid4

import numpy as np

from ..dataset.formats.plain_line import ANSWERED
from ..dataset.record import Record
from ..errors import InvalidInput
from ..store.record_columns import RecordColumns, kind_of
from ..store.shards import Shard
from ..store.stored_rows import StoredRow

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq
    from numpy.typing import NDArray

ROWS_AT_ONCE = 2_000
_REPEATING = ["topic", "other_topics", "origin", "previous", "likeliest", "second"]
"""Columns of which a dictionary is kept; of ids and bodies it would be as long as they are."""

_OF_A_ROW = ["id", "topic", "kind", "line", "origin", "provenance", "body"]
"""Columns that `StoredRow` has."""


class Change(NamedTuple):
    """What became of a record that is in the store, too.

    Attributes:
        topic: its topic now.
        counts: whether it counts, or was taken out.
        is_label: whether a person or the source gave it that topic.
    """

    topic: str | None
    counts: bool = True
    is_label: bool = True


@dataclass(frozen=True)
class Changes:
    """What is not as the shards, or the topics beside them, say.

    Attributes:
        by_id: of records that are in the store, too.
        renamed: topics that ended since, with those that they became.
    """

    by_id: Mapping[str, Change] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)

    def of(self, record_id: str, origin: str, topic: str | None, is_by_model: bool = False) -> Change:
        """What a record of a shard is now.

        Args:
            record_id: its id.
            origin: real or synthetic.
            topic: as it stands in the shard, or beside it.
            is_by_model: whether an assignment gave it that topic.
        """
        changed = self.by_id.get(record_id) if origin == "real" else None
        if changed is not None:
            return changed
        topic = topic if topic is None else self.renamed.get(topic, topic)
        return Change(topic, is_label=topic is not None and not is_by_model)


class GivenTopic(NamedTuple):
    """The topic of a record after an assignment.

    Attributes:
        topic: the topic.
        is_by_model: whether an assignment gave it, this one or one before.
        previous: the topic before.
        likeliest: the topic that it most probably has; ``None`` where it was not judged, as all that follows.
        second: the topic that comes after that.
        confidence: the chance that the likeliest is right.
        closeness: of the two likeliest, 0 to 1.
    """

    topic: str | None
    is_by_model: bool
    previous: str | None
    likeliest: str | None = None
    second: str | None = None
    confidence: float | None = None
    closeness: float | None = None


def topics_schema() -> pa.Schema:
    """The columns of the file with topics beside a shard, a row for each record of it."""
    import pyarrow as pa

    return pa.schema(
        [
            ("topic", pa.string()),
            ("is_by_model", pa.bool_()),
            ("previous", pa.string()),
            ("likeliest", pa.string()),
            ("second", pa.string()),
            ("confidence", pa.float64()),
            ("closeness", pa.float64()),
        ]
    )


def schema() -> pa.Schema:
    """The columns of a shard.

    ``id``, ``topic``, ``other_topics`` (a JSON list), ``kind`` (a sum as `plain_line` has it), ``line`` in the source,
    ``origin``, ``provenance`` (JSON), and ``body``, the record's JSON text.
    """
    import pyarrow as pa

    return pa.schema(
        [
            ("id", pa.string()),
            ("topic", pa.string()),
            ("other_topics", pa.string()),
            ("kind", pa.uint8()),
            ("line", pa.int64()),
            ("origin", pa.string()),
            ("provenance", pa.string()),
            ("body", pa.large_string()),
        ]
    )


def table_of(ids: Sequence[str], columns: RecordColumns) -> pa.Table:
    """Real records as rows of a shard."""
    import pyarrow as pa

    count = len(ids)
    values = [
        ids,
        columns.topics,
        columns.others(),
        memoryview(columns.kinds),
        columns.lines,
        ["real"] * count,
        [None] * count,
        columns.bodies,
    ]
    arrays = [pa.array(value, field.type) for value, field in zip(values, schema(), strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema())


def table_of_rows(rows: Sequence[StoredRow]) -> pa.Table:
    """Records of the store as rows of a shard."""
    import pyarrow as pa

    return pa.Table.from_pylist(
        [
            {
                "id": row.id,
                "topic": row.topic,
                "other_topics": "[]",
                "kind": kind_of(Record(row.id, row.body, row.topic)),
                "line": row.source_line,
                "origin": row.origin,
                "provenance": None if row.provenance is None else json.dumps(row.provenance),
                "body": row.body,
            }
            for row in rows
        ],
        schema=schema(),
    )


def write_shard(url: str, tables: Iterable[pa.Table]) -> int:
    """Write a shard, which appears when it is whole; how many records it has. One that is there is replaced."""
    return _write(url, schema(), tables)


def write_topics(url: str, tables: Iterable[pa.Table]) -> int:
    """Write the topics of a shard's records, like `write_shard`."""
    return _write(url, topics_schema(), tables)


def _write(url: str, columns: pa.Schema, tables: Iterable[pa.Table]) -> int:
    import pyarrow.parquet as pq

    count = 0
    with (
        whole_file(url) as file,
        pq.ParquetWriter(
            file,
            columns,
            compression="zstd",
            compression_level=1,
            use_dictionary=[name for name in columns.names if name in _REPEATING],
            write_statistics=False,
        ) as writer,
    ):
        for table in tables:
            writer.write_table(table)
            count += table.num_rows
    return count


@contextmanager
def opened_shard(url: str) -> Iterator[pq.ParquetFile]:
    """A shard to read."""
    import fsspec
    import pyarrow.parquet as pq

    with fsspec.open(url, "rb") as file:
        yield pq.ParquetFile(file)


def shard_rows(shard: Shard, changes: Changes) -> Iterator[StoredRow]:
    """The active records of a shard as those of a store are read, with what a person changed since."""
    for row in numbered_rows(shard, changes):
        yield row[1]


def numbered_rows(shard: Shard, changes: Changes) -> Iterator[tuple[int, StoredRow]]:
    """`shard_rows`, each with its place in the shard, from 0."""
    for row in every_row(shard, changes):
        if row.counts:
            yield row.place, row.stored


class ShardRow(NamedTuple):
    """A record of a shard.

    Attributes:
        place: in the shard, from 0.
        stored: the record as those of a store are read.
        kind: what it is, a sum as `plain_line` has it.
        counts: whether it is active.
        is_label: whether a person or the source gave it its topic.
    """

    place: int
    stored: StoredRow
    kind: int
    counts: bool
    is_label: bool


def every_row(shard: Shard, changes: Changes) -> Iterator[ShardRow]:
    """All records of a shard, those too that were taken out."""
    place = -1
    with opened_shard(shard.url) as file, ExitStack() as stack:
        batches = file.iter_batches(ROWS_AT_ONCE, columns=_OF_A_ROW)
        given = (
            _given_topics(stack.enter_context(opened_shard(shard.topics_url))) if shard.topics_url else None
        )
        for batch in batches:
            columns = (batch.column(name).to_pylist() for name in _OF_A_ROW)
            for record_id, topic, kind, line, origin, provenance, body in zip(*columns, strict=True):
                place += 1
                topic, is_by_model = (topic, False) if given is None else next(given)
                now = changes.of(record_id, origin, topic, is_by_model)
                stored = StoredRow(
                    id=record_id,
                    body=body,
                    topic=now.topic,
                    topic_field=shard.topic_field,
                    origin=origin,
                    provenance=None if provenance is None else json.loads(provenance),
                    has_assistant_turn=bool(kind & ANSWERED),
                    source_file=shard.source_file or None,
                    source_line=line,
                )
                yield ShardRow(place, stored, kind, now.counts, now.is_label)


def topics_beside(shard: Shard) -> Iterator[GivenTopic]:
    """The topics that the last assignment gave, of each record of a shard in their order."""
    with opened_shard(shard.topics_url) as file:
        for batch in file.iter_batches(ROWS_AT_ONCE):
            columns = (batch.column(name).to_pylist() for name in GivenTopic._fields)
            yield from map(GivenTopic._make, zip(*columns, strict=True))


def topics_by_id(shard: Shard) -> Iterator[tuple[str, str | None]]:
    """The id and the topic of each record, as the shard or what lies beside it has them."""
    yield from zip(_column(shard.url, "id"), _column(shard.topics_url or shard.url, "topic"), strict=True)


def given_by_id(shard: Shard) -> Iterator[tuple[str, GivenTopic]]:
    """The id of each record, and what the last assignment gave it."""
    yield from zip(_column(shard.url, "id"), topics_beside(shard), strict=True)


def _column(url: str, name: str) -> Iterator[Any]:
    with opened_shard(url) as file:
        for batch in file.iter_batches(ROWS_AT_ONCE, columns=[name]):
            yield from batch.column(name).to_pylist()


def _given_topics(file: pq.ParquetFile) -> Iterator[tuple[str | None, bool]]:
    for batch in file.iter_batches(ROWS_AT_ONCE, columns=["topic", "is_by_model"]):
        yield from zip(*(batch.column(name).to_pylist() for name in ("topic", "is_by_model")), strict=True)


def table_of_topics(rows: Sequence[GivenTopic]) -> pa.Table:
    """Topics that an assignment gave, as rows of the file beside a shard."""
    import pyarrow as pa

    columns = dict(zip(GivenTopic._fields, map(list, zip(*rows, strict=True)), strict=True))
    return pa.table(columns, schema=topics_schema())


def columns_at(url: str, places: NDArray[np.int64], names: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Some columns of the rows at some places of a file, in the order of these; no two may be the same."""
    import pyarrow as pa

    before = 0
    with opened_shard(url) as file:
        for batch in file.iter_batches(ROWS_AT_ONCE, columns=list(names)):
            start, end = np.searchsorted(places, [before, before + batch.num_rows])
            if start < end:
                yield from batch.take(pa.array(places[start:end] - before)).to_pylist()
            before += batch.num_rows


@contextmanager
def whole_file(url: str) -> Iterator[BinaryIO]:
    """A file to write that takes its place when the block ends well, and vanishes when it does not."""
    import fsspec

    system, path = fsspec.url_to_fs(url)
    is_local = "file" in ((system.protocol,) if isinstance(system.protocol, str) else system.protocol)
    # A store of objects shows a file when it is closed; here it would be seen as it grows.
    written = f"{path}.{uuid4().hex}.part" if is_local else path
    try:
        system.makedirs(system._parent(path), exist_ok=True)
        with system.open(written, "wb") as file:
            yield file
        if is_local:
            system.mv(written, path)
    except BaseException:
        with suppress(OSError):
            system.rm(written)
        raise


def require_writable(folder: str) -> None:
    """Raise `InvalidInput` unless shards can be written into a folder."""
    import fsspec

    url = f"{folder.rstrip('/')}/.written-{uuid4().hex}"
    try:
        with whole_file(url) as file:
            file.write(b"can be written")
        system, path = fsspec.url_to_fs(url)
        system.rm(path)
    except (OSError, ImportError, ValueError) as error:
        raise InvalidInput(
            f"Shards cannot be written into {folder}: {error}",
            hint="Check the folder or address (FINETUNE_COVERAGE_SHARDS), its keys and the disk.",
        ) from error


def remove_folder(url: str) -> None:
    """Take a folder of shards away, if it is there."""
    import fsspec

    system, path = fsspec.url_to_fs(url)
    with suppress(FileNotFoundError):
        system.rm(path, recursive=True)


def keep_only(folder: str, urls: Collection[str]) -> None:
    """Take all files of a folder away but for these, and it itself when there are none."""
    import fsspec

    if not urls:
        remove_folder(folder)
        return
    kept = {fsspec.url_to_fs(url)[1] for url in urls}
    system, path = fsspec.url_to_fs(folder)
    for file in system.find(path):
        if file not in kept:
            system.rm(file)
