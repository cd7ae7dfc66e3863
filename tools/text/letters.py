"""Letters: what is left of a text when it does not matter how it is written, and how much that says."""

from __future__ import annotations

import unicodedata

from .scripts import script_of

_SAYS = {"HAN": 3, "HANGUL": 2, "KANA": 2}
"""Letters of an alphabet that one character stands for, about: translations into these scripts are so much shorter."""


def squeezed(text: str) -> str:
    """The letters and digits of a text, without case: "ABC-12" and "abc 12" are one."""
    return "".join(
        sign
        for sign in unicodedata.normalize("NFKC", text).casefold()
        if sign.isalnum() or unicodedata.category(sign)[0] == "M"
    )


def letters_in(text: str) -> int:
    """How much a text says, in letters of an alphabet, so that limits mean the same in every script."""
    return sum(_SAYS.get(script_of(letter), 1) for letter in squeezed(text))
