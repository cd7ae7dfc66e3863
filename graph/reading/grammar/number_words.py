"""Numbers as people write them: "20", "1,000", "1.5k", "two hundred and fifty", "a dozen", "२०"."""

from __future__ import annotations

import re
import unicodedata
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
_LARGE = {"hundred": 100, "dozen": 12, "thousand": 1000, "million": 1_000_000}

NOT_A_COUNT = -1
"""For what is a number and cannot be a count: "2.5", "30%"."""


def is_number_word(word: str) -> bool:
    """Whether the word is a number by itself."""
    return word in _UNITS or word in _TENS or word in _LARGE


def ascii_digits(text: str) -> str:
    """The text with the digits of every script as 0 to 9."""
    return "".join(
        str(unicodedata.digit(char)) if unicodedata.category(char) == "Nd" else char for char in text
    )


def read_number(words: Sequence[str]) -> tuple[int | None, int]:
    """The number that ``words`` begin with, and how many of them it takes.

    "One" alone is none: it is a pronoun ("the first one") far more often than a count.
    """
    first = words[0]
    if re.match(r"-?\d", first):
        return _in_digits(first), 1
    couple = _couple(words)
    if couple is not None:
        return couple
    number, used = _in_words(words)
    if used == 0 or words[:used] in (["one"], ["a"]):
        return None, 1
    return number, used


def _in_digits(word: str) -> int:
    plain = re.fullmatch(r"(\d+(?:\.\d+)?)(k?)", word)
    value = float(plain[1]) * (1000 if plain[2] else 1) if plain else NOT_A_COUNT
    return int(value) if value == int(value) else NOT_A_COUNT


def _couple(words: Sequence[str]) -> tuple[int, int] | None:
    """For "a couple hundred" and "a couple of dozen"; a couple by itself is no number."""
    text = " ".join(words[:4])
    match = re.match(r"(?:a )?couple (?:of )?(hundred|dozen|thousand)\b", text)
    return None if match is None else (2 * _LARGE[match[1]], len(match[0].split()))


def _in_words(words: Sequence[str]) -> tuple[int, int]:
    """The longest number in words at the beginning, and how many words it takes; (0, 0) when there is none."""
    total = current = used = 0
    for position, word in enumerate(words):
        after = words[position + 1] if position + 1 < len(words) else ""
        if (
            word in _UNITS
            and current % 10 == 0
            and current % 100 != 10
            and (current % 100 == 0 or _UNITS[word] < 10)
        ):
            current += _UNITS[word]
        elif word in _TENS and current % 100 == 0:
            current += _TENS[word]
        elif word in _LARGE:
            current = max(1, current) * _LARGE[word]
            if _LARGE[word] >= 1000:
                total, current = total + current, 0
        elif not (word == "a" and position == 0 and after in _LARGE) and not (
            word == "and"
            and position > 0
            and words[position - 1] in ("hundred", "thousand")
            and after in {**_UNITS, **_TENS}
        ):
            break
        used = position + 1
    return total + current, used
