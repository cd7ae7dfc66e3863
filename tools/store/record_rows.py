"""Between records and rows of the table ``records``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from ..dataset.record import Record


@dataclass(frozen=True)
class NewRecord:
    """A record to be added, and where it comes from.

    Attributes:
        record: what is added.
        source_file: path of the file that it was read from.
        source_line: its line there, counted from 1.
        topic_field: where its body carries the topic, when that is not ``topic``.
        job_id: the job that generated it.
    """

    record: Record
    source_file: str | None = None
    source_line: int | None = None
    topic_field: str | None = None
    job_id: str | None = None


def record_of(row: Row[Any]) -> Record:
    """A record from a row of the table ``records``."""
    return Record(
        id=row.id,
        body=row.body,
        topic=row.topic,
        origin=row.origin,
        other_topics=tuple(row.other_topics),
        provenance=row.provenance,
    )


def row_of(workflow_id: str, new: NewRecord) -> dict[str, Any]:
    """A row of the table ``records`` for a new record."""
    record = new.record
    return {
        "workflow_id": workflow_id,
        "id": record.id,
        "topic": record.topic,
        "other_topics": list(record.other_topics),
        "origin": record.origin,
        "status": "active",
        "body": record.body,
        "has_assistant_turn": record.has_assistant_turn,
        "is_multi_turn": record.is_multi_turn,
        "uses_tools": record.uses_tools,
        "source_file": new.source_file,
        "source_line": new.source_line,
        "topic_field": new.topic_field,
        "job_id": new.job_id,
        "provenance": record.provenance,
    }
