"""What a text cites: between quotation marks may stand anything, what is to be translated, or the words of a sign."""

from __future__ import annotations

import re

_CITED = re.compile(
    r"\"[^\"\n]*\"|“[^“”\n]*[”“]|„[^„“”\n]*[“”]|«[^«»\n]*»|»[^«»\n]*«|「[^「」\n]*」|『[^『』\n]*』|《[^《》\n]*》"
)


def own_words(text: str) -> str:
    """A text without what it cites; all of it, where it says nothing but that."""
    own = _CITED.sub(" ", text)
    return own if any(map(str.isalpha, own)) else text
