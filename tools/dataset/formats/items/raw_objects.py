"""The items of a file of any layout, before they are read as records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain, islice
from pathlib import Path
from typing import Any, BinaryIO

from ..containers.arrow_rows import read_arrow, read_parquet
from ..containers.byte_stream import BROKEN, broken, open_bytes
from ..containers.container import LINES, NO_HINTS, SPLITS, WRAPPER_KEYS, Container, Hints, container_of
from ..containers.excel_rows import Workbook
from ..containers.json_stream import MAX_ITEM_BYTES, JsonStream, RawItem, on_one_line
from ..containers.table_columns import column_names
from ..containers.table_rows import read_rows
from ..json_text.json_line import parse_object, parse_value, text_of_line
from ..json_text.lenient_json import COMMENT, QUOTE, is_comment, read_leniently, with_marks_escaped
from ..layouts import text_lists
from ..layouts.text_lists import are_pairs
from ..refusal import Refused, kind_of
from ..registry import is_record, read_item
from ..turns.conversation import are_turns
from .turn_rows import TurnColumns, TurnsWaiting, conversation_of, is_turn_row, turn_columns
from .wrapped_items import items_of_one, row_within, split_of_folder, text_with_split, with_split

Source = dict[str, Any]
LIST_COMMA = "a comma too many or too few between the items of a list"
COMMA = "a comma after a record, left out"
_FIRST_LINES = 20
TWICE = "a string that holds JSON (encoded twice), read as what it holds"


@dataclass(frozen=True)
class BadItem:
    """What is no record: an item, or the file as a whole (``place`` is ``None``) or from some place on."""

    place: int | None
    refused: Refused


@dataclass(frozen=True)
class RawObject:
    """An item before it is read as a record.

    Attributes:
        place: its line, or its number in a JSON list or a Parquet or Arrow file; counted from 1.
        text: its JSON on one line as it stands in the file; ``None`` in a table.
        value: the same, parsed.
        mended: what was wrong in the text and left out, in words.
        fault: how it is refused when it is no record even so.
    """

    place: int
    text: str | None
    value: Source
    mended: str = ""
    fault: Refused | None = None


class RawObjects:
    """The items of one file; iterate over it once.

    Attributes:
        path: the file.
        container: how the items stand in the file, known when the iteration has begun.
        wrapping: what the file was unpacked or converted from, in words.
        blank: lines with nothing but white space, so far.
        bytes_read: how far the file is read.
        left_out: keys of an object around the items that hold something else.
        mended: what was wrong and certain to mend, in words, with how often it was.
        splits: the parts that the dataset is divided into, with how many items each has.
    """

    def __init__(self, path: Path, hints: Hints = NO_HINTS) -> None:
        """Nothing is opened yet."""
        self.path = path
        self._hints = hints
        self.container: Container = LINES
        self.wrapping: tuple[str, ...] = ()
        self.blank = 0
        self.bytes_read = 0
        self.left_out: dict[str, None] = {}
        self.mended: Counter[str] = Counter()
        self.splits: Counter[str] = Counter()
        self._fields: Collection[str] = ()
        """Those of the last item that was well written."""

    def __iter__(self) -> Iterator[RawObject | BadItem]:
        """The items, good and bad; a bad one ends the iteration only when nothing can be read after it.

        Raises:
            InvalidInput: a library is missing that reads this kind of file.
        """
        place: int | None = None
        try:
            self.container = container_of(self.path, self._hints)
            for item in self._conversations():
                place = item.place
                yield item
        except Refused as refused:
            yield BadItem(None, refused)
        except BROKEN as error:
            where = "" if place is None else f"after item {place} "
            damage = broken(error, where)
            size = self.path.stat().st_size if self.path.is_file() else 0
            damage.unread = 1 - self.bytes_read / size if size else 0.0
            yield BadItem(None, damage)

    def has_plain_lines(self) -> bool:
        """Whether the file is plain UTF-8 with an object per line; ``False`` also when it cannot be read."""
        try:
            with open_bytes(self.path) as stream:
                if stream.wrapping or container_of(self.path, self._hints) is not LINES:
                    return False
                first, goes_on = stream.text.readline(MAX_ITEM_BYTES), stream.text.read(1)
                return not _begins_with_a_turn(first) and (
                    not first or bool(goes_on) or _is_one_record(first)
                )
        except (Refused, *BROKEN):
            return False

    def line(self, raw: bytes, number: int) -> RawObject | BadItem | None:
        """One line of a file with an object per line; ``None`` when it is blank."""
        try:
            if len(raw) >= MAX_ITEM_BYTES:
                raise Refused("too_long", f"longer than {MAX_ITEM_BYTES >> 20} MB")
            text = text_of_line(raw)
            if not text.strip():
                self.blank += 1
                return None
            if is_comment(text):
                self.mended[COMMENT] += 1
                return None
            return self._object(text, number)
        except Refused as refused:
            return BadItem(number, refused)

    def _object(self, text: str, place: int) -> RawObject:
        """The object that a text stands for: as it is written, or without what is certain to mend if it is a record."""
        try:
            value = parse_object(text)
        except Refused as refused:
            found = _otherwise(text, refused) or self._with_marks_escaped(text, refused)
            if found is None:
                raise
            return RawObject(place, *found, refused if refused.code == "invalid_json" else None)
        self._fields = value.keys()
        return RawObject(place, text, value)

    def _with_marks_escaped(self, text: str, refused: Refused) -> tuple[None, Source, str] | None:
        if refused.code != "invalid_json" or not text.startswith("{"):
            return None
        value = with_marks_escaped(text, self._fields or self._first_fields)
        return None if value is None else (None, value, QUOTE)

    @cached_property
    def _first_fields(self) -> Collection[str]:
        """The fields of the first line that is an object: a faster reader may have gone over those before this one."""
        with open_bytes(self.path, self.container.encoding) as stream:
            for raw in islice(_bounded_lines(stream.text), _FIRST_LINES):
                try:
                    return parse_object(text_of_line(raw)).keys()
                except Refused:
                    continue
        return ()

    def _conversations(self) -> Iterator[RawObject | BadItem]:
        """The items; where the first one is a turn, all turns of a conversation as one item."""
        items = self._items()
        if not self._hints.own_columns:
            items = self._of_one_object(items)
            for item in items:
                if isinstance(item, BadItem):
                    yield item
                    continue
                columns = turn_columns(item.value)
                if columns is None or not is_turn_row(item.value):
                    yield item
                    break
                yield from self._put_together(item, items, columns)
        yield from items

    def _of_one_object(self, items: Iterator[RawObject | BadItem]) -> Iterator[RawObject | BadItem]:
        """The items; where the file is one object and no record, those that it holds."""
        first = next(items, None)
        if isinstance(first, RawObject) and self.container.kind in ("lines", "objects"):
            # In JSONL, what stands on a line is a record, be it the only one.
            unclear = "" if self.path.suffix == ".jsonl" else text_lists.one_or_many(first.value)
            found = None if _can_be_read(first.value) else items_of_one(first.value, is_record)
            if unclear or found is not None:
                try:
                    second = next(items, None)
                except (Refused, *BROKEN):
                    yield first
                    raise
                if second is not None:
                    items = chain([second], items)
                elif unclear:
                    first = BadItem(first.place, Refused("unsupported_format", unclear))
                elif found is not None:
                    self.container = replace(self.container, title=f"{self.container.title}; {found.where}")
                    self.left_out |= dict.fromkeys(found.left_out)
                    yield from (
                        RawObject(number, None, item) for number, item in enumerate(found.items, start=1)
                    )
                    return
        if first is not None:
            yield first
        yield from items

    def _put_together(
        self, first: RawObject, items: Iterator[RawObject | BadItem], columns: TurnColumns
    ) -> Iterator[RawObject | BadItem]:
        self.container = replace(self.container, title=f"{self.container.title}; one row per turn")
        waiting = TurnsWaiting()
        for item in chain([first], items):
            if isinstance(item, BadItem):
                yield item
            elif item.value.get(columns.conversation) is None:
                yield BadItem(
                    item.place, Refused("bad_message", f"no `{columns.conversation}`: whose turn is it?")
                )
            else:
                waiting.add(item.value[columns.conversation], item.place, item.value)
        for place, rows in waiting.conversations(lambda row: row.get(columns.order or "")):
            yield RawObject(place, None, conversation_of(rows, columns))

    def _items(self) -> Iterator[RawObject | BadItem]:
        kind = self.container.kind
        if kind in ("parquet", "arrow"):
            yield from self._rows_of_arrow(read_parquet if kind == "parquet" else read_arrow)
            return
        if kind == "excel":
            yield from self._rows_of_excel()
            return
        readers = {
            "lines": self._lines,
            "list": self._list,
            "objects": self._objects,
            "wrapper": self._wrapped,
            "table": self._table,
            "dialogue": self._dialogue,
        }
        with open_bytes(self.path, self.container.encoding) as stream:
            found_out = self.container.encoding and not self._hints.encoding  # and is said with the title
            self.wrapping = stream.wrapping[:-1] if found_out else stream.wrapping
            for item in readers[kind](stream.text):
                self.bytes_read = stream.raw.tell()
                yield item

    def _parsed(self, raw: RawItem, number: int | None) -> RawObject | BadItem:
        """An item of a list, known by its number, or one of several objects, known by its line."""
        place = raw.line if number is None else number
        try:
            found = self._object(raw.text, place)
            row = row_within(found.value)
        except Refused as refused:
            return BadItem(place, _placed(refused, raw, number))
        if row is not None:
            return replace(found, text=None, value=row)
        fault = found.fault and _placed(found.fault, raw, number)
        return replace(found, text=found.text and on_one_line(found.text), fault=fault)

    def _lines(self, file: BinaryIO) -> Iterator[RawObject | BadItem]:
        # A binary file is split at \n only; str.splitlines would also split inside of strings.
        for number, raw in enumerate(_bounded_lines(file), start=1):
            item = self.line(raw, number)
            if item is not None:
                yield item

    def _list(self, file: BinaryIO) -> Iterator[RawObject | BadItem]:
        json = JsonStream(file)
        for number, raw in enumerate(json.items(), start=1):
            item = self._parsed(raw, number)
            if number == 1 and isinstance(item, BadItem) and item.refused.code == "not_an_object":
                kind = kind_of(parse_value(raw.text))
                raise Refused(
                    "unsupported_format", f"the file is a JSON list whose first item is {kind}, no record"
                )
            yield item
        self.mended[LIST_COMMA] = json.commas
        if not json.at_end():
            reason = f"not valid JSON: something follows the list at line {json.line}"
            raise Refused("invalid_json", reason, json.unread())

    def _objects(self, file: BinaryIO) -> Iterator[RawObject | BadItem]:
        json = JsonStream(file)
        for raw in json.values():
            yield self._parsed(raw, None)
        self.mended[COMMA] = json.commas

    def _wrapped(self, file: BinaryIO) -> Iterator[RawObject | BadItem]:
        json = JsonStream(file)
        number = 0
        while not json.at_end():
            for key in json.members():
                if key in WRAPPER_KEYS and json.at_list():
                    for raw in json.items():
                        number += 1
                        item = self._parsed(raw, number)
                        if isinstance(item, RawObject) and key in SPLITS:
                            item = self._of_split(item, key)
                        yield item
                else:
                    json.value()
                    self.left_out[key] = None

    def _table(self, file: BinaryIO) -> Iterator[RawObject | BadItem]:
        topic_field, own_columns = self._hints.topic_field, self._hints.own_columns
        rows = read_rows(file, self.container.delimiter, topic_field=topic_field, own_columns=own_columns)
        for line, row in rows:
            yield BadItem(line, row) if isinstance(row, Refused) else RawObject(line, None, row)

    def _rows_of_excel(self) -> Iterator[RawObject | BadItem]:
        size = self.path.stat().st_size
        book = Workbook(self.path)
        rows = book.rows(topic_field=self._hints.topic_field, own_columns=self._hints.own_columns)
        for number, row, share in rows:
            self.bytes_read = int(size * share)
            yield BadItem(number, row) if isinstance(row, Refused) else RawObject(number, None, row)
        self.left_out |= dict.fromkeys(f"sheet {name}" for name in book.other_sheets)

    def _dialogue(self, file: BinaryIO) -> Iterator[RawObject | BadItem]:
        content = file.read(MAX_ITEM_BYTES + 1)
        if len(content) > MAX_ITEM_BYTES:
            raise Refused("too_long", f"one conversation of more than {MAX_ITEM_BYTES >> 20} MB")
        turns = []
        for number, line in enumerate(content.split(b"\n"), start=1):
            item = self.line(line, number)
            if isinstance(item, BadItem):
                # Without one of its turns it would be another conversation.
                reason = f"one conversation per file, and a line of it is bad: {item.refused.reason}"
                yield BadItem(number, Refused(item.refused.code, reason))
                return
            if item is not None:
                turns.append(item.value)
        yield RawObject(1, None, {"dialogue": turns})

    def _of_split(self, item: RawObject, split: str) -> RawObject:
        self.splits[split] += 1
        return replace(
            item, text=text_with_split(item.text, item.value, split), value=with_split(item.value, split)
        )

    def _rows_of_arrow(
        self, read: Callable[[Path], Iterator[tuple[dict[str, Any], float]]]
    ) -> Iterator[RawObject | BadItem]:
        size = self.path.stat().st_size
        split = split_of_folder(self.path)
        for number, (row, share) in enumerate(read(self.path), start=1):
            self.bytes_read = int(size * share)
            if not self._hints.own_columns:
                row = dict(zip(column_names(list(row), self._hints.topic_field), row.values(), strict=True))
            yield (
                self._of_split(RawObject(number, None, row), split) if split else RawObject(number, None, row)
            )


def _bounded_lines(file: BinaryIO) -> Iterator[bytes]:
    """The lines of a file; of one that is longer than `MAX_ITEM_BYTES` only so much."""
    while raw := file.readline(MAX_ITEM_BYTES):
        yield raw
        while raw and not raw.endswith(b"\n"):
            raw = file.readline(MAX_ITEM_BYTES)


def _is_one_record(line: bytes) -> bool:
    try:
        return _can_be_read(parse_object(text_of_line(line)))
    except Refused:
        return False


def _can_be_read(value: Source) -> bool:
    try:
        read_item(value)
    except Refused:
        return False
    return True


def _begins_with_a_turn(line: bytes) -> bool:
    try:
        return is_turn_row(parse_value(text_of_line(line)))
    except Refused:
        return False


def _placed(refused: Refused, raw: RawItem, number: int | None) -> Refused:
    """A refusal that says where the item of a list stands."""
    where = "" if number is None else f"item {number}, at line {raw.line}: "
    return Refused(refused.code, f"{where}{refused.reason}")


def _otherwise(text: str, refused: Refused) -> tuple[str | None, Source, str] | None:
    """The object of a text that is no JSON object, its text if that is JSON, and what was wrong; else ``None``."""
    if refused.code in ("not_an_object", "unsupported_format"):
        value = parse_value(text)
        if are_turns(value):
            return None, {"messages": value}, ""
        if are_pairs(value):
            return None, {"conversations": value}, ""
        if isinstance(value, str) and value.lstrip().startswith("{"):
            return on_one_line(value), parse_object(value), TWICE
        return None
    if refused.code != "invalid_json":
        return None
    whole = text.rstrip().removesuffix(",")
    try:
        return whole, parse_object(whole), COMMA
    except Refused:
        lenient = read_leniently(whole)
    if lenient is None or not isinstance(lenient[0], dict):
        return None
    return None, lenient[0], lenient[1]
