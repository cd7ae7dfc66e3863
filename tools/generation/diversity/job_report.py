"""The diversity report of one job, from the store."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ...dataset.record import Record, message_text
from ...store.records import load_records
from ..jobs.ledger import get_job
from .report import MOST_COMPARED, DiversityReport, diversity_report

if TYPE_CHECKING:
    from ...services import Services

MOST_REAL = 5 * MOST_COMPARED
"""Real records of the topic that are looked at, in the order of the dataset."""


def diversity_of_job(services: Services, job_id: str) -> DiversityReport:
    """How varied the records of a job are, beside the real records of its topic.

    What is compared is what users and assistants say. Of a variation, that is what was written anew: the
    beginning that it shares with its seed says nothing about variety.

    Raises:
        InvalidInput: there is no such job.
    """
    job = get_job(services.store, job_id)
    written = list(load_records(services.store, job.workflow_id, job_id=job_id))
    real = list(
        load_records(services.store, job.workflow_id, topic=job.topic, usable_only=True, limit=MOST_REAL)
    )
    shared_turns = _shared_beginning(written)
    return diversity_report(
        [spoken_text(record, from_message=record.first_written) for record in written],
        [_ending(record, shared_turns) for record in real],
        services.embeddings_of(job.workflow_id),
        seed_uses(written, real),
    )


def spoken_text(record: Record, *, from_message: int = 0) -> str:
    """What users and assistants say from a message on, a line a turn."""
    spoken = (m for m in record.messages[from_message:] if m.get("role") in ("user", "assistant"))
    return "\n".join(text for message in spoken if (text := message_text(message).strip()))


def seed_uses(written: Iterable[Record], seeds: Iterable[Record]) -> dict[str, int]:
    """How many of the written records each seed was used for, unused seeds included."""
    uses = {seed.id: 0 for seed in seeds}
    for record in written:
        for seed_id in (record.provenance or {}).get("seeds", []):
            uses[seed_id] = uses.get(seed_id, 0) + 1
    return uses


def _shared_beginning(written: Iterable[Record]) -> bool:
    return any(record.first_written for record in written)


def _ending(record: Record, only_last_exchange: bool) -> str:
    """The text of a real record that is like what the job wrote: all of it, or its last exchange."""
    if not only_last_exchange:
        return spoken_text(record)
    users = [index for index, message in enumerate(record.messages) if message.get("role") == "user"]
    return spoken_text(record, from_message=users[-1] if users else 0)
