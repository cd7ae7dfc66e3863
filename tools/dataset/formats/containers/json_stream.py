"""JSON that is not one object per line: lists, concatenated objects, a list within an object, item by item.

Only where an item ends is found here, by counting brackets; it is parsed by `json_line.parse_value`, as strictly as a
line is. A streaming parser would give up at the first fault and hides where things stand: here a faulty item
costs itself alone, is named by its line, and a good one keeps its text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from ..json_text.json_line import parse_value, text_of_line
from ..refusal import Refused
from .byte_stream import BOM

MAX_ITEM_BYTES = 1 << 26
"""Longest item, 64 MB: an item whose end is missing must not pull the rest of a large file into memory."""
_MAX_BEYOND = 1 << 20
"""How far an item is followed beyond a line that begins as its own did, 1 MB: a quotation mark too many makes text
of what is none, and the end is then looked for anew at each such item."""
_CHUNK = 1 << 18
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|["{}\[\]]', re.DOTALL)
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_SCALAR = re.compile(rb"[^\s,\]}]+")
_SPACE = re.compile(rb"[ \t\r\n]*+")


@dataclass(frozen=True)
class RawItem:
    """The bytes of one JSON value, and the line that it begins on."""

    raw: bytes
    line: int

    @property
    def text(self) -> str:
        """The value as it was written; raises `Refused` when it is not UTF-8."""
        return text_of_line(self.raw)


def _is_json(raw: bytes) -> bool:
    try:
        parse_value(text_of_line(raw))
    except Refused:
        return False
    return True


def on_one_line(text: str) -> str:
    """Valid JSON without line breaks: there are none within strings, so those that are there only lay it out."""
    return " ".join(filter(None, (line.strip(" \t\r") for line in text.split("\n"))))


class JsonStream:
    """Walks over a file of JSON values."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._buffer = b""
        self._at = 0
        self._ended = False
        self._dropped = 0
        self._has_items = False
        self._indent: bytes | None = b""
        self.line = 1
        self.commas = 0
        self._more()
        if self._buffer.startswith(BOM):
            self._at = len(BOM)

    def items(self) -> Iterator[RawItem]:
        """The elements of the list that begins here; commas too many or too few between objects are counted.

        Raises:
            Refused: after the good elements, when the list is not well formed.
        """
        self._take(b"[")
        commas = 1
        while (sign := self._next()) != b"]":
            if sign == b"":
                raise self._trouble("the list is cut off: its ] is missing")
            if sign == b",":
                self._take(b",")
                commas += 1
                continue
            if commas != 1:
                if sign != b"{":
                    raise self._trouble("a comma is missing in the list")
                self.commas += 1
            yield self.value()
            commas = 0
        self._take(b"]")
        self.commas += commas > 0 and self._has_items

    def values(self) -> Iterator[RawItem]:
        """Values one after the other, to the end of the file; a comma after one is passed over and counted."""
        while self._next() != b"":
            yield self.value()
            if self._next() == b",":
                self._take(b",")
                self.commas += 1

    def members(self) -> Iterator[str]:
        """The keys of the object that begins here; the value of each must be taken before the next is asked for.

        Raises:
            Refused: the object is not well formed.
        """
        self._take(b"{")
        while self._next() != b"}":
            key = parse_value(self.value().text)
            if not isinstance(key, str):
                raise self._trouble("a key is no string")
            self._take(b":")
            yield key
            if self._next() != b"}":
                self._take(b",")
        self._take(b"}")

    def at_list(self) -> bool:
        """Whether a list begins here."""
        return self._next() == b"["

    def at_end(self) -> bool:
        """Whether nothing more comes."""
        return self._next() == b""

    def unread(self) -> float:
        """The share of the file, 0 to 1, that stands behind this place; the file is read to its end for it."""
        read = self._dropped + self._at
        rest = len(self._buffer) - self._at
        while piece := self._file.read(_CHUNK):
            rest += len(piece)
        return rest / (read + rest) if rest else 0.0

    def value(self) -> RawItem:
        """The value that begins here; raises `Refused` when it has no end."""
        first = self._next()
        line = self.line
        if first in (b"{", b"["):
            end = self._end_of_item(line, b"\n" + (self._indent or b"") + first)
        else:
            end = self._end_of_scalar(_STRING if first == b'"' else _SCALAR, line)
        raw = self._buffer[self._at : end]
        self.line += raw.count(b"\n")
        self._at = end
        self._indent = None
        self._has_items = True
        return RawItem(raw, line)

    def _end_of_item(self, line: int, next_begins: bytes) -> int:
        """The end of what is in brackets; of a faulty one the line before the next that begins as it does."""
        try:
            end = self._end_of_brackets(line, next_begins)
        except Refused:
            following = self._buffer.find(next_begins, self._at)
            if following < 0:
                raise
        else:
            following = self._buffer.find(next_begins, self._at, end)
            if following < 0 or _is_json(self._buffer[self._at : end]):
                return end
        item = self._buffer[self._at : following].rstrip()
        return self._at + len(item.removesuffix(b","))

    def _end_of_brackets(self, line: int, next_begins: bytes) -> int:
        depth = 0
        at = self._at
        while True:
            if len(self._buffer) - self._at > _MAX_BEYOND and depth:
                following = self._buffer.find(next_begins, self._at, at)
                if 0 <= following < at - _MAX_BEYOND:
                    raise Refused("invalid_json", f"not valid JSON: what begins at line {line} has no end")
            for token in _TOKEN.finditer(self._buffer, at):
                sign = token[0]
                if sign in (b"{", b"["):
                    depth += 1
                elif sign in (b"}", b"]"):
                    depth -= 1
                    if depth == 0:
                        return token.end()
                elif len(sign) == 1:  # a string that goes on beyond the buffer
                    at = token.start()
                    break
            else:
                at = len(self._buffer)
            at = self._grow(at, line)

    def _end_of_scalar(self, pattern: re.Pattern[bytes], line: int) -> int:
        while True:
            found = pattern.match(self._buffer, self._at)
            if found and (found.end() < len(self._buffer) or self._ended):
                return found.end()
            if self._ended:
                raise self._trouble("a value is missing or cut off")
            self._grow(self._at, line)

    def _grow(self, at: int, line: int) -> int:
        """Read on; the place ``at`` in the buffer that is then read on at."""
        if len(self._buffer) - self._at > MAX_ITEM_BYTES:
            raise Refused(
                "too_long",
                f"what begins at line {line} does not end within {MAX_ITEM_BYTES >> 20} MB; "
                "the rest of the file was not read",
                self.unread(),
            )
        if self._ended:
            raise Refused(
                "invalid_json",
                f"not valid JSON: what begins at line {line} has no end; it took the rest",
                self.unread(),
            )
        moved = self._at
        self._more()
        return at - moved

    def _more(self) -> None:
        self._dropped += self._at
        kept = self._buffer[self._at :]
        # Twice as much each time: a long item is looked at a few times, not once for each piece.
        piece = self._file.read(max(_CHUNK, len(kept)))
        self._ended = not piece
        self._buffer = kept + piece
        self._at = 0

    def _next(self) -> bytes:
        """The next byte that is no white space; empty at the end."""
        while True:
            found = _SPACE.match(self._buffer, self._at)
            end = found.end() if found else self._at
            space = self._buffer[self._at : end]
            self.line += space.count(b"\n")
            if b"\n" in space:
                self._indent = space[space.rfind(b"\n") + 1 :]
            elif self._indent is not None:
                self._indent += space
            self._at = end
            if end < len(self._buffer) or self._ended:
                return self._buffer[end : end + 1]
            self._more()

    def _take(self, sign: bytes) -> None:
        found = self._next()
        if found != sign:
            raise self._trouble(f"{sign.decode()} expected")
        self._at += 1
        self._indent = None

    def _trouble(self, what: str) -> Refused:
        reason = f"not valid JSON: {what} at line {self.line}; the rest was not read"
        return Refused("invalid_json", reason, self.unread())
