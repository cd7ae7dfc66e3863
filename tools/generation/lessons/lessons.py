"""What was rejected in a review, with the person's reason: shown to the model as examples to keep away from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from ...dataset.record import Record, message_text
from ...store.record_rows import record_of
from ...store.records import require_ids, set_status
from ...store.store import Store
from ...store.tables import records, review_reasons
from ...store.workflows import check_storable, now

MOST_LESSONS = 3
"""Of a topic in one prompt: each takes tokens in every call."""
LONGEST_REASON = 200
_EXCERPT = 160

Lesson = dict[str, Any]
"""``record`` (its id), ``user``, ``assistant`` (excerpts of the last exchange) and ``why``; JSON, kept with the job."""


def reject_records(store: Store, workflow_id: str, record_ids: Sequence[str], reason: str = "") -> int:
    """Leave records out of the dataset and remember why; returns how many changed.

    Raises:
        InvalidInput: the workflow has no such record; nothing is changed then.
    """
    reason = " ".join(reason.split())[:LONGEST_REASON]
    check_storable(reason, "The reason")
    require_ids(store, workflow_id, record_ids)
    rows = [
        {"workflow_id": workflow_id, "record_id": record_id, "reason": reason, "created_at": now()}
        for record_id in dict.fromkeys(record_ids)
    ]
    if rows:
        # Before the records leave: a reason counts only while its record is out, so a crash between teaches nothing.
        with store.write(workflow_id) as connection:
            added = store.insert(review_reasons)
            replaced = {"reason": added.excluded.reason, "created_at": added.excluded.created_at}
            keys = ["workflow_id", "record_id"]
            connection.execute(added.on_conflict_do_update(index_elements=keys, set_=replaced), rows)
    return set_status(store, workflow_id, record_ids, "rejected")


def lessons_of(store: Store, workflow_id: str, topic: str, most: int = MOST_LESSONS) -> list[Lesson]:
    """The latest rejections of a topic that still stand, those with a reason first; so many as one prompt tells."""
    why = review_reasons.c
    query = (
        select(records, why.reason)
        .join(review_reasons, (why.workflow_id == records.c.workflow_id) & (why.record_id == records.c.id))
        .where(records.c.workflow_id == workflow_id, records.c.topic == topic, records.c.status == "rejected")
        # A real record that was taken out without a word may be a duplicate or mislabelled: nothing to learn from.
        .where((why.reason != "") | (records.c.origin == "synthetic"))
        .order_by(why.reason == "", why.created_at.desc(), records.c.position.desc())
        .limit(most)
    )
    with store.read() as connection:
        rows = connection.execute(query).all()
    return [_lesson(record_of(row), row.reason) for row in rows]


def rejected_in_review(store: Store, workflow_id: str, topic: str | None = None) -> list[Record]:
    """The generated records that a person took out in a review and that are still out, of a topic or of all."""
    why = review_reasons.c
    query = (
        select(records)
        .join(review_reasons, (why.workflow_id == records.c.workflow_id) & (why.record_id == records.c.id))
        .where(records.c.workflow_id == workflow_id, records.c.origin == "synthetic")
        .where(records.c.status == "rejected")
    )
    if topic is not None:
        query = query.where(records.c.topic == topic)
    with store.read() as connection:
        return [record_of(row) for row in connection.execute(query)]


def _lesson(record: Record, reason: str) -> Lesson:
    said: Lesson = {"record": record.id}
    for message in record.messages:
        text = " ".join(message_text(message).split())
        if text and message["role"] in ("user", "assistant"):
            said[message["role"]] = text if len(text) <= _EXCERPT else text[: _EXCERPT - 1] + "…"
    return said | ({"why": reason} if reason else {})
