"""Records on their way into the store, by column: rows are not made before SQLite needs them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import orjson

from .parsed_block import DIGEST_BYTES
from .record import Record, content_hash
from .topic_label import read_topics

FoundRecord = tuple[int, bytes, str | None, str, bool, bool, bool, str]
"""One row: the columns of `RecordColumns` for one record, in their order."""


class RecordColumns(NamedTuple):
    """Some records of one file, in their order.

    Attributes:
        lines: where each stands: number of the line or item, from 1.
        digests: `DIGEST_BYTES` of each content hash, joined.
        topics: topics; ``None`` is uncategorized.
        other_topics: further labels, as JSON lists.
        has_assistant_turn: as `Record` has it.
        is_multi_turn: as `Record` has it.
        uses_tools: as `Record` has it.
        bodies: the JSON texts.
    """

    lines: Sequence[int]
    digests: bytes
    topics: Sequence[str | None]
    other_topics: Sequence[str]
    has_assistant_turn: Sequence[bool | int]
    is_multi_turn: Sequence[bool | int]
    uses_tools: Sequence[bool | int]
    bodies: Sequence[str]

    @classmethod
    def of(cls, found: Iterable[FoundRecord]) -> RecordColumns:
        """Columns of records that were read one by one; of one at least."""
        lines, digests, *others = zip(*found, strict=True)
        return cls(lines, b"".join(digests), *others)

    def found(self) -> Iterable[FoundRecord]:
        """The records one by one."""
        starts = range(0, len(self.digests), DIGEST_BYTES)
        digests = [self.digests[start : start + DIGEST_BYTES] for start in starts]
        return zip(self.lines, digests, *self[2:], strict=True)


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
    return (
        line,
        bytes.fromhex(content_hash(source)[: 2 * DIGEST_BYTES]),
        topic,
        orjson.dumps(others).decode(),
        record.has_assistant_turn,
        record.is_multi_turn,
        record.uses_tools,
        body,
    )
