"""Reading a dataset file of any format, item by item."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

from ..mapping.field_mapping import FieldMapping
from ..mapping.mapping_reader import MappingReader
from ..topic_label import DEFAULT_FIELD, LIST_FIELD
from .containers.byte_stream import check_encoding
from .containers.container import Hints
from .containers.table_columns import column_names
from .items.raw_objects import BadItem, RawObject, RawObjects
from .items.wrapped_items import SPLIT_FIELD
from .marks import LABEL, LABELS_LOOKED_AT, bad_label, bad_mark, mark_text, may_be_bad
from .refusal import Refused, shown
from .registry import AUTO, PLAIN, Reading, check_format, read_item
from .turns.chat_body import FORMAT_KEY, body_text
from .turns.fields_beside import left_beside

__all__ = ["BadItem", "DatasetReader", "FoundFormat", "Item", "read_dataset"]


@dataclass(frozen=True)
class Item:
    """One item of a file, read as OpenAI chat.

    Attributes:
        place: its line, or its number in a JSON list or a Parquet or Arrow file; counted from 1.
        body: the JSON text of the record, on one line: as it stands in the file when that is OpenAI chat already.
        source: the same, parsed.
        format: the name of the format that it came in.
    """

    place: int
    body: str
    source: dict[str, Any]
    format: str


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


class DatasetReader:
    """The items of one file; iterate over it once.

    Attributes:
        format: the format that a person named, or ``auto``.
        found: the formats that were found, by name, in the order of their first item.
        left_beside: fields that may carry a part of the conversation and were not read into it, with how many
            records have them.
        beside: all fields that are no part of the conversation, the same way; the topic is none of them.
    """

    def __init__(
        self,
        path: Path,
        format: str = AUTO,
        topic_field: str = "",
        mapping: FieldMapping | None = None,
        encoding: str = "",
    ) -> None:
        """Nothing is opened yet; raises `InvalidInput` when there is no such format or encoding."""
        check_format(format)
        check_encoding(encoding)
        self.format = format
        self.found: dict[str, FoundFormat] = {}
        self.left_beside: Counter[str] = Counter()
        self.beside: Counter[str] = Counter()
        self._path = path
        self._by_mapping = MappingReader(mapping) if mapping is not None else None
        self._topic_field = (self._by_mapping and self._by_mapping.topic_field) or topic_field
        labels = {topic_field.split(".")[0], *([LIST_FIELD] if topic_field in ("", DEFAULT_FIELD) else [])}
        self._expressed = labels | {"messages", "tools", DEFAULT_FIELD, FORMAT_KEY}
        self._hints = Hints(topic_field, mapping is not None, encoding)
        self._raw = RawObjects(path, self._hints)

    def __iter__(self) -> Iterator[Item | BadItem]:
        """The items, good and bad; a bad one ends the iteration only when nothing can be read after it.

        Raises:
            InvalidInput: a library is missing that reads this kind of file.
        """
        for raw in self._by_mapping.items(iter(self._raw)) if self._by_mapping else self._raw:
            yield raw if isinstance(raw, BadItem) else self._read(raw)
        around = ""
        if self._raw.splits:
            parts = ", ".join(f"{name} {count}" for name, count in self._raw.splits.items())
            around += f"; parts kept in the field {SPLIT_FIELD}: {parts}"
        if self._raw.left_out:
            around += f"; {', '.join(map(shown, self._raw.left_out))} around it left out"
        for found in self.found.values():
            found.evidence += around

    @property
    def blank(self) -> int:
        """Lines with nothing but white space, so far."""
        return self._raw.blank

    @property
    def bytes_read(self) -> int:
        """How far the file is read."""
        return self._raw.bytes_read

    @property
    def mended(self) -> Counter[str]:
        """What was wrong and certain to mend, in words, with how often it was."""
        return self._raw.mended + self._by_mapping.left_out if self._by_mapping else self._raw.mended

    def has_plain_lines(self) -> bool:
        """Whether the file is plain UTF-8 with one object per line.

        Then a faster reader of OpenAI chat may go through the lines itself and ask `read_line` about those that it
        does not understand. ``False`` also when the file cannot be read: the iteration says why.
        """
        return self._raw.has_plain_lines()

    def read_line(self, raw: bytes, number: int) -> Item | BadItem | None:
        """One line of a file with an object per line; ``None`` when it is blank."""
        made = self._raw.line(raw, number)
        return self._read(made) if isinstance(made, RawObject) else made

    def add_plain(self, shapes: Mapping[tuple[str, ...], int]) -> None:
        """Count records of OpenAI chat that a faster reader took from the lines by itself, by their fields."""
        for fields, records in shapes.items():
            self._found(PLAIN).records += records
            self._add_beside(fields, records)

    def _add_beside(self, fields: Iterable[str], records: int) -> None:
        for field in fields:
            if field not in self._expressed:
                self.beside[field] += records

    def _read(self, raw: RawObject) -> Item | BadItem:
        try:
            for part in self._by_mapping.parts(raw.value) if self._by_mapping else (raw.value,):
                self._refuse_marked(part)
            reading = self._reading(raw.value)
            self._refuse_marked(reading.body)
            as_it_stands = raw.text if reading.body is raw.value else None
            body = as_it_stands if as_it_stands is not None else body_text(reading.body)
        except Refused as refused:
            return BadItem(raw.place, raw.fault if raw.fault and refused.code != "marked_bad" else refused)
        self._found(reading).records += 1
        self.left_beside.update(left_beside(reading.body))
        self._add_beside(reading.body, 1)
        self._raw.mended.update((*reading.mended, *filter(None, [raw.mended])))
        return Item(raw.place, body, reading.body, reading.format.name)

    def _reading(self, value: dict[str, Any]) -> Reading:
        if self._by_mapping is not None:
            return self._by_mapping.read(value)
        try:
            return read_item(value, self.format)
        except Refused:
            # The same names in other letters, as in ``{"Prompt": …, "Completion": …}``.
            names = column_names(list(value))
            if names == list(value):
                raise
            return read_item(dict(zip(names, value.values(), strict=True)), self.format)

    def _refuse_marked(self, source: dict[str, Any]) -> None:
        """Refuse an item that is marked as bad, before it is read or, where it stood within another, after."""
        mark = bad_mark(source, self._topic_field)
        if mark is None and may_be_bad(source, self._topic_field) and _is_answered(source):
            mark = LABEL if mark_text(source[LABEL]) == self._bad_label else None
        if mark is not None:
            reason = f"marked as a bad answer: `{mark}` is {str(source[mark]).strip().lower()}"
            raise Refused("marked_bad", reason)

    @cached_property
    def _bad_label(self) -> str | None:
        """The label that calls an answer bad, by those of the first records; looked for at the first that may."""
        raw = (item for item in RawObjects(self._path, self._hints) if isinstance(item, RawObject))
        parts = (
            part
            for item in islice(raw, LABELS_LOOKED_AT)
            for part in (item.value, *(held for held in item.value.values() if isinstance(held, dict)))
        )
        return bad_label(part[LABEL] for part in parts if LABEL in part)

    def _found(self, reading: Reading) -> FoundFormat:
        known = reading.format
        found = self.found.get(known.name)
        if found is None:
            evidence = "; ".join([reading.evidence, self._raw.container.title, *self._raw.wrapping])
            found = self.found[known.name] = FoundFormat(str(self._path), known.name, known.title, evidence)
        return found


def _is_answered(source: dict[str, Any]) -> bool:
    """Whether somebody answers in a record that is read as chat."""
    messages = source.get("messages")
    return isinstance(messages, list) and any(
        isinstance(message, dict) and message.get("role") == "assistant" for message in messages
    )


def read_dataset(
    path: Path,
    format: str = AUTO,
    topic_field: str = "",
    mapping: FieldMapping | None = None,
    encoding: str = "",
) -> DatasetReader:
    """A reader of a dataset file.

    Args:
        path: the file: JSONL, a JSON list, objects one after the other, a list within an object, CSV, Excel, Parquet
            or Arrow; plain or packed with gzip, bzip2, xz, zstd or zip; UTF-8, UTF-16 or UTF-32.
        format: the format of its records (one of `registry.FORMAT_NAMES`); ``auto`` finds out for each of them.
        topic_field: the field that holds the topic, which is then no mark of a bad answer.
        mapping: what the fields of the items are, where their format is nobody else's.
        encoding: what the text is written in, as Python calls it; found out when not given.

    Raises:
        InvalidInput: there is no such format.
    """
    return DatasetReader(path, format, topic_field, mapping, encoding)
