"""Loops: a text that says the same again and again."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise

_SENTENCE_END = re.compile(r"[.!?]+(?=\s|$)|\n+")
_MARK = re.compile(r"^(\d{1,3}[.)]|[-*•])?\s*")
SENTENCE_TWICE_WORDS = 5
"""Words of a sentence that says enough not to be said twice in a row; shorter ones may repeat."""
SENTENCE_THRICE_WORDS = 2
"""The same for a sentence that stands three times in a row."""


def said_twice(text: str) -> str | None:
    """What a text says again, or None.

    That is a sentence that comes twice in a row, or two sentences that come again after one another. The items of a
    list may have a sentence in common, which other words stand around: "The price is $20." of each of two dishes.
    """
    sentences = [plain for one in _SENTENCE_END.split(text) if (plain := _MARK.sub("", one.strip()).lower())]
    following = list(pairwise(sentences))
    for one, other in following:
        if one == other and len(one.split()) >= SENTENCE_TWICE_WORDS:
            return one
    for (one, other), times in Counter(following).items():
        if times > 1 and len(f"{one} {other}".split()) >= SENTENCE_TWICE_WORDS:
            return one
    for first, second, third in zip(sentences, sentences[1:], sentences[2:], strict=False):
        if first == second == third and len(first.split()) >= SENTENCE_THRICE_WORDS:
            return first
    return _three_times(text)


def _three_times(text: str) -> str | None:
    words = text.lower().split()
    third = len(words) // 3
    if (
        third >= SENTENCE_THRICE_WORDS
        and len(words) == 3 * third
        and words[:third] == words[third : 2 * third]
    ):
        return " ".join(words[:third])
    return None
