"""Reading a JSONL file block by block: plain lines the fast way, the others with care, all in their order."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter
from pathlib import Path
from typing import BinaryIO, NamedTuple

import orjson

from ..store.record_columns import FoundRecord, RecordColumns
from .formats.containers.json_stream import MAX_ITEM_BYTES
from .formats.plain_line import read_plain
from .record import DIGEST_BYTES
from .topic_label import read_topics

BLOCK_BYTES = 16_000_000
"""Bytes of a file that are read, and written into the store, at once."""

ReadWithCare = Callable[[bytes, int], FoundRecord | None]
"""Reads a line of this number (from 1) that is not plain; ``None`` when it is no record."""


class ReadBlock(NamedTuple):
    """A block that was read.

    Attributes:
        columns: its records.
        plain: those that went the fast way: how many have which fields at their top.
        end: how far the file is read, in bytes.
    """

    columns: RecordColumns
    plain: dict[tuple[str, ...], int]
    end: int


def read_blocks(
    path: Path,
    topic_field: str,
    read_with_care: ReadWithCare,
    *,
    start: int = 0,
    end: int | None = None,
    first: int = 1,
) -> Iterator[ReadBlock]:
    """Read a file with one JSON object per line, in UTF-8.

    Args:
        path: the file.
        topic_field: where a record carries its topic.
        read_with_care: reads the lines that are not plain, and notes why one is no record.
        start: the byte from which on it is read, where a line begins.
        end: the byte at which the reading ends, where another line begins; ``None`` is the end of the file.
        first: the number of the line at ``start``.
    """
    with path.open("rb") as file:
        file.seek(start)
        while lines := _some_lines(file, end):
            plain, doubtful, shapes = _read_plain(lines, first, topic_field)
            careful = [
                found
                for number in doubtful
                if (found := read_with_care(_bare(lines[number - first]), number))
            ]
            columns = (
                RecordColumns.of(heapq.merge(plain.found(), careful, key=itemgetter(0))) if careful else plain
            )
            yield ReadBlock(columns, shapes, file.tell())
            first += len(lines)


def _some_lines(file: BinaryIO, end: int | None) -> list[bytes]:
    """The next lines of a file before ``end``; of one that is longer than `MAX_ITEM_BYTES` only so much."""
    lines: list[bytes] = []
    size = 0
    left = BLOCK_BYTES if end is None else min(BLOCK_BYTES, end - file.tell())
    while size < left and (line := file.readline(MAX_ITEM_BYTES)):
        lines.append(line)
        size += len(line)
        while len(line) == MAX_ITEM_BYTES and not line.endswith(b"\n"):
            line = file.readline(MAX_ITEM_BYTES)
    return lines


def _read_plain(
    lines: list[bytes], first: int, topic_field: str
) -> tuple[RecordColumns, list[int], dict[tuple[str, ...], int]]:
    """The plain lines among some, the numbers of those that need the careful way, and the fields of the plain."""
    numbers: Sequence[int] = range(first, first + len(lines))
    doubtful: list[int] = []
    bodies: list[str] = []
    digests: list[bytes] = []
    topics: list[str | None] = []
    others: dict[int, str] = {}
    kinds = bytearray()
    shapes: dict[tuple[str, ...], int] = {}
    known: dict[str, str] = {}  # labels by how they are written, so that equal ones are one object
    at_top = "." not in topic_field
    for number, raw in zip(numbers, lines, strict=True):
        line = _bare(raw)
        found = read_plain(line)
        if found is None:
            doubtful.append(number)
            continue
        source, digest, kind = found
        shape = tuple(source)
        shapes[shape] = shapes.get(shape, 0) + 1
        written = source.get(topic_field) if at_top else None
        label = known.get(written) if type(written) is str else None
        if label is None:
            label, further = read_topics(source, topic_field)
            if further:
                others[len(topics)] = orjson.dumps(further).decode()
            if type(written) is str and label is not None:
                label = known[written] = known.setdefault(label, label)
        bodies.append(line.decode())
        digests.append(digest[:DIGEST_BYTES])
        topics.append(label)
        kinds.append(kind)
    if doubtful:
        with_care = set(doubtful)
        numbers = [number for number in numbers if number not in with_care]
    columns = RecordColumns(numbers, b"".join(digests), topics, others, bytes(kinds), bodies)
    return columns, doubtful, shapes


def _bare(line: bytes) -> bytes:
    """A line without its end; within JSON that is written otherwise."""
    return line.removesuffix(b"\n").removesuffix(b"\r")
