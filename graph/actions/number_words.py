"""Numbers written in English words: "two hundred and fifty", "a dozen"."""

from __future__ import annotations

from collections.abc import Sequence


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


def read_number(words: Sequence[str]) -> tuple[int | None, int]:
    """The number that ``words`` begin with, and how many of them it takes.

    "One" alone is none: it is a pronoun ("the first one") far more often than a count.
    """
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
    if used == 0 or words[:used] in (["one"], ["a"]):
        return None, 1
    return total + current, used
