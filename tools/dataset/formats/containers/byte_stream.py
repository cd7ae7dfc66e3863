"""The bytes of a dataset file as UTF-8, whatever they are packed in."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from ....errors import InvalidInput
from ..refusal import Refused
from .file_names import PACKED_SUFFIXES
from .zip_member import ZIP_MAGIC, is_workbook, open_member, split_at_archive

HEAD_BYTES = 1 << 16
"""How much of a file is looked at to tell what it is."""
BOM = b"\xef\xbb\xbf"
BROKEN = (EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, UnicodeDecodeError, OSError)
"""What reading a file raises when it is damaged."""
_MOST_PACKINGS = 3
"""A file packed more often than that in itself is no dataset but made to keep a reader busy."""

_PACKED: tuple[tuple[bytes, str, Callable[[Any], Any]], ...] = (
    (b"\x1f\x8b", "gzip", lambda file: gzip.GzipFile(fileobj=file)),
    (b"BZh", "bzip2", bz2.BZ2File),
    (b"\xfd7zXZ\x00", "xz", lzma.LZMAFile),
    (b"\x28\xb5\x2f\xfd", "zstd", lambda file: _Zstd(file)),
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
        name: the name of what is in it: without ``.gz``, and in a zip archive that of the file there.
    """

    raw: BinaryIO
    text: BinaryIO
    wrapping: tuple[str, ...]
    name: str


@dataclass(frozen=True)
class Head:
    """The beginning of a file.

    Attributes:
        content: the first `HEAD_BYTES` of the content, without byte order mark; all of it when it is shorter.
        name: as `ByteStream` has it.
        wrapping: as `ByteStream` has it.
    """

    content: bytes
    name: str
    wrapping: tuple[str, ...]


@contextmanager
def open_bytes(path: Path, encoding: str = "") -> Iterator[ByteStream]:
    """Open a file for reading.

    Args:
        path: the file; behind that of a zip archive a path within it may stand.
        encoding: what the text is written in; when not given, UTF-8 or what a byte order mark says.

    Raises:
        OSError: it cannot be opened; one of `BROKEN`, now or later, if it is damaged.
        Refused: it is a zip archive that does not tell which file of it is meant.
        InvalidInput: a library is missing that unpacks it.
    """
    file, member = split_at_archive(path)
    with file.open("rb") as raw:
        text: BinaryIO = raw
        wrapping: list[str] = []
        name = path.name
        for _ in range(_MOST_PACKINGS):
            packed, inner = _unpacked(text, "" if wrapping else member)
            if packed is None:
                break
            text = io.BufferedReader(packed[1], HEAD_BYTES)
            wrapping.append(packed[0])
            suffix = Path(name).suffix.lower()
            name = inner or (name[: -len(suffix)] if suffix in PACKED_SUFFIXES else name)
        begin = _begin(text)
        marked = next(((word, codec) for mark, word, codec in _ENCODINGS if begin.startswith(mark)), None)
        if encoding:
            marked = encoding, encoding
        if marked is not None:
            text = io.BufferedReader(_Utf8(text, marked[1]), HEAD_BYTES)
            wrapping.append(marked[0])
        yield ByteStream(raw, text, tuple(wrapping), name)


def check_encoding(name: str) -> None:
    """Refuse a name that is no encoding of text; raises `InvalidInput`."""
    try:
        "".encode(name or "utf-8")
    except LookupError as error:
        raise InvalidInput(
            f"{name!r} is not an encoding.",
            hint="Such are utf-8, utf-16, cp1252, cp1251, latin-1, shift_jis, gb18030.",
        ) from error


def head_of(path: Path, encoding: str = "") -> Head:
    """The beginning of a file; raises as `open_bytes` does."""
    with open_bytes(path, encoding) as stream:
        found = b""
        while len(found) < HEAD_BYTES:
            piece = stream.text.read(HEAD_BYTES - len(found))
            if not piece:
                break
            found += piece
        return Head(found.removeprefix(BOM), stream.name, stream.wrapping)


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


class _Zstd(io.RawIOBase):
    """The content of a file packed with zstd."""

    def __init__(self, file: BinaryIO) -> None:
        self._zstd = _zstd_library()
        self._file = self._zstd.ZstdFile(file)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            return int(self._file.readinto(buffer))
        except self._zstd.ZstdError as error:
            raise EOFError(str(error)) from error


def _zstd_library() -> Any:
    try:
        if sys.version_info >= (3, 14):
            from compression import zstd
        else:
            from backports import zstd
    except ImportError as error:
        raise InvalidInput(
            "Files packed with zstd are unpacked with backports.zstd, which is not installed.",
            hint="Install it with: pip install 'finetune-coverage[files]'",
        ) from error
    return zstd


def _unpacked(file: BinaryIO, member: str) -> tuple[tuple[str, Any] | None, str]:
    """How a file is packed and what is in it, and the name of that in an archive; ``None`` when it is not packed."""
    begin = _begin(file)
    for magic, name, unpack in _PACKED:
        if begin.startswith(magic):
            return (name, unpack(file)), ""
    if begin.startswith(ZIP_MAGIC) and not is_workbook(file):
        opened, inner = open_member(file, member)
        return ("zip", opened), inner
    return None, ""


def _begin(file: BinaryIO) -> bytes:
    return file.peek(8)[:8] if isinstance(file, io.BufferedReader) else b""
