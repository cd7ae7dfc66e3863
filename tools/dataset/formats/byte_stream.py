"""The bytes of a dataset file as UTF-8, whatever they are packed in."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from .refusal import Refused

HEAD_BYTES = 1 << 16
"""How much of a file is looked at to tell what it is."""
BOM = b"\xef\xbb\xbf"
BROKEN = (EOFError, zlib.error, lzma.LZMAError, UnicodeDecodeError, OSError)
"""What reading a file raises when it is damaged."""

_PACKED: tuple[tuple[bytes, str, Callable[[Any], Any]], ...] = (
    (b"\x1f\x8b", "gzip", lambda file: gzip.GzipFile(fileobj=file)),
    (b"BZh", "bzip2", bz2.BZ2File),
    (b"\xfd7zXZ\x00", "xz", lzma.LZMAFile),
)
_ENCODINGS = (
    # UTF-32 LE begins as UTF-16 LE does, so it is asked first.
    (b"\xff\xfe\x00\x00", "UTF-32", "utf-32"),
    (b"\x00\x00\xfe\xff", "UTF-32", "utf-32"),
    (b"\xff\xfe", "UTF-16", "utf-16"),
    (b"\xfe\xff", "UTF-16", "utf-16"),
    # Without a byte order mark: what JSON begins with tells the order of the bytes.
    *((bracket + b"\x00", "UTF-16", "utf-16-le") for bracket in (b"{", b"[")),
    *((b"\x00" + bracket, "UTF-16", "utf-16-be") for bracket in (b"{", b"[")),
)


@dataclass(frozen=True)
class ByteStream:
    """An opened file.

    Attributes:
        raw: the file as it is on the disk; its position tells how far the reading is.
        text: its content, unpacked and in UTF-8.
        wrapping: what was unpacked or converted, in words; empty for plain UTF-8.
    """

    raw: BinaryIO
    text: BinaryIO
    wrapping: tuple[str, ...]


@contextmanager
def open_bytes(path: Path) -> Iterator[ByteStream]:
    """Open a file for reading; raises OSError when it cannot be, and one of `BROKEN` later if it is damaged."""
    with path.open("rb") as raw:
        text: BinaryIO = raw
        wrapping: list[str] = []
        for magic, name, unpack in _PACKED:
            if _begin(raw).startswith(magic):
                text = io.BufferedReader(unpack(raw), HEAD_BYTES)
                wrapping.append(name)
        begin = text.peek(4)[:4] if isinstance(text, io.BufferedReader) else b""
        for mark, name, codec in _ENCODINGS:
            if begin.startswith(mark):
                text = io.BufferedReader(_Utf8(text, codec), HEAD_BYTES)
                wrapping.append(name)
                break
        yield ByteStream(raw, text, tuple(wrapping))


def head_of(path: Path) -> bytes:
    """The first `HEAD_BYTES` of the content, without byte order mark; fewer when the file is shorter."""
    with open_bytes(path) as stream:
        found = b""
        while len(found) < HEAD_BYTES:
            piece = stream.text.read(HEAD_BYTES - len(found))
            if not piece:
                break
            found += piece
        return found.removeprefix(BOM)


def broken(error: BaseException, where: str) -> Refused:
    """The refusal for a file that turned out to be damaged while it was read."""
    if isinstance(error, UnicodeDecodeError):
        return Refused("not_utf8", f"{where}the text is no valid {error.encoding.upper()}: {error.reason}")
    if isinstance(error, OSError) and error.strerror:
        return Refused("broken_file", f"{where}the file cannot be read: {error.strerror}")
    said = str(error) or type(error).__name__
    return Refused("broken_file", f"{where}the file is damaged: {said}")


class _Utf8(io.RawIOBase):
    """The UTF-8 of a text in another encoding."""

    def __init__(self, file: BinaryIO, codec: str) -> None:
        self._text = io.TextIOWrapper(file, encoding=codec, newline="\n")
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._left:
            self._left = self._text.read(len(buffer)).encode("utf-8")
        size = min(len(buffer), len(self._left))
        buffer[:size] = self._left[:size]
        self._left = self._left[size:]
        return size


def _begin(file: BinaryIO) -> bytes:
    begin = file.read(8)
    file.seek(0)
    return begin
