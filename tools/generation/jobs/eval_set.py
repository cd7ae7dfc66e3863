"""The evaluation set that a job keeps away from: fixed when it is begun, and the same whenever it is carried on."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from ...errors import InvalidInput
from ...store.journal_tables import approvals, plans
from . import notes as job_notes
from .ledger import Job

if TYPE_CHECKING:
    from ...services import Services

PLANNED = "eval_set"
"""Under which a plan's details name the evaluation set that it was made with."""


def described(path: Path) -> dict[str, str]:
    """An evaluation set as plans and jobs remember it: where it is, and a hash of what is in it.

    Raises:
        InvalidInput: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return {"path": str(path), "sha256": hashlib.file_digest(file, "sha256").hexdigest()}
    except OSError as error:
        raise InvalidInput(
            f"The evaluation set {path} cannot be read: {error.strerror}.",
            hint="If it has moved, name its new place with --eval-set.",
        ) from error


def eval_set_of_job(services: Services, job: Job) -> Path | None:
    """The file to keep away from: the one that is named now, else the one that the job or its plan was made with.

    Raises:
        InvalidInput: it cannot be read, or it is not what the job was begun with.
    """
    known = job_notes.noted_eval_set(services.store, job.id) or _planned(services, job)
    named = services.settings.eval_set
    path = named or (Path(known["path"]) if known else None)
    if path is None:
        return None
    found = described(path)
    if known and known["sha256"] != found["sha256"]:
        what = "has changed" if str(path) == known["path"] else f"is not {known['path']} as it was"
        raise InvalidInput(
            f"The evaluation set {path} {what} when job {job.id} was begun or approved.",
            hint="Go on with the same file, or cancel the job and begin another one with the new file.",
        )
    job_notes.note_eval_set(services.store, job.id, found)
    return path


def _planned(services: Services, job: Job) -> dict[str, Any] | None:
    query = (
        select(plans.c.details)
        .join(approvals, approvals.c.plan_id == plans.c.id)
        .where(approvals.c.id == job.approval_id)
    )
    with services.store.read() as connection:
        details: dict[str, Any] | None = connection.execute(query).scalar()
    return (details or {}).get(PLANNED)
