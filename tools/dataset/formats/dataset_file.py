"""Reading a dataset file of any format, item by item."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import arrow_rows
from .byte_stream import BROKEN, ByteStream, broken, open_bytes
from .chat_body import body_text
from .container import LINES, WRAPPER_KEYS, Container, container_of
from .json_line import parse_object, parse_value, text_of_line
from .json_stream import MAX_ITEM_BYTES, JsonStream, RawItem, on_one_line
from .refusal import Refused, kind_of, shown
from .registry import AUTO, check_format, read_item
from .table_rows import read_rows

Source = dict[str, Any]


@dataclass(frozen=True)
class Item:
    """One item of a file, read as OpenAI chat.

    Attributes:
        place: its line, or its number in a list or a table of Parquet; counted from 1.
        body: the JSON text of the record, on one line: as it stands in the file when that is OpenAI chat already.
        source: the same, parsed.
        format: the name of the format that it came in.
    """

    place: int
    body: str
    source: Source
    format: str


@dataclass(frozen=True)
class BadItem:
    """What is no record: an item, or the file as a whole (``place`` is ``None``) or from some place on."""

    place: int | None
    refused: Refused


@dataclass
class FoundFormat:
    """A format that items of a file are in.

    Attributes:
        file: path of the file, as it was given.
        format: the format's name, as ``--format`` takes it.
        title: its name for a person.
        evidence: what it was told by, and how the items stand in the file.
        records: items in it that can be used.
    """

    file: str
    format: str
    title: str
    evidence: str
    records: int = 0

    @property
    def text(self) -> str:
        """The format and its evidence, for a person."""
        return f"{Path(self.file).name}: {self.title} ({self.evidence})"


@dataclass(frozen=True)
class RawObject:
    """An item before it is read as a record.

    Attributes:
        place: as in `Item`.
        text: its JSON on one line as it stands in the file; ``None`` in a table.
        value: the same, parsed.
    """

    place: int
    text: str | None
    value: Source


class DatasetReader:
    """The items of one file; iterate over it once.

    Attributes:
        path: the file.
        format: the format that a person named, or ``auto``.
        container: how the items stand in the file, known when the iteration has begun.
        blank: lines with nothing but white space, so far.
        bytes_read: how far the file is read.
        found: the formats that were found, in the order of their first item.
    """

    def __init__(self, path: Path, format: str = AUTO) -> None:
        """Nothing is opened yet; raises `InvalidInput` when there is no such format."""
        check_format(format)
        self.path = path
        self.format = format
        self.container: Container | None = None
        self.wrapping: tuple[str, ...] = ()
        self.blank = 0
        self.bytes_read = 0
        self.found: dict[str, FoundFormat] = {}

    def __iter__(self) -> Iterator[Item | BadItem]:
        """The items, good and bad; a bad one never ends the iteration unless nothing can be read after it.

        Raises:
            InvalidInput: a library is missing that reads this kind of file.
        """
        for raw in self.objects():
            yield raw if isinstance(raw, BadItem) else self._read(raw)

    def objects(self) -> Iterator[RawObject | BadItem]:
        """The items before they are read as records; for who reads something else in them."""
        place: int | None = None
        try:
            self.container = container_of(self.path)
            for raw in self._raw_objects():
                place = raw.place
                yield raw
        except Refused as refused:
            yield BadItem(None, refused)
        except BROKEN as error:
            where = "" if place is None else f"after item {place} "
            yield BadItem(None, broken(error, where))

    def read_line(self, raw: bytes, number: int) -> Item | BadItem | None:
        """One line of a file with an object per line; ``None`` when it is blank.

        For a reader of its own of plain JSONL, which asks here about the lines that it does not understand.
        """
        self.container = self.container or LINES
        made = self._line(raw, number)
        return made if made is None or isinstance(made, BadItem) else self._read(made)

    def _raw_objects(self) -> Iterator[RawObject | BadItem]:
        kind = self.container.kind if self.container else "lines"
        if kind in ("parquet", "arrow"):
            yield from self._rows_of_arrow()
            return
        with open_bytes(self.path) as stream:
            self.wrapping = stream.wrapping
            readers = {
                "lines": self._lines,
                "list": self._list,
                "objects": self._objects,
                "wrapper": self._wrapped,
                "table": self._table,
                "dialogue": self._dialogue,
            }
            for raw in readers[kind](stream):
                self.bytes_read = stream.raw.tell()
                yield raw

    def _lines(self, stream: ByteStream) -> Iterator[RawObject | BadItem]:
        # A binary file is split at \n only; str.splitlines would also split inside of strings.
        for number, line in enumerate(stream.text, start=1):
            made = self._line(line, number)
            if made is not None:
                yield made

    def _line(self, line: bytes, number: int) -> RawObject | BadItem | None:
        try:
            text = text_of_line(line)
            if not text.strip():
                self.blank += 1
                return None
            return RawObject(number, text, parse_object(text))
        except Refused as refused:
            return BadItem(number, refused)

    def _list(self, stream: ByteStream) -> Iterator[RawObject | BadItem]:
        json = JsonStream(stream.text)
        for number, item in enumerate(json.items(), start=1):
            made = _of_value(item, number)
            if number == 1 and isinstance(made, BadItem) and made.refused.code == "not_an_object":
                kind = kind_of(parse_value(item.text))
                raise Refused(
                    "unsupported_format", f"the file is a JSON list whose first item is {kind}, no record"
                )
            yield made
        if not json.at_end():
            raise Refused("invalid_json", f"not valid JSON: something follows the list at line {json.line}")

    def _objects(self, stream: ByteStream) -> Iterator[RawObject | BadItem]:
        for item in JsonStream(stream.text).values():
            yield _of_value(item, item.line, numbered=False)

    def _wrapped(self, stream: ByteStream) -> Iterator[RawObject | BadItem]:
        json = JsonStream(stream.text)
        number = 0
        left_out: dict[str, None] = {}
        while not json.at_end():
            for key in json.members():
                if key in WRAPPER_KEYS and json.at_list():
                    for item in json.items():
                        number += 1
                        yield _of_value(item, number)
                else:
                    json.value()
                    left_out[key] = None
        if left_out:
            for found in self.found.values():
                found.evidence += f"; {', '.join(map(shown, left_out))} around it left out"

    def _table(self, stream: ByteStream) -> Iterator[RawObject | BadItem]:
        delimiter = self.container.delimiter if self.container else ","
        for line, row in read_rows(stream.text, delimiter):
            yield BadItem(line, row) if isinstance(row, Refused) else RawObject(line, None, row)

    def _dialogue(self, stream: ByteStream) -> Iterator[RawObject | BadItem]:
        turns = []
        if len(head := stream.text.read(MAX_ITEM_BYTES + 1)) > MAX_ITEM_BYTES:
            raise Refused("too_long", f"one conversation of more than {MAX_ITEM_BYTES >> 20} MB")
        for number, line in enumerate(head.split(b"\n"), start=1):
            try:
                text = text_of_line(line)
                if text.strip():
                    turns.append(parse_object(text))
            except Refused as refused:
                # Without one of its turns it would be another conversation.
                reason = f"one conversation per file, and line {number} of it is bad: {refused.reason}"
                yield BadItem(number, Refused(refused.code, reason))
                return
        yield RawObject(1, None, {"dialogue": turns})

    def _rows_of_arrow(self) -> Iterator[RawObject | BadItem]:
        kind = self.container.kind if self.container else "parquet"
        rows = arrow_rows.read_parquet(self.path) if kind == "parquet" else arrow_rows.read_arrow(self.path)
        size = self.path.stat().st_size
        for number, (row, share) in enumerate(rows, start=1):
            self.bytes_read = int(size * share)
            yield RawObject(number, None, row)

    def _read(self, raw: RawObject) -> Item | BadItem:
        try:
            reading = read_item(raw.value, self.format)
            as_it_stands = raw.text is not None and reading.body is raw.value
            body = raw.text if as_it_stands and raw.text is not None else body_text(reading.body)
        except Refused as refused:
            return BadItem(raw.place, refused)
        found = self.found.get(reading.format.name)
        if found is None:
            known = reading.format
            found = FoundFormat(str(self.path), known.name, known.title, self._evidence(reading.evidence))
            self.found[reading.format.name] = found
        found.records += 1
        return Item(raw.place, body, reading.body, reading.format.name)

    def _evidence(self, of_record: str) -> str:
        title = self.container.title if self.container else LINES.title
        return "; ".join([of_record, title, *self.wrapping])


def read_dataset(path: Path, format: str = AUTO) -> DatasetReader:
    """A reader of a dataset file.

    Args:
        path: the file: JSONL, a JSON list, objects one after the other, a list within an object, CSV, Parquet or
            Arrow; plain or packed with gzip, bzip2 or xz; UTF-8, UTF-16 or UTF-32.
        format: the format of its records (one of `registry.FORMAT_NAMES`); ``auto`` finds out for each of them.

    Raises:
        InvalidInput: there is no such format.
    """
    return DatasetReader(path, format)


def _of_value(item: RawItem, place: int, numbered: bool = True) -> RawObject | BadItem:
    try:
        text = item.text
        value = parse_object(text)
    except Refused as refused:
        reason = f"item {place}, at line {item.line}: {refused.reason}" if numbered else refused.reason
        return BadItem(place, Refused(refused.code, reason))
    return RawObject(place, on_one_line(text), value)
