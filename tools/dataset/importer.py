"""Importing datasets: streams files line by line into a workflow, and names every line that is no record."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from ..store.bulk_insert import insert_columns
from ..store.record_columns import RecordColumns
from ..store.records import topic_counts
from ..store.store import Store
from ..store.workflows import check_workflow_id, ensure_workflow
from .file_reading import FilePart, FileReading
from .formats.registry import AUTO, check_format
from .import_report import ImportProgress, ImportReport
from .mapping.field_mapping import FieldMapping
from .seen_digests import SeenDigests
from .sources import SourceFile, readable_size
from .topic_candidates import HowToRead, candidates_in, require_topic_field
from .topic_label import DEFAULT_FIELD, check_topic_field
from .topic_names import near_same

OnProgress = Callable[[ImportProgress], None]


def import_files(
    store: Store,
    workflow_id: str,
    paths: Iterable[str | Path | SourceFile],
    *,
    topic_field: str = DEFAULT_FIELD,
    file_format: str = AUTO,
    mapping: FieldMapping | None = None,
    encoding: str = "",
    on_progress: OnProgress | None = None,
) -> ImportReport:
    """Add the records of dataset files to a workflow, which is made if it is not there.

    A bad line never stops the import, and importing the same file again adds nothing: a record is known by
    its content and by how many equal ones stand before it in its file. The text of an OpenAI chat record is
    kept as it is; records of other formats become OpenAI chat. Records go in a block at a time; what went in before
    an interruption stays, and a second import adds the rest.

    Args:
        store: where the records go.
        workflow_id: whose they are.
        paths: the files.
        topic_field: name or dotted path of the field that holds the topic. Where the default field ``topic``
            is missing, the list ``topics`` is read. Another one must be in some record at least.
        file_format: the format of the records, one of `formats.registry.FORMAT_NAMES`; ``auto`` finds out.
        mapping: what the fields of the items are, where their format is nobody else's.
        encoding: what the text is written in, as Python calls it; found out when not given.
        on_progress: called after each block of a file and each file.

    Raises:
        InvalidInput: a file cannot be read, a name cannot be used, or no record has the field that should hold the
            topic; said before anything is written.
    """
    check_workflow_id(workflow_id)
    check_topic_field(topic_field)
    check_format(file_format)
    files = [path if isinstance(path, SourceFile) else SourceFile(Path(path), str(path)) for path in paths]
    sizes = [readable_size(file.path) for file in files]
    reading = HowToRead(file_format, topic_field, mapping, encoding)
    require_topic_field(files, reading)
    report = ImportReport([file.name for file in files])
    began = time.monotonic()
    before = 0

    def tell(file: SourceFile, read: int, bad: int) -> None:
        if on_progress is not None:
            seconds = time.monotonic() - began
            on_progress(ImportProgress(file.name, read, sum(sizes), report.good, bad, seconds))

    for file, size in zip(files, sizes, strict=True):
        seen = SeenDigests()
        found = FileReading(file.name)
        for columns, bytes_read in found.records_of(FilePart(file.path), reading):
            if columns.lines:
                ids = seen.ids(columns.digests)
                _add(store, workflow_id, ids, columns, report, file.name, topic_field)
            tell(file, before + bytes_read, len(report.bad) + len(found.bad))
        found.add_to(report)
        before += size
        tell(file, before, len(report.bad))
    add_hints(report, store, workflow_id, files, reading)
    return report


def add_hints(
    report: ImportReport, store: Store, workflow_id: str, files: Sequence[SourceFile], reading: HowToRead
) -> None:
    """Note where topics could be that were not found, and which of them differ in how they are written only."""
    if report.good and report.without_topic == report.good:
        report.topic_candidates = candidates_in(files, reading)
    if report.topics:
        counts = {count.topic: count.records for count in topic_counts(store, workflow_id) if count.topic}
        report.near_same = [
            names for names in near_same(counts) if not report.topics.keys().isdisjoint(names)
        ]


def _add(
    store: Store,
    workflow_id: str,
    ids: Sequence[str],
    columns: RecordColumns,
    report: ImportReport,
    source_file: str,
    topic_field: str,
) -> None:
    field = None if topic_field == DEFAULT_FIELD else topic_field
    with store.write(workflow_id) as connection:
        ensure_workflow(connection, workflow_id)
        added = insert_columns(
            connection,
            workflow_id,
            ids,
            columns,
            source_file=source_file,
            topic_field=field,
        )
    report.added += added
    report.already_there += len(ids) - added
    report.count_good(columns.counts)
