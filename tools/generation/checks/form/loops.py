"""Loops: a text that says the same again and again."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise

from ....text.letters import letters_in, squeezed

_SENTENCE_END = re.compile(r"[.!?](?=\s|$)|[。！？؟।]|\n")
_MARK = re.compile(r"^(\d{1,3}[.)]|[-*•])?\s*")
TWICE, THRICE = 20, 8
"""Letters of a sentence that says enough not to be said twice, or three times, in a row."""


def said_twice(text: str) -> str | None:
    """What a text says again, or None.

    That is a sentence that comes twice in a row, or two sentences that come again after one another. The items of a
    list may have a sentence in common, which other words stand around: "The price is $20." of each of two dishes.
    """
    sentences = [plain for one in _SENTENCE_END.split(text) if (plain := _MARK.sub("", one.strip()).lower())]
    following = list(pairwise(sentences))
    for one, other in following:
        if one == other and letters_in(one) >= TWICE:
            return one
    for (one, other), times in Counter(following).items():
        if times > 1 and letters_in(one + other) >= TWICE:
            return one
    for first, second, third in zip(sentences, sentences[1:], sentences[2:], strict=False):
        if first == second == third and letters_in(first) >= THRICE:
            return first
    return _again_and_again(squeezed(text))


def _again_and_again(text: str) -> str | None:
    """What a text consists of three times or more, and of nothing else."""
    period = (text + text).find(text, 1)
    is_same = 0 < 3 * period <= len(text)
    return text[:period] if is_same and letters_in(text[:period]) >= THRICE else None
