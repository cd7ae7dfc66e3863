"""What a table is written in that is not UTF-8: Excel on Windows saves "CSV" in the code page of the system.

Windows-1252 (Western Europe and the Americas) is read without asking where the bytes speak for it; the report then
shows words as they were read. All other code pages cannot be told from each other by their bytes: they are named with
``--encoding``. Layout of the code page: https://encoding.spec.whatwg.org/index-windows-1252.txt
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from pathlib import Path

from ..refusal import Refused
from .byte_stream import open_bytes

WINDOWS = "cp1252"
_CHUNK = 1 << 20
_WORDS = 3
_WORD = re.compile(rb"[A-Za-z\x80-\xff]*[\x80-\xff][A-Za-z\x80-\xff]*")
# In words of Cyrillic, Greek or Asian text bytes beyond ASCII stand side by side.
_SIDE_BY_SIDE = re.compile(rb"[\xc0-\xff]{3}")
# Text that is UTF-8 but for some damage: its Western letters and its dashes and quotation marks.
_UTF8 = re.compile(rb"[\xc2\xc3][\x80-\xbf]|\xe2\x80[\x80-\xbf]")
# What Western languages write; superscripts, fractions and the Icelandic letters are mostly letters of other pages.
_WESTERN = frozenset(
    "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜßàáâãäåæçèéêëìíîïñòóôõöøùúûüŒœŠšŽž€„“”‚‘’‹›«»–—…•§°´¡¿ªº·®©™£\xa0"
)

# As letters of other pages would read.
_SIGN_WITHIN = re.compile(r"[^\W\d_][„¡¿§©®°´ªº·£«»][^\W\d_]")


@dataclass(frozen=True)
class TableEncoding:
    """The encoding of a table.

    Attributes:
        codec: its name for Python; empty for UTF-8.
        said: in words, with some of the text, for a person.
    """

    codec: str = ""
    said: str = ""


def encoding_of_table(path: Path) -> TableEncoding:
    """Look through a table for what is not UTF-8.

    Raises:
        Refused: it is neither UTF-8 nor Windows-1252 beyond doubt; the first such line is named.
    """
    found = _first_foreign_line(path)
    if found is None:
        return TableEncoding()
    line, byte = found
    words: dict[str, None] = {}
    with open_bytes(path) as stream:
        for piece in iter(lambda: stream.text.read(_CHUNK), b""):
            if not _is_western(piece):
                raise Refused(
                    "not_utf8",
                    f"line {line} is not UTF-8 (byte 0x{byte:02x}), and what else it is cannot be told for certain: "
                    "save it as 'CSV UTF-8', or name its encoding, such as --encoding cp1250",
                )
            for word in _WORD.findall(piece) if len(words) < _WORDS else ():
                words.setdefault(word.decode(WINDOWS))
                if len(words) == _WORDS:
                    break
    return TableEncoding(WINDOWS, f"Windows-1252, such as {', '.join(words)}")


def _first_foreign_line(path: Path) -> tuple[int, int] | None:
    """The line of the first byte that is no UTF-8, and that byte."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    line = 1
    with open_bytes(path) as stream:
        while True:
            piece = stream.text.read(_CHUNK)
            try:
                line += decoder.decode(piece, final=not piece).count("\n")
            except UnicodeDecodeError as error:
                seen = bytes(error.object)
                return line + seen[: error.start].count(b"\n"), seen[error.start]
            if not piece:
                return None


def _is_western(piece: bytes) -> bool:
    if _SIDE_BY_SIDE.search(piece) or _UTF8.search(piece):
        return False
    try:
        text = piece.decode(WINDOWS)
    except UnicodeDecodeError:
        return False
    return not _SIGN_WITHIN.search(text) and all(sign < "\x80" or sign in _WESTERN for sign in set(text))
