"""What kind of file a dataset is in: told by its beginning, once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from .api_bank import is_turn
from .arrow_rows import ARROW_MAGIC, ARROW_STREAM_MAGIC, PARQUET_MAGIC
from .byte_stream import HEAD_BYTES, head_of
from .json_line import parse_value, text_of_line
from .refusal import Refused
from .table_rows import SUFFIXES, delimiter_of, is_header

Kind = Literal["lines", "list", "objects", "wrapper", "table", "dialogue", "parquet", "arrow"]

WRAPPER_KEYS = frozenset(
    ("data", "train", "validation", "valid", "dev", "test", "rows", "records", "examples", "items", "samples")
)
"""Keys of an object around a whole dataset."""
_FOREIGN = (
    (b"PK\x03\x04", "a zip archive: unpack it first"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive: unpack it first"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive: unpack it first"),
    (b"SQLite format 3", "a SQLite database: export its rows as JSONL"),
    (b"%PDF", "a PDF document, not a dataset"),
    (b"\x93NUMPY", "a NumPy array, not a dataset"),
    (b"\x89HDF", "an HDF5 file: export its rows as JSONL"),
)
_SUFFIXES = {
    ".yaml": "a YAML file: write its conversations as JSONL",
    ".yml": "a YAML file: write its conversations as JSONL",
    ".txt": "plain text: nothing in it tells who speaks; write its turns as JSONL",
    ".md": "plain text: nothing in it tells who speaks; write its turns as JSONL",
    ".xml": "an XML file: write its conversations as JSONL",
    ".html": "an HTML page, not a dataset",
    ".py": "a program, not a dataset",
}
_TOKEN = re.compile(rb'"([^"\\]*+(?:\\.[^"\\]*+)*+)"|[{}\[\]]', re.DOTALL)
_BEGINS_AS_JSON = re.compile(rb'[{\[]\s*([{"\[]|$)')
_LIST_FOLLOWS = re.compile(rb"\s*:\s*\[\s*(.?)", re.DOTALL)


@dataclass(frozen=True)
class Container:
    """How the items of a file stand in it.

    Attributes:
        kind: how it is read.
        title: its name for a person.
        delimiter: what separates the columns of a table.
    """

    kind: Kind
    title: str
    delimiter: str = ""


LINES = Container("lines", "one object per line")
_LIST = Container("list", "JSON list")
_OBJECTS = Container("objects", "objects over several lines")
_WRAPPER = Container("wrapper", "list within an object")
_DIALOGUE = Container("dialogue", "one conversation per file")
_PARQUET = Container("parquet", "Parquet")
_ARROW = Container("arrow", "Arrow")


def container_of(path: Path) -> Container:
    """Look at the beginning of a file.

    Raises:
        Refused: the file as a whole is something else than a dataset.
        OSError: it cannot be read; or one of `byte_stream.BROKEN` when it is damaged.
    """
    head = head_of(path)
    if head.startswith(PARQUET_MAGIC):
        return _PARQUET
    if head.startswith((ARROW_MAGIC, ARROW_STREAM_MAGIC)):
        return _ARROW
    for magic, name in _FOREIGN:
        if head.startswith(magic):
            raise Refused("unsupported_format", f"the file is {name}")
    if b"\x00" in head[:16]:
        raise Refused("unsupported_format", "the file is binary, not text")
    return _of_text(head, _suffix(path))


def _of_text(head: bytes, suffix: str) -> Container:
    first, second, first_is_whole = _first_lines(head)
    header = first.decode("utf-8", "replace")
    if first[:1] not in b"{[" and (suffix in SUFFIXES or (first_is_whole and is_header(header))):
        sign = delimiter_of(header)
        if sign is None:
            names = "such as instruction and output, prompt and completion, or messages"
            raise Refused(
                "unsupported_format", f"the file is a table without a column that is known, {names}"
            )
        return Container("table", "table", sign)
    if suffix in _SUFFIXES and first and not _BEGINS_AS_JSON.match(first):
        raise Refused("unsupported_format", f"the file is {_SUFFIXES[suffix]}")
    if first.startswith(b"["):
        return _LIST if _is_spread_list(first, second, first_is_whole) else LINES
    if first.startswith(b"{"):
        return _of_object(head, first, second, first_is_whole)
    return LINES


def _of_object(head: bytes, first: bytes, second: bytes, first_is_whole: bool) -> Container:
    if _wraps_a_list(head):
        return _WRAPPER
    if not first_is_whole:
        return LINES
    value = _parsed(first)
    if value is not None:
        return _DIALOGUE if is_turn(value) else LINES
    if _parsed(first.removesuffix(b",")) is not None:  # the items of a list without its brackets
        goes_on = second.startswith(b"{") and not second.removesuffix(b",").endswith(b"}")
        return _OBJECTS if goes_on else LINES
    # A broken first line is not mistaken for the beginning of an object over several lines.
    opens = first.endswith((b"{", b"[", b","))
    is_next_record = second.startswith(b"{") and not second.endswith(b",")
    return _OBJECTS if opens and second and not is_next_record else LINES


def _is_spread_list(first: bytes, second: bytes, first_is_whole: bool) -> bool:
    """Whether the file is one list, rather than lines with a list each or with a broken first line."""
    inner = first[1:].lstrip()
    if not inner:
        return bool(second)
    if inner.startswith(b"{"):
        return not (first_is_whole and _is_json(second))
    return bool(second) and not second.startswith(b"{") and not _is_json(first)


def _wraps_a_list(head: bytes) -> bool:
    """Whether the object at the beginning has a list of objects under one of `WRAPPER_KEYS`, and is no record."""
    depth = 0
    for token in _TOKEN.finditer(head):
        key = token[1]
        if key is None:
            depth += 1 if token[0] in (b"{", b"[") else -1
            if depth == 0:
                return False
        elif depth == 1:
            follows = _LIST_FOLLOWS.match(head, token.end())
            if follows and key.decode("utf-8", "replace") in WRAPPER_KEYS and follows[1] == b"{":
                return True
            if key in (b"messages", b"conversations", b"instruction", b"prompt"):
                return False
    return False


def _first_lines(head: bytes) -> tuple[bytes, bytes, bool]:
    """The first two lines that are not blank, and whether the first is there as a whole."""
    lines = head.split(b"\n")
    last = len(lines) - 1 if len(head) == HEAD_BYTES else len(lines)
    found = [(line.strip(), number < last) for number, line in enumerate(lines) if line.strip()]
    found += [(b"", True), (b"", True)]
    return found[0][0], found[1][0], found[0][1]


def _parsed(line: bytes) -> object:
    try:
        return parse_value(text_of_line(line))
    except Refused:
        return None


def _is_json(line: bytes) -> bool:
    return _parsed(line) is not None


def _suffix(path: Path) -> str:
    """The suffix that tells what is in a file: that before ``.gz`` of a packed one."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] in (".gz", ".bz2", ".xz"):
        suffixes.pop()
    return suffixes[-1] if suffixes else ""
