"""Records on their way into the store, by column: rows are not made before the database needs them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import orjson

from ..dataset.formats.plain_line import ANSWERED, MULTI_TURN, USES_TOOLS
from ..dataset.record import DIGEST_BYTES, Record, content_hash
from ..dataset.topic_label import read_topics

FoundRecord = tuple[int, bytes, str | None, str, int, str]
"""One record: line, digest, topic, other topics as a JSON list, kind and body, as `RecordColumns` has them."""

NO_OTHERS = "[]"
_HAS = {flag: [bool(kind & flag) for kind in range(256)] for flag in (ANSWERED, MULTI_TURN, USES_TOOLS)}


@dataclass(frozen=True)
class RecordColumns:
    """Some records of one file, in their order.

    Attributes:
        lines: where each stands: number of the line or item, from 1.
        digests: `DIGEST_BYTES` of each content hash, joined.
        topics: topics; ``None`` is uncategorized.
        other_topics: further labels as a JSON list, of those that have any, by their place in the columns.
        kinds: what each is, a sum as `PlainChat` has it.
        bodies: the JSON texts.
    """

    lines: Sequence[int]
    digests: bytes
    topics: Sequence[str | None]
    other_topics: dict[int, str]
    kinds: bytes
    bodies: Sequence[str]

    @classmethod
    def of(cls, found: Iterable[FoundRecord]) -> RecordColumns:
        """Columns of records that were read one by one; of one at least."""
        lines, digests, topics, others, kinds, bodies = zip(*found, strict=True)
        further = {index: other for index, other in enumerate(others) if other != NO_OTHERS}
        return cls(lines, b"".join(digests), topics, further, bytes(kinds), bodies)

    def found(self) -> Iterable[FoundRecord]:
        """The records one by one."""
        starts = range(0, len(self.digests), DIGEST_BYTES)
        digests = [self.digests[start : start + DIGEST_BYTES] for start in starts]
        return zip(self.lines, digests, self.topics, self.others(), self.kinds, self.bodies, strict=True)

    @cached_property
    def counts(self) -> Counter[tuple[str | None, int]]:
        """How many there are of each topic and kind, in the order in which they first appear."""
        return Counter(zip(self.topics, self.kinds, strict=True))

    def of_rows(self, ids: Sequence[str]) -> dict[str, Iterable[Any]]:
        """The columns of the table ``records`` that differ from record to record; the body comes last, as there."""
        return {
            "id": ids,
            "topic": self.topics,
            "other_topics": self.others(),
            "has_assistant_turn": map(_HAS[ANSWERED].__getitem__, self.kinds),
            "is_multi_turn": map(_HAS[MULTI_TURN].__getitem__, self.kinds),
            "uses_tools": map(_HAS[USES_TOOLS].__getitem__, self.kinds),
            "source_line": self.lines,
            "body": self.bodies,
        }

    def others(self) -> list[str]:
        """The further labels of every record."""
        return [self.other_topics.get(index, NO_OTHERS) for index in range(len(self.bodies))]


def found_record(line: int, body: str, source: dict[str, Any], topic_field: str) -> FoundRecord:
    """The row of a record that was read with care, or converted from another format.

    Args:
        line: where it stands in its file: number of the line or item, from 1.
        body: its JSON as OpenAI chat, to be kept as it is.
        source: the same, parsed by the standard library.
        topic_field: where it carries its topic.
    """
    topic, others = read_topics(source, topic_field)
    record = Record("", body, topic)
    record.__dict__["source"] = source  # parsed already
    digest = bytes.fromhex(content_hash(source)[: 2 * DIGEST_BYTES])
    return line, digest, topic, orjson.dumps(others).decode(), kind_of(record), body


def kind_of(record: Record) -> int:
    """What a record is: a sum as `PlainChat` has it."""
    return (
        ANSWERED * record.has_assistant_turn
        + MULTI_TURN * record.is_multi_turn
        + USES_TOOLS * record.uses_tools
    )
