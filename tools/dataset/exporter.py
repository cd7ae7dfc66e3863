"""Writing a workflow's records to a file that a trainer reads: OpenAI chat, one object per line."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import Row, select

from ..errors import InvalidInput
from .record import Origin
from .store import Store
from .tables import records
from .topic_label import DEFAULT_FIELD, read_topics, write_topic
from .workflows import version_within

_ROWS_AT_ONCE = 500


@dataclass(frozen=True)
class ExportReport:
    """What an export wrote.

    Attributes:
        path: the file.
        written: records in it.
        synthetic: how many of them were generated.
        relabelled: how many of them carry another topic than their source did.
        left_out_without_assistant: active records without an assistant turn, which a trainer refuses.
    """

    path: Path
    written: int
    synthetic: int
    relabelled: int
    left_out_without_assistant: int


def export_records(
    store: Store,
    workflow_id: str,
    path: str | Path,
    *,
    include_all: bool = False,
    overwrite: bool = False,
    origin: Origin | None = None,
) -> ExportReport:
    """Write the active records of a workflow, in their order, each as its source wrote it.

    Only a record whose topic was changed differs from its source, and only in its topic field. The file
    appears when it is whole: an error leaves nothing behind, and an older file as it was.

    Args:
        store: where the records are.
        workflow_id: whose they are.
        path: the file to write; its folder is made if it is missing.
        include_all: also write records without an assistant turn, which trainers refuse.
        overwrite: replace a file that is there.
        origin: only real or only synthetic records.

    Raises:
        InvalidInput: the file is there already, or cannot be written.
        WorkflowNotFound: there is no such workflow.
    """
    target = Path(path).expanduser()
    _refuse_existing(target, overwrite)
    query = select(records).where(records.c.workflow_id == workflow_id, records.c.status == "active")
    if origin is not None:
        query = query.where(records.c.origin == origin)
    written = synthetic = relabelled = left_out = 0
    with store.read() as connection:
        version_within(connection, workflow_id)
        rows = connection.execution_options(yield_per=_ROWS_AT_ONCE).execute(
            query.order_by(records.c.position)
        )
        with _appearing_when_whole(target, overwrite) as file:
            for row in rows:
                if not (row.has_assistant_turn or include_all):
                    left_out += 1
                    continue
                line = _line_of(row)
                file.write(line.encode("utf-8") + b"\n")
                written += 1
                synthetic += row.origin == "synthetic"
                relabelled += line is not row.body
    return ExportReport(target, written, synthetic, relabelled, left_out)


def _line_of(row: Row[Any]) -> str:
    body: str = row.body
    field = row.topic_field or DEFAULT_FIELD
    carried, _ = read_topics(json.loads(body), field)
    return body if carried == row.topic else write_topic(body, field, row.topic)


def _refuse_existing(target: Path, overwrite: bool) -> None:
    if target.exists() and not target.is_file():
        raise InvalidInput(f"{target} is not a file.", hint="Name a file to write.")
    if target.exists() and not overwrite:
        raise InvalidInput(
            f"{target} is there already.", hint="Name another file, or allow it to be replaced."
        )


@contextmanager
def _appearing_when_whole(target: Path, overwrite: bool) -> Iterator[BinaryIO]:
    """A file beside the target that takes its place at the end, or vanishes when the block raises."""
    # A link stays a link: what it points to is replaced.
    final = target.resolve()
    temporary = final.with_name(f".{final.name[:100]}.{uuid.uuid4().hex}.part")
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        try:
            with temporary.open("xb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            _refuse_existing(target, overwrite)  # it may have come meanwhile
            temporary.replace(final)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise InvalidInput(
            f"{target} cannot be written: {error.strerror or error}.",
            hint="Check the folder, its permissions and the space on the disk.",
        ) from error
