"""Reading one file for an import, as a whole or a part of it: its records, and what is to be said of the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..errors import InvalidInput
from ..store.record_columns import FoundRecord, RecordColumns, found_record
from .block_reader import read_blocks
from .formats.dataset_file import BadItem, DatasetReader, FoundFormat, Item
from .formats.registry import AUTO, PLAIN
from .import_report import BadLine, ImportReport
from .topic_candidates import HowToRead

_Noted = Callable[[Item | BadItem], FoundRecord | None]
MOST = 0.5
"""Share of a file that was not read from which most of it is missing."""
_BATCH = 1000
_BATCH_CHARACTERS = 16_000_000


@dataclass(frozen=True)
class FilePart:
    """A file, or some of its lines.

    Attributes:
        path: of the file.
        start: the byte at which the part begins, with a line.
        end: the byte before which it ends; ``None`` is the end of the file.
        first_line: the number of its first line, from 1.
    """

    path: Path
    start: int = 0
    end: int | None = None
    first_line: int = 1


@dataclass
class FileReading:
    """What the reading of a file found beside its records; that of its parts adds up to that of the whole.

    Attributes:
        file: how a person knows the file.
        bad: what is no record.
        unreadable: how much of it was not marked as a bad answer, but no record at all.
        unread: the largest share of the file that something unreadable hides.
        blank: lines with nothing but white space.
        formats: the formats of its records, by name.
        left_beside: as `ImportReport` has it.
        beside: likewise.
        mended: likewise.
    """

    file: str
    bad: list[BadLine] = field(default_factory=list)
    unreadable: int = 0
    unread: float = 0.0
    blank: int = 0
    formats: dict[str, FoundFormat] = field(default_factory=dict)
    left_beside: Counter[str] = field(default_factory=Counter)
    beside: Counter[str] = field(default_factory=Counter)
    mended: Counter[str] = field(default_factory=Counter)

    def records_of(self, part: FilePart, how: HowToRead) -> Iterator[tuple[RecordColumns, int]]:
        """The records, some at a time, and how far the file is read, in bytes.

        Raises:
            InvalidInput: the file cannot be read to its end.
        """
        reader = how.reader(part.path)
        try:
            if reads_plainly(reader, how):
                yield from self._plain(part, how.topic_field, reader)
            else:
                yield from self._items(reader, self._noting(how.topic_field))
        except OSError as error:
            raise InvalidInput(
                f"{self.file} cannot be read to its end: {error.strerror or error}.",
                hint="What was read before is in the workflow; import the file again and the rest is added.",
            ) from error
        self.blank += reader.blank
        self.formats = {name: replace(found, file=self.file) for name, found in reader.found.items()}
        self.left_beside.update(reader.left_beside)
        self.beside.update(reader.beside)
        self.mended.update(reader.mended)

    def add_part(self, part: FileReading) -> None:
        """Add what the next part of the file has shown."""
        self.bad += part.bad
        self.unreadable += part.unreadable
        self.unread = max(self.unread, part.unread)
        self.blank += part.blank
        for name, found in part.formats.items():
            known = self.formats.get(name)
            self.formats[name] = (
                found if known is None else replace(known, records=known.records + found.records)
            )
        self.left_beside.update(part.left_beside)
        self.beside.update(part.beside)
        self.mended.update(part.mended)

    def add_to(self, report: ImportReport) -> None:
        """Tell the report of an import about the file, when all of it is read."""
        report.bad += self.bad
        report.blank += self.blank
        report.formats += self.formats.values()
        for counts, new in (
            (report.left_beside, self.left_beside),
            (report.beside, self.beside),
            (report.mended, self.mended),
        ):
            counts |= {what: counts.get(what, 0) + number for what, number in new.items() if number}
        if self.unreadable > sum(found.records for found in self.formats.values()) or self.unread > MOST:
            report.mostly_unread.append(self.file)

    def _noting(self, topic_field: str) -> _Noted:
        def noted(item: Item | BadItem) -> FoundRecord | None:
            if isinstance(item, Item):
                return found_record(item.place, item.body, item.source, topic_field)
            self.unreadable += item.refused.code != "marked_bad"
            self.unread = max(self.unread, item.refused.unread)
            self.bad.append(BadLine(self.file, item.place, item.refused.reason, item.refused.code))
            return None

        return noted

    def _plain(
        self, part: FilePart, topic_field: str, reader: DatasetReader
    ) -> Iterator[tuple[RecordColumns, int]]:
        """One object per line: plain OpenAI chat goes the fast way, every other line through the reader."""
        noted = self._noting(topic_field)

        def read_with_care(raw: bytes, number: int) -> FoundRecord | None:
            item = reader.read_line(raw, number)
            return None if item is None else noted(item)

        blocks = read_blocks(
            part.path, topic_field, read_with_care, start=part.start, end=part.end, first=part.first_line
        )
        for block in blocks:
            reader.add_plain(block.plain)
            yield block.columns, block.end

    @staticmethod
    def _items(reader: DatasetReader, noted: _Noted) -> Iterator[tuple[RecordColumns, int]]:
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


def reads_plainly(reader: DatasetReader, how: HowToRead) -> bool:
    """Whether a file has an object per line and may go the fast way, which knows OpenAI chat only.

    So it may not decide about lines that a person called something else.
    """
    may = how.mapping is None and how.file_format in (AUTO, PLAIN.format.name)
    return may and reader.has_plain_lines()
