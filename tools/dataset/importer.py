"""Importing datasets: streams files line by line into a workflow, and names every line that is no record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ..errors import InvalidInput
from .formats.dataset_file import BadItem, Item, read_dataset
from .formats.registry import AUTO, check_format
from .import_report import BadLine, ImportProgress, ImportReport
from .record import Record, content_hash
from .records import NewRecord, insert_records
from .store import Store
from .topic_label import DEFAULT_FIELD, check_topic_field, read_topics
from .workflows import check_workflow_id, ensure_workflow

BATCH = 1000
"""Records per transaction: other processes get their turn between batches."""
_BATCH_CHARACTERS = 16_000_000
_ID_DIGITS = 20

OnProgress = Callable[[ImportProgress], None]


def import_files(
    store: Store,
    workflow_id: str,
    paths: Iterable[str | Path],
    *,
    topic_field: str = DEFAULT_FIELD,
    file_format: str = AUTO,
    on_progress: OnProgress | None = None,
) -> ImportReport:
    """Add the records of dataset files to a workflow, which is made if it is not there.

    A bad line never stops the import, and importing the same file again adds nothing: a record is known by
    its content and by how many equal ones stand before it in its file. The text of an OpenAI chat record is
    kept as it is; records of other formats become OpenAI chat. Records go in a batch at a time; what went in
    before an interruption stays, and a second import adds the rest.

    Args:
        store: where the records go.
        workflow_id: whose they are.
        paths: the files.
        topic_field: name or dotted path of the field that holds the topic. Where the default field ``topic``
            is missing, the list ``topics`` is read.
        file_format: the format of the records, one of `formats.registry.FORMAT_NAMES`; ``auto`` finds out.
        on_progress: called after each batch and each file.

    Raises:
        InvalidInput: a file cannot be read, or a name cannot be used; said before anything is written.
    """
    check_workflow_id(workflow_id)
    check_topic_field(topic_field)
    check_format(file_format)
    files = [Path(path) for path in paths]
    sizes = [_readable_size(path) for path in files]
    report = ImportReport([str(path) for path in files])
    before = 0
    for path, size in zip(files, sizes, strict=True):
        reader = _FileReader(path, topic_field, file_format, report)
        for batch in _batches(reader):
            _add(store, workflow_id, batch, report)
            _tell(on_progress, report, path, before + reader.bytes_read, sum(sizes))
        before += size
        _tell(on_progress, report, path, before, sum(sizes))
    return report


@dataclass
class _FileReader:
    """The good records of one file; the rest goes to the report."""

    path: Path
    topic_field: str
    file_format: str
    report: ImportReport
    bytes_read: int = 0

    def __iter__(self) -> Iterator[NewRecord]:
        seen: Counter[str] = Counter()
        reader = read_dataset(self.path, self.file_format)
        for item in reader:
            self.bytes_read = reader.bytes_read
            if isinstance(item, BadItem):
                refused = item.refused
                self.report.bad.append(BadLine(str(self.path), item.place, refused.reason, refused.code))
            else:
                yield self._record(item, seen)
        self.report.blank += reader.blank
        self.report.formats += reader.found.values()

    def _record(self, item: Item, seen: Counter[str]) -> NewRecord:
        digits = content_hash(item.source)[:_ID_DIGITS]
        seen[digits] += 1
        topic, others = read_topics(item.source, self.topic_field)
        record = Record(f"{digits}-{seen[digits]}", item.body, topic, other_topics=others)
        field = None if self.topic_field == DEFAULT_FIELD else self.topic_field
        return NewRecord(record, str(self.path), item.place, field)


def _batches(rows: Iterable[NewRecord]) -> Iterator[list[NewRecord]]:
    """Batches of at most `BATCH` records, and smaller ones when the records are huge."""
    batch: list[NewRecord] = []
    characters = 0
    for row in rows:
        batch.append(row)
        characters += len(row.record.body)
        if len(batch) == BATCH or characters > _BATCH_CHARACTERS:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch


def _add(store: Store, workflow_id: str, batch: Sequence[NewRecord], report: ImportReport) -> None:
    with store.write() as connection:
        ensure_workflow(connection, workflow_id)
        added = insert_records(connection, workflow_id, batch)
    report.added += added
    report.already_there += len(batch) - added
    for new in batch:
        record = new.record
        report.without_assistant += not record.has_assistant_turn
        if record.topic is None:
            report.without_topic += 1
        else:
            report.topics[record.topic] = report.topics.get(record.topic, 0) + 1


def _tell(on_progress: OnProgress | None, report: ImportReport, path: Path, read: int, total: int) -> None:
    if on_progress is not None:
        on_progress(ImportProgress(str(path), read, total, report.good, len(report.bad)))


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
