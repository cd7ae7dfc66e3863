"""Whether every number of an answer comes from a tool: what a model adds of its own is found here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..reading.names import words_of
from ..reading.numbers import ANY_NUMBER, ascii_digits, readings

_MARKS = (("“", "”"), ("„", "“"), ("«", "»"), ("「", "」"), ("『", "』"))
_NUMBER = re.compile(rf"({ANY_NUMBER})\s?(%|percent\b|k\b|(?:thousand|million|billion)\b)?")
QUOTED = re.compile(
    r"`[^\W\d_-][^`\n]{0,200}`|(?<![\w\"])\"[^\W\d_][^\"\n]{0,200}(?<=\S)\"(?!\w)|"
    + "|".join(rf"{a}[^\W\d_][^{a}{b}\n]{{0,200}}{b}" for a, b in _MARKS)
)
"""What begins with a letter: a number in quotation marks by itself is a figure."""
_SCALES = {"k": 1000.0, "thousand": 1000.0, "million": 1_000_000.0, "billion": 1_000_000_000.0}
_WORDS_FOR = {
    "half": 0.5,
    "double": 2.0,
    "doubled": 2.0,
    "twice": 2.0,
    "triple": 3.0,
    "tripled": 3.0,
    "thrice": 3.0,
}
# Text of tools in which figures stand; the text of records is other people's, and vouches for nothing.
_TELLING_KEYS = (
    "note",
    "made_of",
    "reason",
    "evidence",
    "why_not",
    "held_down_by",
    "stop_reason",
    "details",
    "started",
    "model",
    "used_by_all",
    "says",
)

# Running numbers are no figures; they would vouch for every small one.
_SILENT_KEYS = ("place", "number", "attempt")


def unsupported_numbers(
    answer: str, results: Sequence[Mapping[str, Any]], names: Iterable[str] = ()
) -> list[str]:
    """The numbers of ``answer`` that no result holds, as they are written.

    A number is held when a result has it, in whatever writing, or has one that rounds to it as written; a percentage
    also when a result has the share. The length of a list counts as a number of the result. Numbers in words count like
    digits, in English; in other languages only digits, of whatever script, are seen. A number within a quotation
    that begins with a word is one that somebody said, or is told to say ("show me 10 more"), and claims nothing.

    Args:
        answer: what is to be said.
        results: what the tools returned, and the arguments that they were called with.
        names: topic names and the like, which may hold digits.
    """
    known = [value for result in results for value in _values(result)]
    text = ascii_digits(QUOTED.sub(" ", answer))
    for name in sorted(names, key=len, reverse=True):
        for form in {name, name.replace("_", " "), name.replace("_", " ").title()}:
            text = re.sub(re.escape(form), " ", text, flags=re.IGNORECASE)
    found = _NUMBER.finditer(text)
    unsupported = [match[0].strip() for match in found if not _is_held(match[1], match[2] or "", known)]
    return unsupported + [word for word, value in _in_words(_NUMBER.sub(" ", text)) if value not in known]


def _is_held(written: str, unit: str, known: Sequence[float]) -> bool:
    scale = _SCALES.get(unit, 1.0)
    for value, places in readings(written):
        if unit in ("%", "percent"):
            is_held = any(_same(value, 100 * share, places) for share in known if 0 <= share <= 1)
        elif places == 0 and scale == 1.0:
            # A whole number has to be exactly there: rounding 14.6 to 15 records would make one up.
            is_held = any(value == abs(other) for other in known)
        else:
            is_held = any(_same(value, abs(other) / scale, places) for other in known)
        if is_held:
            return True
    return False


def _same(written: float, value: float, places: int) -> bool:
    """Whether ``value`` gives ``written`` when it is rounded, or cut, to as many places."""
    return abs(written - value) <= 0.5 * 10.0**-places + 1e-9


def _values(value: Any, key: str = "") -> Iterable[float]:
    if isinstance(value, bool) or value is None or key in _SILENT_KEYS:
        return
    if isinstance(value, int | float):
        yield float(value)
    elif isinstance(value, str):
        if key in _TELLING_KEYS:
            for match in _NUMBER.finditer(ascii_digits(value)):
                scale = 0.01 if match[2] in ("%", "percent") else _SCALES.get(match[2], 1.0)
                yield readings(match[1])[0][0] * scale
    elif isinstance(value, Mapping):
        for name, part in value.items():
            yield from _values(part, str(name))
    else:
        yield float(len(value))
        for part in value:
            yield from _values(part, key)


def _in_words(text: str) -> list[tuple[str, float]]:
    """The numbers written in English words."""
    words = words_of(text)
    found, position = [], 0
    while position < len(words):
        if words[position] in _WORDS_FOR:
            found.append((words[position], _WORDS_FOR[words[position]]))
        number, used = _read_number(words[position:])
        if number is not None:
            found.append((" ".join(words[position : position + used]), float(number)))
        position += used if number is not None else 1
    return found


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


def _read_number(words: Sequence[str]) -> tuple[int | None, int]:
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
