"""Importing datasets: streams files line by line into a workflow, and names every line that is no record."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from ..errors import InvalidInput
from .block_reader import read_blocks
from .bulk_insert import insert_columns
from .formats.json_line import parse_object, text_of_line
from .formats.openai_chat import check_chat
from .formats.refusal import Refused
from .formats.whole_file import refuse_other_files
from .import_report import BadLine, ImportProgress, ImportReport
from .record_columns import FoundRecord, RecordColumns, found_record
from .seen_digests import SeenDigests
from .store import Store
from .topic_label import DEFAULT_FIELD, check_topic_field
from .workflows import check_workflow_id, ensure_workflow

OnProgress = Callable[[ImportProgress], None]


def import_files(
    store: Store,
    workflow_id: str,
    paths: Iterable[str | Path],
    *,
    topic_field: str = DEFAULT_FIELD,
    on_progress: OnProgress | None = None,
) -> ImportReport:
    """Add the records of JSONL files to a workflow, which is made if it is not there.

    A bad line never stops the import, and importing the same file again adds nothing: a record is known by
    its content and by how many equal ones stand before it in its file. The text of each line is kept as it
    is. Records go in a block at a time, while the next one is parsed in another process; what went in before
    an interruption stays, and a second import adds the rest.

    Args:
        store: where the records go.
        workflow_id: whose they are.
        paths: the files.
        topic_field: name or dotted path of the field that holds the topic. Where the default field ``topic``
            is missing, the list ``topics`` is read.
        on_progress: called after each block of a file and each file.

    Raises:
        InvalidInput: a file cannot be read, or a name cannot be used; said before anything is written.
    """
    check_workflow_id(workflow_id)
    check_topic_field(topic_field)
    files = [Path(path) for path in paths]
    sizes = [_readable_size(path) for path in files]
    report = ImportReport([str(path) for path in files])
    began = time.monotonic()
    before = 0

    def tell(path: Path, read: int) -> None:
        if on_progress is not None:
            seconds = time.monotonic() - began
            on_progress(ImportProgress(str(path), read, sum(sizes), report.good, len(report.bad), seconds))

    for path, size in zip(files, sizes, strict=True):
        seen = SeenDigests()
        for columns, bytes_read in _read_file(path, topic_field, report):
            if columns.lines:
                ids = seen.ids(columns.digests)
                _add(store, workflow_id, ids, columns, report, path, topic_field)
            tell(path, before + bytes_read)
        before += size
        tell(path, before)
    return report


def _read_file(path: Path, topic_field: str, report: ImportReport) -> Iterator[tuple[RecordColumns, int]]:
    """The records of a file, part by part, and how many of its bytes were read; the rest goes to the report."""
    try:
        with path.open("rb") as file:
            refuse_other_files(path, file)
    except Refused as refused:
        report.bad.append(BadLine(str(path), None, refused.reason, refused.code))
        return

    def read_with_care(raw: bytes, number: int) -> FoundRecord | None:
        try:
            text = text_of_line(raw)
            if not text.strip():
                report.blank += 1
                return None
            source = parse_object(text)
            check_chat(source)
        except Refused as refused:
            report.bad.append(BadLine(str(path), number, refused.reason, refused.code))
            return None
        return found_record(number, text, source, topic_field)

    for block in read_blocks(path, topic_field, read_with_care):
        yield block.columns, block.end


def _add(
    store: Store,
    workflow_id: str,
    ids: Sequence[str],
    columns: RecordColumns,
    report: ImportReport,
    path: Path,
    topic_field: str,
) -> None:
    field = None if topic_field == DEFAULT_FIELD else topic_field
    with store.write() as connection:
        ensure_workflow(connection, workflow_id)
        added = insert_columns(
            connection, workflow_id, ids, columns, source_file=str(path), topic_field=field
        )
    report.added += added
    report.already_there += len(ids) - added
    report.without_assistant += len(ids) - sum(columns.has_assistant_turn)
    for topic, count in Counter(columns.topics).items():
        if topic is None:
            report.without_topic += count
        else:
            report.topics[topic] = report.topics.get(topic, 0) + count


def _readable_size(path: Path) -> int:
    try:
        if path.is_dir():
            raise InvalidInput(f"{path} is a folder.", hint="Name the files in it.")
        with path.open("rb") as file:
            return _size(file)
    except OSError as error:
        raise InvalidInput(
            f"{path} cannot be read: {error.strerror or error}.", hint="Check the path and its permissions."
        ) from error


def _size(file: BinaryIO) -> int:
    return file.seek(0, 2)
