"""Shards as files: what is in one, writing it so that it appears whole, reading it row by row."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, BinaryIO
from uuid import uuid4

from ..dataset.formats.plain_line import ANSWERED
from ..dataset.record import Record
from ..store.record_columns import RecordColumns, kind_of
from ..store.shards import Shard
from ..store.stored_rows import StoredRow

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

ROWS_AT_ONCE = 2_000
_REPEATING = ["topic", "other_topics", "origin"]
"""Columns of which a dictionary is kept; of ids and bodies it would be as long as they are."""

Changes = Mapping[str, tuple[str | None, bool]]
"""What a person made of records that are in the store, too: topic, and whether they count; by id."""


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
    import pyarrow.parquet as pq

    count = 0
    with (
        whole_file(url) as file,
        pq.ParquetWriter(
            file,
            schema(),
            compression="zstd",
            compression_level=1,
            use_dictionary=_REPEATING,
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
    place = -1
    with opened_shard(shard.url) as file:
        for batch in file.iter_batches(ROWS_AT_ONCE):
            columns = (batch.column(name).to_pylist() for name in schema().names)
            for record_id, topic, _, kind, line, origin, provenance, body in zip(*columns, strict=True):
                place += 1
                counts = True
                if (changed := changes.get(record_id)) is not None and origin == "real":
                    topic, counts = changed
                if counts:
                    yield (
                        place,
                        StoredRow(
                            id=record_id,
                            body=body,
                            topic=topic,
                            topic_field=shard.topic_field,
                            origin=origin,
                            provenance=None if provenance is None else json.loads(provenance),
                            has_assistant_turn=bool(kind & ANSWERED),
                            source_file=shard.source_file or None,
                            source_line=line,
                        ),
                    )


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
