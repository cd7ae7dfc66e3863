"""The encoding of a table that is not UTF-8: Windows-1252 where that is certain, as Excel writes CSV in Western Europe.

No byte tells it: other encodings of Windows give other letters for the same bytes. So it is taken only where the text
then reads as a Western language: accented letters alone or in twos within words, signs not in the middle of them.
Code page: https://encoding.spec.whatwg.org/#windows-1252.
"""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from .byte_stream import open_bytes
from .refusal import Refused

UTF8, WESTERN = "utf-8-sig", "cp1252"
_CHUNK = 1 << 20
_WESTERN = re.compile("[\\x00-\\x7fÀ-ÖØ-öø-þŒœ€‚„…‘’“”•–—™ ¡¢£§©ª«®°±²³´µ·º»¼½¾¿]*+")
_ODD = re.compile(
    "[À-ÖØ-öø-ÿŒœ]{3}"  # as Cyrillic or Greek letters would read
    "|[A-Za-zÀ-ÖØ-öø-ÿ][¡¢£§©ª«®±²³´·º¼½¾¿„][A-Za-zÀ-ÖØ-öø-ÿ]"  # as Polish or Czech ones would
)


def encoding_of(path: Path) -> str:
    """The encoding of a table, as Python calls it.

    Raises:
        Refused: it is not UTF-8, and which it is is not certain.
        OSError: the file cannot be read; or one of `byte_stream.BROKEN` when it is damaged.
    """
    place = _first_that_is_not_utf8(path)
    if place is None:
        return UTF8
    decoder = codecs.getincrementaldecoder(WESTERN)()
    before = ""
    with open_bytes(path) as stream:
        while piece := stream.text.read(_CHUNK):
            try:
                text = before + decoder.decode(piece)
            except UnicodeDecodeError:
                raise _uncertain(place) from None
            if _WESTERN.fullmatch(text) is None or _ODD.search(text):
                raise _uncertain(place)
            before = text[-2:]
    return WESTERN


def _uncertain(line: int) -> Refused:
    return Refused(
        "not_utf8",
        f"line {line} is not UTF-8, and in which other encoding the table is is not certain; save it as UTF-8 "
        "(in Excel: CSV UTF-8)",
    )


def _first_that_is_not_utf8(path: Path) -> int | None:
    """The first line that is not UTF-8; ``None`` when all are."""
    line = 1
    with open_bytes(path) as stream:
        for raw in stream.text:
            try:
                raw.decode("utf-8")
            except UnicodeDecodeError:
                return line
            line += 1
    return None
