"""The stages of an import: reading splits into shards, numbering equal records, taking a sample of each topic."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..dataset.file_reading import FileReading
from ..dataset.record import DIGEST_BYTES
from ..dataset.topic_candidates import HowToRead
from ..store.record_columns import RecordColumns
from ..store.shards import Shard
from .file_splits import FileSplit, count_lines, part_of, splits_of, with_first_lines
from .shard_files import opened_shard, schema, table_of, write_shard
from .stages import each, grouped, groups_for
from .store_sample import Sample

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa
    from numpy.typing import NDArray

    from ..dataset.sources import SourceFile

Counts = Counter[tuple[str | None, int]]
"""Records by topic and kind, in the order in which they first appear."""

_OLD = -1
"""Stands for the file of records that were there before."""
_DROPPED = 0


@dataclass(frozen=True)
class ReadSplit:
    """What became of a split.

    Attributes:
        split: which.
        reading: what was found beside its records.
        counts: its good records.
        url: its shard; empty when it has no record.
    """

    split: FileSplit
    reading: FileReading
    counts: Counts
    url: str


@dataclass(frozen=True)
class NewShard:
    """A shard of an import as it stays.

    Attributes:
        shard: the shard.
        counts: the records that are in it.
    """

    shard: Shard
    counts: Counts


def read_files(files: Sequence[SourceFile], how: HowToRead, folder: str, split_bytes: int) -> list[ReadSplit]:
    """Read files into shards in a folder, one for each split, with ids as if no record came twice."""
    splits = splits_of(files, how, split_bytes)
    divided = [split for split in splits if split.end is not None]
    counted = dict(
        zip(
            (split.number for split in divided),
            each(divided, count_lines, doing="Counting lines"),
            strict=True,
        )
    )
    lines = [counted.get(split.number, 0) for split in splits]

    def read(split: FileSplit) -> ReadSplit:
        return _read(split, how, f"{folder}/read-{split.number:06d}.parquet")

    return each(with_first_lines(splits, lines), read, doing="Reading files")


def _read(split: FileSplit, how: HowToRead, url: str) -> ReadSplit:
    reading = FileReading(split.name)
    counts: Counts = Counter()

    def tables() -> Iterator[pa.Table]:
        with part_of(split) as part:
            for columns, _ in reading.records_of(part, how):
                if columns.lines:
                    counts.update(columns.counts)
                    yield table_of(_first_ids(columns.digests), columns)

    written = write_shard(url, tables())
    return ReadSplit(split, reading, counts, url if written else "")


def _first_ids(digests: bytes) -> list[str]:
    return [f"{digest}-1" for digest in digests.hex("|", DIGEST_BYTES).split("|")]


def number_equal_records(
    read: Sequence[ReadSplit], known: Sequence[Shard], how: HowToRead, folder: str
) -> list[NewShard]:
    """Give equal records of a file their numbers, and leave out those that are known under their id already.

    The ids are those of one process: the content, and how many equal ones stand before it in its file.

    Args:
        read: what was read, in its order.
        known: the shards that the workflow has.
        how: how it was read.
        folder: where the new shards go.
    """
    sources = [_IdsOf(shard.url, -1, _OLD) for shard in known]
    sources += [_IdsOf(one.url, one.split.number, one.split.file) for one in read if one.url]
    rows = sum(shard.records for shard in known) + sum(one.counts.total() for one in read)
    repeated = grouped(
        sources,
        _emitting(groups_for(rows)),
        _numbers_of_repeated,
        rows=rows,
        doing="Looking for equal records",
    )
    numbers: dict[int, tuple[NDArray[Any], NDArray[Any]]] = {}
    if repeated is not None:
        shards, places, values = (repeated[name].to_numpy() for name in ("shard", "place", "number"))
        for shard in np.unique(shards):
            here = shards == shard
            numbers[int(shard)] = places[here], values[here]
    first = len(known)
    kept = [one for one in read if one.url]

    def settle(job: tuple[int, ReadSplit]) -> NewShard:
        number, one = job
        url, counts, records = one.url, one.counts, one.counts.total()
        if one.split.number in numbers:
            url = f"{folder}/numbered-{one.split.number:06d}.parquet"
            counts = _rewrite(one.url, url, *numbers[one.split.number])
            records = counts.total()
        return NewShard(Shard(number, url, records, one.split.name, how.topic_field), counts)

    untouched = [job for job in enumerate(kept, first) if job[1].split.number not in numbers]
    touched = [job for job in enumerate(kept, first) if job[1].split.number in numbers]
    settled = [settle(job) for job in untouched] + each(touched, settle, doing="Numbering equal records")
    with_records = sorted((new for new in settled if new.shard.records), key=lambda new: new.shard.number)
    # A shard of which nothing is left has no place.
    return [
        NewShard(replace(new.shard, number=number), new.counts)
        for number, new in enumerate(with_records, first)
    ]


@dataclass(frozen=True)
class _IdsOf:
    url: str
    shard: int
    file: int


def _emitting(groups: int) -> Callable[[_IdsOf], Iterator[pa.Table]]:
    def emit(source: _IdsOf) -> Iterator[pa.Table]:
        import pyarrow as pa

        with opened_shard(source.url) as file:
            ids = file.read(["id"])["id"].to_pylist()
        digests = np.frombuffer(
            bytes.fromhex("".join([one[: 2 * DIGEST_BYTES] for one in ids])), np.uint8
        ).reshape(-1, DIGEST_BYTES)
        high = np.ascontiguousarray(digests[:, :8]).view(np.uint64).ravel()
        low = np.ascontiguousarray(digests[:, 8:]).view(np.uint16).ravel()
        known = [int(one[2 * DIGEST_BYTES + 1 :]) for one in ids] if source.file == _OLD else [0] * len(ids)
        yield pa.table(
            {
                "group": (high % np.uint64(groups)).astype(np.int32),
                "high": high,
                "low": low,
                "file": np.full(len(ids), source.file, np.int32),
                "shard": np.full(len(ids), source.shard, np.int32),
                "place": np.arange(len(ids), dtype=np.int32),
                "known": np.array(known, np.int32),
            }
        )

    return emit


def _numbers_of_repeated(group: pa.Table) -> pa.Table:
    """The number of each new record that is not the first with its content; 0 when its id is taken."""
    import pyarrow as pa

    found: list[tuple[int, int, int]] = []
    if group.num_rows:
        columns = {name: group[name].to_numpy() for name in group.column_names}
        order = np.lexsort([columns[name] for name in ("place", "shard", "file", "low", "high")])
        high, low = columns["high"][order], columns["low"][order]
        same = np.concatenate([[False], (high[1:] == high[:-1]) & (low[1:] == low[:-1])])
        starts = np.flatnonzero(~same)
        sizes = np.diff(np.append(starts, len(order)))
        for start, size in zip(starts[sizes > 1], sizes[sizes > 1], strict=True):
            found += _numbered(
                [{n: int(c[row]) for n, c in columns.items()} for row in order[start : start + size]]
            )
    shards, places, numbers = zip(*found, strict=True) if found else ((), (), ())
    return pa.table(
        {
            "shard": pa.array(shards, pa.int32()),
            "place": pa.array(places, pa.int32()),
            "number": pa.array(numbers, pa.int32()),
        }
    )


def _numbered(equal: list[dict[str, int]]) -> Iterator[tuple[int, int, int]]:
    """Equal records in their order, those that were there before first."""
    taken = {row["known"] for row in equal if row["file"] == _OLD}
    in_file: Counter[int] = Counter()
    for row in equal:
        if row["file"] == _OLD:
            continue
        in_file[row["file"]] += 1
        number = in_file[row["file"]]
        given = _DROPPED if number in taken else number
        taken.add(number)
        if given != 1:
            yield row["shard"], row["place"], given


def _rewrite(url: str, new_url: str, places: NDArray[Any], numbers: NDArray[Any]) -> Counts:
    import pyarrow as pa

    counts: Counts = Counter()
    number_at = dict(zip(places.tolist(), numbers.tolist(), strict=True))

    def tables() -> Iterator[pa.Table]:
        before = 0
        with opened_shard(url) as file:
            for group in range(file.num_row_groups):
                table = file.read_row_group(group)
                given = [number_at.get(before + row, 1) for row in range(table.num_rows)]
                before += table.num_rows
                ids = [
                    f"{one[: 2 * DIGEST_BYTES]}-{number}"
                    for one, number in zip(table["id"].to_pylist(), given, strict=True)
                ]
                table = table.set_column(0, schema().field("id"), pa.array(ids, pa.string()))
                table = table.filter(pa.array([number != _DROPPED for number in given]))
                counts.update(zip(table["topic"].to_pylist(), table["kind"].to_pylist(), strict=True))
                yield table

    write_shard(new_url, tables())
    return counts


@dataclass(frozen=True)
class SampleOf:
    """Which records of a shard go into the store, too.

    Attributes:
        shard: the shard.
        firsts: the first so many of each topic in it.
    """

    shard: Shard
    firsts: dict[str | None, int]


def take_samples(wanted: Sequence[SampleOf]) -> list[Sample]:
    """The sampled records of several shards."""
    return each(wanted, _sample, doing="Taking a sample")


def _sample(wanted: SampleOf) -> Sample:
    left = dict(wanted.firsts)
    ids: list[str] = []
    found = []
    with opened_shard(wanted.shard.url) as file:
        for batch in file.iter_batches(columns=[name for name in schema().names if name != "provenance"]):
            topics = batch.column("topic").to_pylist()
            rows = []
            for row, topic in enumerate(topics):
                if left.get(topic, 0):
                    left[topic] -= 1
                    rows.append(row)
            for one in batch.take(rows).to_pylist():
                digest = bytes.fromhex(one["id"][: 2 * DIGEST_BYTES])
                ids.append(one["id"])
                found.append(
                    (one["line"], digest, one["topic"], one["other_topics"], one["kind"], one["body"])
                )
            if not any(left.values()):
                break
    return Sample(wanted.shard.source_file, wanted.shard.topic_field, ids, RecordColumns.of(found))
