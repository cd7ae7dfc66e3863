"""Files that are not JSONL at all: recognized once, at their beginning, instead of refused line by line."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from .json_line import parse_value, text_of_line
from .refusal import Refused

_MAGIC = (
    (b"\x1f\x8b", "a gzip archive: unpack it first"),
    (b"PK\x03\x04", "a zip archive: unpack it first"),
    (b"BZh", "a bzip2 archive: unpack it first"),
    (b"\xfd7zXZ\x00", "an xz archive: unpack it first"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive: unpack it first"),
    (b"PAR1", "a Parquet file, not JSONL"),
    (b"SQLite format 3", "a SQLite database, not JSONL"),
    (b"%PDF", "a PDF document, not JSONL"),
    # UTF-32 LE begins as UTF-16 LE does, so it is asked first.
    (b"\xff\xfe\x00\x00", "UTF-32 text: save it as UTF-8"),
    (b"\x00\x00\xfe\xff", "UTF-32 text: save it as UTF-8"),
    (b"\xff\xfe", "UTF-16 text: save it as UTF-8"),
    (b"\xfe\xff", "UTF-16 text: save it as UTF-8"),
)
_SUFFIXES = {
    ".csv": "a CSV table",
    ".tsv": "a table of tab-separated values",
    ".yaml": "a YAML file",
    ".yml": "a YAML file",
    ".txt": "plain text",
    ".md": "plain text",
    ".xml": "an XML file",
}
_HEAD_BYTES = 16
_TAIL_BYTES = 4096


def refuse_other_files(path: Path, file: BinaryIO) -> None:
    """Look at the beginning of an opened file and put it back to its start.

    Raises:
        Refused: the file as a whole is something else than one JSON object per line.
    """
    head = file.read(_HEAD_BYTES)
    for magic, name in _MAGIC:
        if head.startswith(magic):
            raise Refused("unsupported_format", f"the file is {name}")
    if b"\x00" in head:
        raise Refused("unsupported_format", "the file is binary, or text in UTF-16: save it as UTF-8")
    file.seek(0)
    first, second = _first_lines(file)
    if first and not _is_json(first):
        _refuse_spread_json(first, second, _tail(file))
        suffix = path.suffix.lower()
        if suffix in _SUFFIXES and first[:1] not in b"{[":
            raise Refused("unsupported_format", f"the file is {_SUFFIXES[suffix]}, not JSONL")
    file.seek(0)


def _refuse_spread_json(first: bytes, second: bytes, tail: bytes) -> None:
    """Refuse JSON that goes over several lines, without mistaking a broken first line for it."""
    if second and first.startswith(b"[") and (first == b"[" or tail.endswith(b"]")):
        raise Refused("unsupported_format", "the file is one JSON list: write one object per line (JSONL)")
    opens = first.startswith(b"{") and first.endswith((b"{", b"[", b","))
    if opens and second and not second.startswith(b"{"):
        raise Refused(
            "unsupported_format",
            "the file has JSON objects over several lines: write one object per line (JSONL)",
        )


def _first_lines(file: BinaryIO) -> tuple[bytes, bytes]:
    found: list[bytes] = []
    for line in file:
        stripped = line.removeprefix(b"\xef\xbb\xbf").strip()
        if stripped:
            found.append(stripped)
        if len(found) == 2:
            break
    found += [b"", b""]
    return found[0], found[1]


def _is_json(line: bytes) -> bool:
    try:
        parse_value(text_of_line(line))
    except Refused:
        return False
    return True


def _tail(file: BinaryIO) -> bytes:
    size = file.seek(0, 2)
    file.seek(max(0, size - _TAIL_BYTES))
    return file.read().rstrip()
