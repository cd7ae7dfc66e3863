"""The space report kept on disk for as long as the dataset stays as it is: measuring takes seconds to minutes."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ValidationError

from ...data_folder import make_private_folder
from ...index.index_entries import embedding_name
from ...store.workflows import dataset_state
from .languages import tells_languages
from .report import OnMeasured, SpaceReport, measure_space
from .sample import MOST_RECORDS

if TYPE_CHECKING:
    from ...services import Services

_FORMAT = 1
"""Goes up when another report would be made of the same dataset."""


class _Kept(BaseModel):
    made_of: list[str]
    report: SpaceReport


def space_of(
    services: Services,
    workflow_id: str,
    *,
    topics: Collection[str] | None = None,
    most_records: int = MOST_RECORDS,
    on_progress: OnMeasured | None = None,
) -> SpaceReport:
    """`measure_space`, or what it gave for the same state of the dataset.

    Only reports on all topics are kept; one on some topics is taken out of a kept one where there is one.

    Raises:
        WorkflowNotFound: there is no such workflow.
        TopicNotFound: a topic is neither declared nor has records.
    """
    made_of = _made_of(services, workflow_id)
    file = _file(services, workflow_id)
    kept = _read(file, made_of)
    if kept is not None and topics is not None and {space.topic for space in kept.topics} >= set(topics):
        return kept.model_copy(update={"topics": [s for s in kept.topics if s.topic in topics]})
    if kept is not None and topics is None:
        return kept
    report = measure_space(
        services, workflow_id, topics=topics, most_records=most_records, on_progress=on_progress
    )
    # Not if the dataset changed while it was measured.
    if topics is None and most_records == MOST_RECORDS and made_of == _made_of(services, workflow_id):
        _write(file, _Kept(made_of=made_of, report=report))
    return report


def _made_of(services: Services, workflow_id: str) -> list[str]:
    state = dataset_state(services.store, workflow_id)
    model = embedding_name(services.embeddings_of(workflow_id))
    return [str(_FORMAT), *state, model, str(tells_languages())]


def _file(services: Services, workflow_id: str) -> Path:
    name = hashlib.sha256(f"{services.store.address}\n{workflow_id}".encode()).hexdigest()[:20]
    return services.settings.home / "cache" / f"space-{name}.json"


def _read(file: Path, made_of: list[str]) -> SpaceReport | None:
    try:
        kept = _Kept.model_validate_json(file.read_bytes())
    except (OSError, ValidationError):  # none yet, or of an older version of this program
        return None
    return kept.report if kept.made_of == made_of else None


def _write(file: Path, kept: _Kept) -> None:
    # Where the data folder may only be read, it is measured each time.
    with suppress(OSError):
        make_private_folder(file.parent)
        unfinished = file.with_name(f".{uuid.uuid4().hex}.part")
        unfinished.write_text(kept.model_dump_json(), encoding="utf-8")
        unfinished.replace(file)
