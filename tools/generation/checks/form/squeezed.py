"""What is left of a value when it does not matter how it is written."""

from __future__ import annotations

import unicodedata


def squeezed(text: str) -> str:
    """The letters and digits of a text, without case: "ABC-12" and "abc 12" are one."""
    return "".join(
        sign
        for sign in unicodedata.normalize("NFKC", text).casefold()
        if sign.isalnum() or unicodedata.category(sign)[0] == "M"
    )
