"""Quotations: titles and names that an answer puts in quotation marks."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .said import Said
from .spoken_values import values_of

LONGEST_TITLE = 6
"""Words; what is longer is a sentence, which may be put in other words."""
_QUOTED = re.compile(r"[\"“]([^\"“”\n]{3,60})[\"”]")


def unknown_titles(answer: str, said: Said) -> Iterator[str]:
    """The quoted titles with a capital that were never said as they stand."""
    for title in _QUOTED.findall(answer):
        words = values_of(title)
        if title[:1].isupper() and 0 < len(words) <= LONGEST_TITLE and not said.knows_name(words, None):
            yield title
