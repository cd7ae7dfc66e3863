"""Tables (CSV, tab-separated): one record per row, named by the header."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any, BinaryIO, TextIO

from ..refusal import Refused
from .json_stream import MAX_ITEM_BYTES
from .table_columns import KNOWN, column_names, refuse_unknown

_DELIMITERS = (",", "\t", ";", "|")
_LOOKED_AT = 20
_ALIKE = 0.8
"""Share of the first rows that must have as many cells as the header, for a delimiter to be that of the table."""
_SAYS_DELIMITER = "sep="
"""Excel reads a first line ``sep=;`` as the delimiter."""


def delimiter_of(head: str) -> str | None:
    """What separates the columns of a table.

    Args:
        head: its beginning; the last line may be cut off.

    Returns:
        The sign, ``None`` when no sign divides the lines into as many cells as the header has.
    """
    first = head.split("\n", 1)[0].strip()
    if first.lower().startswith(_SAYS_DELIMITER) and len(first) == len(_SAYS_DELIMITER) + 1:
        return first[-1]
    by_names = {sign: _known_names(first, sign) for sign in _DELIMITERS}
    best = max(_DELIMITERS, key=lambda sign: by_names[sign])
    return best if by_names[best] else _by_shape(head)


def is_header(first_line: str) -> bool:
    """Whether a line can only be the header of a table of records: two known names at least."""
    return any(sign in first_line and _known_names(first_line, sign) >= 2 for sign in _DELIMITERS)


def read_rows(
    file: BinaryIO, delimiter: str, *, topic_field: str = "", own_columns: bool = False
) -> Iterator[tuple[int, dict[str, Any] | Refused]]:
    """The rows with the line that each begins on; an empty cell is no value.

    Args:
        file: the table, in UTF-8.
        delimiter: what separates its columns.
        topic_field: the column that holds the topic, in any case.
        own_columns: a mapping says what the columns are: none of them needs a known name.

    Raises:
        Refused: the table cannot be read on, or nothing is known of its columns.
    """
    csv.field_size_limit(MAX_ITEM_BYTES)
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    lines = _Counted(text)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    table = Table(topic_field, own_columns=own_columns)
    line, whole = 1, 0
    try:
        for cells in reader:
            begin, line, whole = line, reader.line_num + 1, lines.characters
            if any(cell.strip() for cell in cells) and not (table.begins and _is_about_delimiter(cells)):
                row = table.row(cells)
                if row is not None:
                    yield begin, row
        table.end()
    except csv.Error as error:
        reason = f"line {line}: not a valid table: {error}; the rest was not read"
        total = lines.characters + sum(map(len, text))
        raise Refused("broken_file", reason, 1 - whole / total) from error
    finally:
        text.detach()  # the file is not ours to close


class Table:
    """Rows of cells as objects, named by the first of them."""

    def __init__(self, topic_field: str = "", *, own_columns: bool = False) -> None:
        """Nothing is read yet.

        Args:
            topic_field: the column that holds the topic, in any case.
            own_columns: a mapping says what the columns are: none of them needs a known name.
        """
        self._topic_field = topic_field
        self._own_columns = own_columns
        self._names: list[str] = []
        self._is_known = own_columns

    @property
    def begins(self) -> bool:
        """Whether no row came yet."""
        return not self._names

    def row(self, cells: list[str]) -> dict[str, Any] | Refused | None:
        """A row as an object, or why it is none; ``None`` for the first, which is the header.

        Raises:
            Refused: nothing is known of the columns, or two have the same name.
        """
        if self.begins:
            names = column_names(cells, self._topic_field)
            self._names = [name.strip() for name in cells] if self._own_columns else names
            return None
        if len(cells) != len(self._names):
            return Refused("bad_message", f"{len(cells)} cells, but the header has {len(self._names)}")
        row = {name: cell for name, cell in zip(self._names, cells, strict=True) if cell}
        if not self._is_known:
            refuse_unknown(self._names, row)
            self._is_known = True
        return row

    def end(self) -> None:
        """There are no more rows; raises `Refused` when there was none and nothing is known of the columns."""
        if self._names and not self._is_known:
            refuse_unknown(self._names, None)

    def fill(self, cells: list[str]) -> list[str]:
        """A row with an empty cell for each that is missing at its end."""
        return cells + [""] * (len(self._names) - len(cells))


class _Counted:
    """The lines of a text; counts the characters of those that were taken."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self._taken = 0
        self.characters = 0

    def __iter__(self) -> _Counted:
        return self

    def __next__(self) -> str:
        line = self._text.readline(MAX_ITEM_BYTES)
        if not line:
            raise StopIteration
        self._taken += 1
        if len(line) == MAX_ITEM_BYTES:
            reason = f"line {self._taken} is longer than {MAX_ITEM_BYTES >> 20} MB; the rest was not read"
            raise Refused("too_long", reason, 1.0)
        self.characters += len(line)
        return line


def _by_shape(head: str) -> str | None:
    best, most = None, 1
    for sign in _DELIMITERS:
        rows = _first_rows(head, sign)
        width = len(rows[0]) if rows else 0
        alike = sum(len(row) == width for row in rows)
        if width > most and alike >= _ALIKE * len(rows):
            best, most = sign, width
    return best


def _first_rows(head: str, delimiter: str) -> list[list[str]]:
    """The first rows that are there as a whole: the last line of a head may be cut off."""
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(head), delimiter=delimiter):
            if any(cell.strip() for cell in row):
                rows.append(row)
            if len(rows) > _LOOKED_AT:
                break
    except csv.Error:
        pass
    return rows[:-1] if len(rows) > 2 else rows


def _is_about_delimiter(cells: list[str]) -> bool:
    return cells[0].strip().lower() == _SAYS_DELIMITER and not any(cell.strip() for cell in cells[1:])


def _known_names(line: str, delimiter: str) -> int:
    names = (name.strip().strip('"').lower() for name in line.split(delimiter))
    return sum(name in KNOWN for name in names)
