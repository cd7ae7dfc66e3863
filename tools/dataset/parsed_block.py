"""What is found out about a block of lines of a JSONL file, by column, so that a process can hand it to another."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import orjson

from .formats.plain_line import read_plain
from .topic_label import read_topics

DIGEST_BYTES = 10
"""How much of a content hash goes into a record's id: 20 hexadecimal digits."""


class Block(NamedTuple):
    """Whole lines of a file.

    Attributes:
        path: the file.
        start: offset of its first byte.
        end: offset behind its last byte.
        topic_field: where a record carries its topic.
    """

    path: str
    start: int
    end: int
    topic_field: str

    def lines(self) -> list[bytes]:
        """Its lines without their ends."""
        with Path(self.path).open("rb") as file:
            file.seek(self.start)
            text = file.read(self.end - self.start)
        lines = text.split(b"\n")
        if b"\r" in text:  # within JSON it is written otherwise
            lines = [line.removesuffix(b"\r") for line in lines]
        if not lines[-1]:
            lines.pop()
        return lines


class ParsedBlock(NamedTuple):
    """The plain lines of a block; one entry for each in every column.

    Attributes:
        doubtful: indexes within the block of the other lines, which need the careful way.
        digests: `DIGEST_BYTES` of each content hash.
        topics: topics; equal ones are one object.
        other_topics: further labels as JSON, of those that have any, by their place in the columns.
        kinds: what each is, as `PlainChat` has it.
        shapes: how many of them have which fields at their top.
    """

    doubtful: list[int]
    digests: bytes
    topics: list[str | None]
    other_topics: dict[int, str]
    kinds: bytes
    shapes: dict[tuple[str, ...], int]


def parse_lines(lines: list[bytes], topic_field: str) -> ParsedBlock:
    """Find out what the rows of some lines will hold."""
    doubtful: list[int] = []
    digests: list[bytes] = []
    topics: list[str | None] = []
    others: dict[int, str] = {}
    kinds = bytearray()
    shapes: dict[tuple[str, ...], int] = {}
    known: dict[str, str] = {}  # labels by how they are written, so that equal ones are one object
    at_top = "." not in topic_field
    for number, line in enumerate(lines):
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
        digests.append(digest[:DIGEST_BYTES])
        topics.append(label)
        kinds.append(kind)
    return ParsedBlock(doubtful, b"".join(digests), topics, others, bytes(kinds), shapes)
