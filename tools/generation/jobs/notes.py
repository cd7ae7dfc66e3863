"""What a job remembers from its beginning on, so that it is carried on as it was begun."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, exists, select, update

from ...store.journal_tables import attempts, jobs
from ...store.store import Store
from ..money.stops import Stops


def note_batch(store: Store, job_id: str, batch_id: str | None) -> None:
    """Remember the batch that a job waits for; None when it waits for none at the moment."""
    _note(store, job_id, "batch", batch_id)


def noted_batch(store: Store, job_id: str) -> str | None:
    """The batch that a job waits for."""
    batch_id: str | None = _notes(store, job_id).get("batch")
    return batch_id


def uses_batches(store: Store, job_id: str) -> bool:
    """Whether a job was begun through the Batch API."""
    return "batch" in _notes(store, job_id)


def note_eval_set(store: Store, job_id: str, eval_set: dict[str, str]) -> None:
    """Remember the evaluation set of a job, as `job_eval_set.described` has it."""
    _note(store, job_id, "eval_set", eval_set)


def noted_eval_set(store: Store, job_id: str) -> dict[str, str] | None:
    """The evaluation set of a job; None when it has none."""
    eval_set: dict[str, str] | None = _notes(store, job_id).get("eval_set")
    return eval_set


def noted_stops(store: Store, job_id: str) -> Stops | None:
    """When a job stops and asks, as it was told with its plan; None for a job of an older version."""
    told = _notes(store, job_id).get("stops")
    return Stops.model_validate(told) if told is not None else None


def note_wanted(store: Store, job_id: str, wanted: list[dict[str, Any]]) -> None:
    """Remember the thin cells that a job asks for, in order."""
    _note(store, job_id, "wanted", wanted)


def noted_wanted(store: Store, job_id: str) -> list[dict[str, Any]] | None:
    """The thin cells that a job asks for; None when none were noted yet."""
    wanted: list[dict[str, Any]] | None = _notes(store, job_id).get("wanted")
    return wanted


def has_attempts(store: Store, job_id: str) -> bool:
    """Whether a job has made a draft already."""
    with store.read() as connection:
        return bool(connection.execute(select(exists().where(attempts.c.job_id == job_id))).scalar())


def add_context(store: Store, job_id: str, context: dict[str, Any]) -> None:
    """Remember what the drafts of a job are drawn from, from some attempt on, as `topic_context` has it."""
    with store.write() as connection:
        notes = _read(connection, job_id)
        notes["contexts"] = [*notes.get("contexts", []), context]
        connection.execute(update(jobs).where(jobs.c.id == job_id).values(notes=notes))


def noted_contexts(store: Store, job_id: str) -> list[dict[str, Any]]:
    """What the drafts of a job are drawn from; empty for a job that has not begun, or of an older version."""
    contexts: list[dict[str, Any]] = _notes(store, job_id).get("contexts", [])
    return contexts


def note_remarks(store: Store, job_id: str, remarks: list[str]) -> None:
    """Remember what a person should be told beside the figures of a job."""
    _note(store, job_id, "remarks", remarks)


def noted_remarks(store: Store, job_id: str) -> list[str]:
    """What a person should be told beside the figures of a job."""
    remarks: list[str] = _notes(store, job_id).get("remarks", [])
    return remarks


def note_measured(store: Store, job_id: str, measured: dict[str, Any]) -> None:
    """Remember what the records of a job are worth and bring, as `Measured` has it."""
    _note(store, job_id, "measured", measured)


def noted_measured(store: Store, job_id: str) -> dict[str, Any] | None:
    """What the records of a job were worth and brought when it ended; None for a job of an older version."""
    measured: dict[str, Any] | None = _notes(store, job_id).get("measured")
    return measured


def note_lessons(store: Store, job_id: str, taught: dict[str, Any]) -> None:
    """Remember what a job was taught by reviews: lessons and rules."""
    _note(store, job_id, "taught", taught)


def noted_lessons(store: Store, job_id: str) -> dict[str, Any] | None:
    """What a job was taught; None when nothing was noted yet."""
    taught: dict[str, Any] | None = _notes(store, job_id).get("taught")
    return taught


def _note(store: Store, job_id: str, name: str, value: Any) -> None:
    with store.write() as connection:
        notes = _read(connection, job_id) | {name: value}
        connection.execute(update(jobs).where(jobs.c.id == job_id).values(notes=notes))


def _notes(store: Store, job_id: str) -> dict[str, Any]:
    with store.read() as connection:
        return _read(connection, job_id)


def _read(connection: Connection, job_id: str) -> dict[str, Any]:
    notes: dict[str, Any] | None = connection.execute(
        select(jobs.c.notes).where(jobs.c.id == job_id)
    ).scalar()
    return notes or {}
