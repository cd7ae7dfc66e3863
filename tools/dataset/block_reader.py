"""Reading a JSONL file block by block: plain lines the fast way, the others with care, all in their order."""

from __future__ import annotations

import heapq
import os
from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

from ..store.record_columns import FoundRecord, RecordColumns
from .block_parser import parsed_in_order
from .parsed_block import Block, ParsedBlock

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


def read_blocks(path: Path, topic_field: str, read_with_care: ReadWithCare) -> Iterator[ReadBlock]:
    """Read a file with one JSON object per line, in UTF-8.

    While the caller works on a block, another process parses the next one, unless the file is small.

    Args:
        path: the file.
        topic_field: where a record carries its topic.
        read_with_care: reads the lines that are not plain, and notes why one is no record.
    """
    line = 1
    ahead = path.stat().st_size > 2 * BLOCK_BYTES
    for block, lines, parsed in parsed_in_order(_blocks(path, topic_field), ahead=ahead):
        columns = _columns(parsed, lines, line, read_with_care)
        yield ReadBlock(columns, parsed.shapes, block.end)
        line += len(lines)


def _blocks(path: Path, topic_field: str) -> Iterator[Block]:
    """Cut a file into blocks of whole lines."""
    start = 0
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        while start < size:
            file.seek(start + BLOCK_BYTES - 1)
            file.readline()  # from the last byte of the block on, so that no line is cut
            end = min(file.tell(), size)
            yield Block(str(path), start, end, topic_field)
            start = end


def _columns(
    parsed: ParsedBlock, lines: list[bytes], first: int, read_with_care: ReadWithCare
) -> RecordColumns:
    numbers: Sequence[int] = range(first, first + len(lines))
    plain = lines
    if parsed.doubtful:
        doubtful = set(parsed.doubtful)
        numbers = [first + index for index in range(len(lines)) if index not in doubtful]
        plain = [line for index, line in enumerate(lines) if index not in doubtful]
    bodies = list(map(bytes.decode, plain))
    columns = RecordColumns(numbers, parsed.digests, parsed.topics, parsed.other_topics, parsed.kinds, bodies)
    careful = [
        found
        for index in parsed.doubtful
        if (found := read_with_care(lines[index], first + index)) is not None
    ]
    if not careful:
        return columns
    return RecordColumns.of(heapq.merge(columns.found(), careful, key=itemgetter(0)))
