"""Importing datasets: streams files line by line into a workflow, and names every line that is no record."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from ..errors import InvalidInput
from ..store.bulk_insert import insert_columns
from ..store.record_columns import FoundRecord, RecordColumns, found_record
from ..store.records import topic_counts
from ..store.store import Store
from ..store.workflows import check_workflow_id, ensure_workflow
from .block_reader import read_blocks
from .formats.dataset_file import BadItem, DatasetReader, Item
from .formats.plain_line import ANSWERED
from .formats.registry import AUTO, PLAIN, check_format
from .import_report import BadLine, ImportProgress, ImportReport
from .mapping.field_mapping import FieldMapping
from .seen_digests import SeenDigests
from .sources import SourceFile, readable_size
from .topic_candidates import HowToRead, candidates_in, require_topic_field
from .topic_label import DEFAULT_FIELD, check_topic_field
from .topic_names import near_same

OnProgress = Callable[[ImportProgress], None]
_Noted = Callable[[Item | BadItem], FoundRecord | None]
MOST = 0.5
"""Share of a file that was not read from which most of it is missing."""
_BATCH = 1000
_BATCH_CHARACTERS = 16_000_000


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

    def tell(file: SourceFile, read: int) -> None:
        if on_progress is not None:
            seconds = time.monotonic() - began
            on_progress(ImportProgress(file.name, read, sum(sizes), report.good, len(report.bad), seconds))

    for file, size in zip(files, sizes, strict=True):
        seen = SeenDigests()
        for columns, bytes_read in _read_file(file, reading, report):
            if columns.lines:
                ids = seen.ids(columns.digests)
                _add(store, workflow_id, ids, columns, report, file.name, topic_field)
            tell(file, before + bytes_read)
        before += size
        tell(file, before)
    if report.good and report.without_topic == report.good:
        report.topic_candidates = candidates_in(files, reading)
    if report.topics:
        counts = {count.topic: count.records for count in topic_counts(store, workflow_id) if count.topic}
        report.near_same = [
            names for names in near_same(counts) if not report.topics.keys().isdisjoint(names)
        ]
    return report


def _read_file(file: SourceFile, how: HowToRead, report: ImportReport) -> Iterator[tuple[RecordColumns, int]]:
    """The records of a file, part by part, and how many of its bytes were read; the rest goes to the report."""
    unreadable = 0
    unread = 0.0

    def noted(item: Item | BadItem) -> FoundRecord | None:
        if isinstance(item, Item):
            return found_record(item.place, item.body, item.source, how.topic_field)
        nonlocal unreadable, unread
        unreadable += item.refused.code != "marked_bad"
        unread = max(unread, item.refused.unread)
        report.bad.append(BadLine(file.name, item.place, item.refused.reason, item.refused.code))
        return None

    reader = how.reader(file.path)
    # The fast way knows OpenAI chat only, so it may not decide about lines that a person called something else.
    is_plain = (
        how.mapping is None and how.file_format in (AUTO, PLAIN.format.name) and reader.has_plain_lines()
    )
    try:
        if is_plain:
            yield from _read_plain(file.path, how.topic_field, reader, noted)
        else:
            yield from _read_items(reader, noted)
    except OSError as error:
        raise InvalidInput(
            f"{file.name} cannot be read to its end: {error.strerror or error}.",
            hint="What was read before is in the workflow; import the file again and the rest is added.",
        ) from error
    report.blank += reader.blank
    report.formats += [replace(found, file=file.name) for found in reader.found.values()]
    for counts, new in (
        (report.left_beside, reader.left_beside),
        (report.beside, reader.beside),
        (report.mended, reader.mended),
    ):
        counts |= {what: counts.get(what, 0) + number for what, number in new.items() if number}
    if unreadable > sum(found.records for found in reader.found.values()) or unread > MOST:
        report.mostly_unread.append(file.name)


def _read_plain(
    path: Path, topic_field: str, reader: DatasetReader, noted: _Noted
) -> Iterator[tuple[RecordColumns, int]]:
    """One object per line: plain OpenAI chat goes the fast way, every other line through the reader."""

    def read_with_care(raw: bytes, number: int) -> FoundRecord | None:
        item = reader.read_line(raw, number)
        return None if item is None else noted(item)

    for block in read_blocks(path, topic_field, read_with_care):
        reader.add_plain(block.plain)
        yield block.columns, block.end


def _read_items(reader: DatasetReader, noted: _Noted) -> Iterator[tuple[RecordColumns, int]]:
    """Any other layout, item by item."""
    found: list[FoundRecord] = []
    characters = 0
    for item in reader:
        record = noted(item)
        if record is None:
            continue
        found.append(record)
        characters += len(item.body) if isinstance(item, Item) else 0
        if len(found) == _BATCH or characters > _BATCH_CHARACTERS:
            yield RecordColumns.of(found), reader.bytes_read
            found, characters = [], 0
    if found:
        yield RecordColumns.of(found), reader.bytes_read


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
    for (topic, kind), count in columns.counts.items():
        report.without_assistant += 0 if kind & ANSWERED else count
        if topic is None:
            report.without_topic += count
        else:
            report.topics[topic] = report.topics.get(topic, 0) + count
