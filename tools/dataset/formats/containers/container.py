"""What kind of file a dataset is in: told by its beginning, once."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from ..json_text.json_line import parse_value, text_of_line
from ..layouts.api_bank import is_turn
from ..refusal import Refused
from .arrow_rows import ARROW_MAGIC, ARROW_STREAM_MAGIC, PARQUET_MAGIC
from .byte_stream import HEAD_BYTES, Head, head_of
from .file_names import TABLE_SUFFIXES, inner_suffix
from .table_encoding import encoding_of_table
from .table_rows import delimiter_of, is_header
from .zip_member import ZIP_MAGIC

Kind = Literal["lines", "list", "objects", "wrapper", "table", "dialogue", "parquet", "arrow", "excel"]

SPLITS = frozenset(("train", "validation", "valid", "val", "dev", "test", "eval"))
"""Keys of an object around the parts of a dataset that is divided."""
WRAPPER_KEYS = SPLITS | {"data", "rows", "records", "examples", "items", "samples"}
"""Keys of an object around a whole dataset."""
_FOREIGN = (
    (b"\xd0\xcf\x11\xe0", "an Excel file with a password or of before 2007: save it as .xlsx without one"),
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
        encoding: what its text is written in; empty when the file itself tells.
    """

    kind: Kind
    title: str
    delimiter: str = ""
    encoding: str = ""


@dataclass(frozen=True)
class Hints:
    """What a person said about a file.

    Attributes:
        topic_field: the field that holds the topic.
        own_columns: a mapping says what the fields are: none of them needs a known name.
        encoding: what its text is written in.
    """

    topic_field: str = ""
    own_columns: bool = False
    encoding: str = ""


NO_HINTS = Hints()
LINES = Container("lines", "one object per line")
_LIST = Container("list", "JSON list")
_OBJECTS = Container("objects", "objects over several lines")
_WRAPPER = Container("wrapper", "list within an object")
_DIALOGUE = Container("dialogue", "one conversation per file")
_PARQUET = Container("parquet", "Parquet")
_ARROW = Container("arrow", "Arrow")
_EXCEL = Container("excel", "Excel")


def container_of(path: Path, hints: Hints = NO_HINTS) -> Container:
    """Look at the beginning of a file.

    Raises:
        Refused: the file as a whole is something else than a dataset.
        OSError: it cannot be read; or one of `byte_stream.BROKEN` when it is damaged.
        InvalidInput: a library is missing that unpacks it.
    """
    head = head_of(path, hints.encoding)
    binary = _of_binary(head)
    if binary is not None:
        if head.wrapping and not hints.encoding:
            raise Refused(
                "unsupported_format", f"the file is {binary.title} packed with {head.wrapping[0]}: unpack it"
            )
        return binary
    for magic, name in _FOREIGN:
        if head.content.startswith(magic):
            raise Refused("unsupported_format", f"the file is {name}")
    if b"\x00" in head.content[:16]:
        raise Refused("unsupported_format", "the file is binary, not text")
    found = _of_text(head.content, inner_suffix(head.name), hints)
    if hints.encoding:
        return replace(found, encoding=hints.encoding)
    if found.kind != "table":
        return found
    encoding = encoding_of_table(path)
    title = f"{found.title}; {encoding.said}" if encoding.said else found.title
    return replace(found, title=title, encoding=encoding.codec)


def _of_binary(head: Head) -> Container | None:
    if head.content.startswith(PARQUET_MAGIC):
        return _PARQUET
    if head.content.startswith((ARROW_MAGIC, ARROW_STREAM_MAGIC)):
        return _ARROW
    return _EXCEL if head.content.startswith(ZIP_MAGIC) else None


def _of_text(head: bytes, suffix: str, hints: Hints) -> Container:
    first, second, first_is_whole = _first_lines(head)
    text = head.decode("utf-8", "replace")
    is_table = suffix in TABLE_SUFFIXES or (first_is_whole and is_header(first.decode("utf-8", "replace")))
    if first[:1] not in b"{[" and (is_table or hints.own_columns):
        sign = delimiter_of(text)
        if is_table or sign is not None:
            return Container("table", "table", sign or ",")
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
