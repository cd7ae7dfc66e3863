"""Importing datasets: streams files line by line into a workflow, and names every line that is no record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ..errors import InvalidInput
from .formats.json_line import parse_object, text_of_line
from .formats.openai_chat import check_chat
from .formats.refusal import Refused
from .formats.whole_file import refuse_other_files
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
    on_progress: OnProgress | None = None,
) -> ImportReport:
    """Add the records of JSONL files to a workflow, which is made if it is not there.

    A bad line never stops the import, and importing the same file again adds nothing: a record is known by
    its content and by how many equal ones stand before it in its file. The text of each line is kept as it
    is. Records go in a batch at a time; what went in before an interruption stays, and a second import adds
    the rest.

    Args:
        store: where the records go.
        workflow_id: whose they are.
        paths: the files.
        topic_field: name or dotted path of the field that holds the topic. Where the default field ``topic``
            is missing, the list ``topics`` is read.
        on_progress: called after each batch and each file.

    Raises:
        InvalidInput: a file cannot be read, or a name cannot be used; said before anything is written.
    """
    check_workflow_id(workflow_id)
    check_topic_field(topic_field)
    files = [Path(path) for path in paths]
    sizes = [_readable_size(path) for path in files]
    report = ImportReport([str(path) for path in files])
    before = 0
    for path, size in zip(files, sizes, strict=True):
        reader = _FileReader(path, topic_field, report)
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
    report: ImportReport
    bytes_read: int = 0

    def __iter__(self) -> Iterator[NewRecord]:
        seen: Counter[str] = Counter()
        with self.path.open("rb") as file:
            try:
                refuse_other_files(self.path, file)
            except Refused as refused:
                self._refuse(None, refused)
                return
            # A binary file is split at \n only; str.splitlines would also split inside of strings.
            for number, raw in enumerate(file, start=1):
                self.bytes_read += len(raw)
                try:
                    new = self._read_line(raw, number, seen)
                except Refused as refused:
                    self._refuse(number, refused)
                    continue
                if new is not None:
                    yield new

    def _read_line(self, raw: bytes, number: int, seen: Counter[str]) -> NewRecord | None:
        text = text_of_line(raw)
        if not text.strip():
            self.report.blank += 1
            return None
        source = parse_object(text)
        check_chat(source)
        digits = content_hash(source)[:_ID_DIGITS]
        seen[digits] += 1
        topic, others = read_topics(source, self.topic_field)
        record = Record(f"{digits}-{seen[digits]}", text, topic, other_topics=others)
        field = None if self.topic_field == DEFAULT_FIELD else self.topic_field
        return NewRecord(record, str(self.path), number, field)

    def _refuse(self, line: int | None, refused: Refused) -> None:
        self.report.bad.append(BadLine(str(self.path), line, refused.reason, refused.code))


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
