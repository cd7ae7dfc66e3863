"""Tables (CSV, tab-separated): one record per row, named by the header."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

from .json_stream import MAX_ITEM_BYTES
from .refusal import Refused, shown

SUFFIXES = (".csv", ".tsv")
_DELIMITERS = (",", "\t", ";")
_KNOWN = {
    *("instruction", "input", "output", "response", "prompt", "completion", "question", "answer", "query"),
    *("messages", "conversations", "chosen", "rejected", "text", "system", "history", "topic"),
}


def delimiter_of(first_line: str) -> str | None:
    """What separates the columns of a header with at least one known name; ``None`` when it is no such header."""
    counts = {sign: _known_names(first_line, sign) for sign in _DELIMITERS}
    best = max(_DELIMITERS, key=lambda sign: counts[sign])
    return best if counts[best] else None


def is_header(first_line: str) -> bool:
    """Whether a line can only be the header of a table of records: two known names at least."""
    return any(sign in first_line and _known_names(first_line, sign) >= 2 for sign in _DELIMITERS)


def read_rows(
    file: BinaryIO, delimiter: str, encoding: str = "utf-8-sig"
) -> Iterator[tuple[int, dict[str, Any] | Refused]]:
    """The rows with the line that each begins on; an empty cell is no value.

    Raises:
        Refused: the table cannot be read on.
    """
    csv.field_size_limit(MAX_ITEM_BYTES)
    text = io.TextIOWrapper(file, encoding=encoding, newline="")
    lines = _Counted(text)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    header: list[str] | None = None
    line, whole = 1, 0
    try:
        for cells in reader:
            begin, line, whole = line, reader.line_num + 1, lines.characters
            if not any(cell.strip() for cell in cells):
                continue
            if header is None:
                header = [name.strip() for name in cells]
                _check_header(header)
            elif len(cells) != len(header):
                reason = f"{len(cells)} cells, but the header has {len(header)}"
                yield begin, Refused("bad_message", reason)
            else:
                yield begin, _row(header, cells)
    except csv.Error as error:
        reason = f"line {line}: not a valid table: {error}; the rest was not read"
        total = lines.characters + sum(map(len, text))
        raise Refused("broken_file", reason, 1 - whole / total) from error
    finally:
        text.detach()  # the file is not ours to close


class _Counted:
    """The lines of a text; counts the characters of those that were taken."""

    def __init__(self, text: Iterable[str]) -> None:
        self._lines = iter(text)
        self.characters = 0

    def __iter__(self) -> _Counted:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.characters += len(line)
        return line


def _check_header(header: list[str]) -> None:
    doubled = [name for name in header if header.count(name) > 1]
    if doubled:
        raise Refused("unsupported_format", f"the table has two columns {shown(doubled[0])}")


def _row(header: list[str], cells: list[str]) -> dict[str, Any]:
    return {name: cell for name, cell in zip(header, cells, strict=True) if cell}


def _known_names(line: str, delimiter: str) -> int:
    names = (name.strip().strip('"').lower() for name in line.split(delimiter))
    return sum(name in _KNOWN for name in names)
