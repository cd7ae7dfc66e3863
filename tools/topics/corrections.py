"""What a person says about the topics of records: which to ask about, and what becomes of the answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..dataset.record import Record
from ..dataset.topic_names import topic_names, unknown_topic
from ..store.records import get_record, records_with_ids
from ..store.store import Store
from .assignments import Assignment, current_assignments, write_run


@dataclass(frozen=True)
class Doubt:
    """A record that was left uncategorized.

    Attributes:
        record: the record.
        likeliest: the topic that it most probably has.
        confidence: the calibrated chance that this is right.
    """

    record: Record
    likeliest: str
    confidence: float


def review_queue(store: Store, workflow_id: str, limit: int) -> list[Doubt]:
    """The uncertain records, those first whose answer tells most about the others."""
    waiting = [row for row in current_assignments(store, workflow_id).values() if row.topic is None]
    waiting.sort(key=lambda row: (-row.informative, row.record_id))
    queue: list[Doubt] = []
    for row in waiting:
        if len(queue) == limit:
            break
        record = get_record(store, workflow_id, row.record_id)
        if record.topic is None:  # nobody has labelled it since
            queue.append(Doubt(record, row.likeliest, row.confidence))
    return queue


def correct(store: Store, workflow_id: str, answers: Mapping[str, str]) -> int:
    """Give records the topics that a person says they have; the next assignment learns from them.

    Args:
        store: where the records are.
        workflow_id: whose they are.
        answers: topics by record id.

    Returns:
        How many records were answered.

    Raises:
        TopicNotFound: a topic is neither declared nor any record's; nothing is written then.
        InvalidInput: there is no such record; nothing is written then.
    """
    decided = []
    for record_id, said in answers.items():
        topic = known_topic(store, workflow_id, said)
        before = get_record(store, workflow_id, record_id).topic
        decided.append(Assignment(record_id, topic, topic, 1.0, previous_topic=before, decided_by="person"))
    write_run(store, workflow_id, decided, method="review")
    return len(decided)


def confirm(store: Store, workflow_id: str, record_ids: Sequence[str]) -> int:
    """Note that a person finds the topics of these records right: they are not doubted any more, and learnt from.

    Returns:
        The number of the run, for `undo_last_run`; 0 where none of them has a topic.

    Raises:
        InvalidInput: there is no such record; nothing is written then.
    """
    found = records_with_ids(store, workflow_id, record_ids)
    decided = [
        Assignment(record.id, record.topic, record.topic, 1.0, record.topic, decided_by="person")
        for record in found
        if record.topic is not None
    ]
    return write_run(store, workflow_id, decided, method="review")


def known_topic(store: Store, workflow_id: str, said: str) -> str:
    """The topic as it is written in the workflow, whatever its case; raises `TopicNotFound`."""
    names = topic_names(store, workflow_id)
    if said in names:
        return said
    for name in names:
        if name.casefold() == said.strip().casefold():
            return name
    raise unknown_topic(workflow_id, said, names)
