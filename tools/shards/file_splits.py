"""What one task reads: a file, or as many whole lines of it as a shard holds."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

from ..dataset.file_reading import FilePart, reads_plainly
from ..dataset.remote_files import is_remote
from ..dataset.sources import SourceFile
from ..dataset.topic_candidates import HowToRead
from ..errors import InvalidInput

SPLIT_BYTES = 64_000_000
_COUNTED_AT_ONCE = 1 << 20
_COPIED_AT_ONCE = 1 << 22


@dataclass(frozen=True)
class FileSplit:
    """Some lines of a file.

    Attributes:
        number: its place among all splits of an import, from 0.
        file: the place of its file among the files, from 0.
        name: how a person knows the file.
        url: where it is: a path, or what fsspec reads.
        start: the byte at which it begins.
        end: the byte before which it ends; ``None`` is the end of the file.
        first_line: the number of its first line in the file.
    """

    number: int
    file: int
    name: str
    url: str
    start: int = 0
    end: int | None = None
    first_line: int = 1


def splits_of(files: Sequence[SourceFile], how: HowToRead, most_bytes: int) -> list[FileSplit]:
    """The splits of all files. Plain lines are divided; what has another layout is read by one task.

    The numbers of first lines are still to be told, by `with_first_lines`.

    Raises:
        InvalidInput: a file cannot be read.
    """
    splits: list[FileSplit] = []
    for number, file in enumerate(files):
        url = file.name if is_remote(file.name) else str(file.path)
        for start, end in _ranges(url, how, most_bytes):
            splits.append(FileSplit(len(splits), number, file.name, url, start, end))
    return splits


def count_lines(split: FileSplit) -> int:
    """How many lines a split has."""
    count = 0
    with _opened(split.url) as file:
        file.seek(split.start)
        left = float("inf") if split.end is None else split.end - split.start
        while left > 0 and (block := file.read(int(min(_COUNTED_AT_ONCE, left)))):
            count += block.count(b"\n")
            left -= len(block)
    return count


def with_first_lines(splits: Sequence[FileSplit], lines: Sequence[int]) -> list[FileSplit]:
    """The splits with the number of their first line, from how many lines each has."""
    told: list[FileSplit] = []
    for split in splits:
        same_file = bool(told) and told[-1].file == split.file
        first = told[-1].first_line + lines[told[-1].number] if same_file else 1
        told.append(replace(split, first_line=first))
    return told


@contextmanager
def part_of(split: FileSplit) -> Iterator[FilePart]:
    """A split as a part of a file on this machine; what is elsewhere is copied for as long as the block lasts."""
    if not is_remote(split.url):
        yield FilePart(Path(split.url), split.start, split.end, split.first_line)
        return
    with tempfile.TemporaryDirectory(prefix="fc-split-") as folder:
        copy = Path(folder) / split.url.rpartition("/")[2]
        with _opened(split.url) as file, copy.open("wb") as written:
            file.seek(split.start)
            left = float("inf") if split.end is None else split.end - split.start
            while left > 0 and (block := file.read(int(min(_COPIED_AT_ONCE, left)))):
                written.write(block)
                left -= len(block)
        yield FilePart(copy, first_line=split.first_line)


def _ranges(url: str, how: HowToRead, most_bytes: int) -> list[tuple[int, int | None]]:
    with _opened(url) as file:
        size = file.seek(0, 2)
        if size <= most_bytes or not _has_plain_lines(url, how):
            return [(0, None)]
        ends = [0]
        while ends[-1] < size:
            file.seek(min(ends[-1] + most_bytes, size))
            file.readline()
            ends.append(file.tell())
    return list(pairwise(ends))


def _has_plain_lines(url: str, how: HowToRead) -> bool:
    with part_of(FileSplit(0, 0, url, url, 0, _COUNTED_AT_ONCE)) as head:
        return reads_plainly(how.reader(head.path), how)


@contextmanager
def _opened(url: str) -> Iterator[BinaryIO]:
    import fsspec

    try:
        with fsspec.open(url, "rb") as file:
            yield file
    except OSError as error:
        raise InvalidInput(
            f"{url} cannot be read: {error}", hint="Check the address and its permissions."
        ) from error
