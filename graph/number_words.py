"""Numbers as people write them: "20", "1,000", "2k", "twenty five", "a hundred", "two dozen"."""

from __future__ import annotations

import re
from collections.abc import Sequence


def vocabulary(words: str) -> frozenset[str]:
    """The words of a text, as a set."""
    return frozenset(words.split())


def _numbered(words: str, first: int, step: int) -> dict[str, int]:
    return {word: first + step * place for place, word in enumerate(words.split())}


_UNITS = _numbered(
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen",
    1,
    1,
)
_TENS = _numbered("twenty thirty forty fifty sixty seventy eighty ninety", 20, 10)
_LARGE = {"hundred": 100, "dozen": 12}

NOT_A_COUNT = -1
"""For what is a number and cannot be a count: "2.5", "30%"."""


def is_number_word(word: str) -> bool:
    """Whether the word is a number by itself."""
    return word in _UNITS or word in _TENS or word in _LARGE


def read_number(words: Sequence[str]) -> tuple[int | None, int]:
    """The number that ``words`` begin with, and how many of them it takes.

    "One" alone is none: it is a pronoun ("the first one") far more often than a count.
    """
    first, second = words[0], words[1] if len(words) > 1 else ""
    if re.match(r"-?\d", first):
        plain = re.fullmatch(r"(\d+)(k?)", first)
        return (int(plain[1]) * (1000 if plain[2] else 1) if plain else NOT_A_COUNT), 1
    if second in _LARGE and (first == "a" or first in _UNITS):
        return _UNITS.get(first, 1) * _LARGE[second], 2
    if first in _LARGE:
        return _LARGE[first], 1
    if first in _TENS:
        unit = _UNITS.get(second, 0)
        return (_TENS[first] + unit, 2) if 1 <= unit <= 9 else (_TENS[first], 1)
    return (_UNITS[first] if first != "one" and first in _UNITS else None), 1
