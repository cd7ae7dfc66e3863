"""Letters: what is left of a text when it does not matter how it is written, and how much that says."""

from __future__ import annotations

import re
import unicodedata

from .scripts import script_of

_NO_LETTER = re.compile(r"[\W_]+")
_SAYS = {"HAN": 3, "HANGUL": 2, "KANA": 2}
"""Letters of an alphabet that one character stands for, about: translations into these scripts are so much shorter."""


def squeezed(text: str) -> str:
    """The letters and digits of a text, without case: "ABC-12" and "abc 12" are one."""
    if text.isascii():
        return _NO_LETTER.sub("", text).lower()
    return "".join(
        sign
        for sign in unicodedata.normalize("NFKC", text).casefold()
        if sign.isalnum() or unicodedata.category(sign)[0] == "M"
    )


def letters_in(text: str) -> int:
    """How much a text says, in letters of an alphabet, so that a limit means the same in every script."""
    plain = squeezed(text)
    return len(plain) if plain.isascii() else sum(_SAYS.get(script_of(sign), 1) for sign in plain)
