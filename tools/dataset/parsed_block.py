"""What is found out about a block of lines of a JSONL file, by column, so that a process can hand it to another."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import orjson

from .formats.plain_line import read_plain
from .topic_label import DEFAULT_FIELD, read_topics

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
        """Its lines without their ends; a carriage return stays."""
        with Path(self.path).open("rb") as file:
            file.seek(self.start)
            lines = file.read(self.end - self.start).split(b"\n")
        if not lines[-1]:
            lines.pop()
        return lines


class ParsedBlock(NamedTuple):
    """The plain lines of a block; one entry for each in every column.

    Attributes:
        doubtful: indexes within the block of the other lines, which need the careful way.
        digests: `DIGEST_BYTES` of each content hash.
        topics: topics; equal ones are one object.
        other_topics: further labels as JSON.
        has_assistant_turn: 0 or 1.
        is_multi_turn: 0 or 1.
        uses_tools: 0 or 1.
    """

    doubtful: list[int]
    digests: bytes
    topics: list[str | None]
    other_topics: list[str]
    has_assistant_turn: bytes
    is_multi_turn: bytes
    uses_tools: bytes


def parse_block(block: Block) -> ParsedBlock:
    """Read a block and find out what its rows will hold."""
    doubtful: list[int] = []
    digests, topics, others = [], [], []
    answered, multi_turn, tools = bytearray(), bytearray(), bytearray()
    known: dict[str | None, str | None] = {}
    for number, line in enumerate(block.lines()):
        found = read_plain(line)
        if found is None:
            doubtful.append(number)
            continue
        source, digest, is_answered, is_multi_turn, uses_tools = found
        topic, other = _labels(source, block.topic_field)
        digests.append(digest[:DIGEST_BYTES])
        topics.append(known.setdefault(topic, topic))
        others.append(other)
        answered.append(is_answered)
        multi_turn.append(is_multi_turn)
        tools.append(uses_tools)
    return ParsedBlock(
        doubtful, b"".join(digests), topics, others, bytes(answered), bytes(multi_turn), bytes(tools)
    )


def _labels(source: dict[str, Any], topic_field: str) -> tuple[str | None, str]:
    topic = source.get(topic_field) if topic_field == DEFAULT_FIELD else None
    if type(topic) is str and (label := topic.strip()):
        return label, "[]"
    label_or_none, others = read_topics(source, topic_field)
    return label_or_none, orjson.dumps(others).decode() if others else "[]"
