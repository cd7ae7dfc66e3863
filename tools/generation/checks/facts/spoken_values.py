"""Numbers, times, dates and codes of a text in one normal form, however a person writes them.

"7:30 p.m." and "19:30" share a time; "1,200", "1200.00" and "1.2k" a number; "703-607-3363" and "7036073363" a code.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from .number_words import NumberWords

ValueKind = Literal["number", "time", "date", "code", "word"]

_TOKEN = re.compile(
    r"(?P<date>(?<!\d)(?:\d{4}[-/]\d{1,2}[-/]\d{1,2}|\d{1,2}/\d{1,2}/\d{4})(?!\d))"
    r"|(?P<time>(?<![\d.:])\d{1,2}(?:[:.]\d\d)?\s?[ap]\.?\s?m\b)"
    r"|(?P<clock>(?<![\d.:])\d{1,2}:\d\d(?::\d\d)?(?![\d:]))"
    r"|(?P<number>\d++(?:,\d{3})*(?:\.\d++)?)(?P<unit>st|nd|rd|th|k|[a-z]{1,4}|-(?:second|minute|hour|day|week|month|year|night|mile|star|person)s?)?"
    r"(?![\w-]*\w)"
    r"|(?P<code>\w*\d[\w-]*)"
    r"|(?P<word>[^\W\d]+)"
)


_NO_LETTER = re.compile(r"[\W_]+")
_DIGITS = re.compile(r"\d+")
_NAMED_TIMES = {"noon": 720, "midday": 720, "midnight": 0}


@dataclass(frozen=True, slots=True)
class Value:
    """One thing that a text says.

    Attributes:
        written: as it stands in the text, lower case.
        forms: its normal forms, each with its kind's first letter: ``n12`` a number, ``t720`` minutes since midnight
            (both halves of the day where the text does not say which), ``d3-17`` a month and day.
    """

    kind: ValueKind
    written: str
    forms: tuple[str, ...]

    @property
    def number(self) -> float | None:
        """The number that it is, together with words before it that belong to it; None for anything else."""
        last = self.forms[-1] if self.forms else ""
        return float(last[1:]) if last.startswith("n") else None


@lru_cache(maxsize=8192)
def values_of(text: str) -> tuple[Value, ...]:
    """What a text says, in order. The most recent texts are kept: several checks read the same ones."""
    found: list[Value] = []
    numbers = NumberWords()
    for match in _TOKEN.finditer(text.lower()):
        kind, written = str(match.lastgroup), match.group()
        if kind == "word":
            found.append(_word(written, numbers))
            continue
        kind = "number" if kind == "unit" else kind
        value = _READERS[kind](written, match)
        numbers.clear()
        if kind == "number":
            numbers.numeral(float(value.forms[0][1:]))
        found.append(value)
    return tuple(found)


def number_form(number: float) -> str:
    """``n12`` for 12 and 12.0, ``n4.5`` for 4.5."""
    return f"n{int(number)}" if number == int(number) else f"n{number:.10g}"


def squeezed(text: str) -> str:
    """The letters and digits of a text, lower case, with nothing in between."""
    return _NO_LETTER.sub("", text.lower())


def _word(word: str, numbers: NumberWords) -> Value:
    told = numbers.read(word)
    if word in _NAMED_TIMES:
        return Value("word", word, (f"t{_NAMED_TIMES[word]}",))
    return Value("word", word, tuple(number_form(number) for number in told))


def _date(written: str, match: re.Match[str]) -> Value:
    parts = [int(part) for part in written.replace("/", "-").split("-")]
    if parts[0] > 31:
        year, month, day = parts
        return Value("date", written, (f"d{month}-{day}", f"n{year}", f"n{day}"))
    first, second, year = parts  # either may be the month; what cannot be one is the day
    dates = [f"d{month}-{day}" for month, day in ((first, second), (second, first)) if month <= 12]
    return Value("date", written, (*(dates or [f"d{first}-{second}"]), f"n{year}", f"n{first}", f"n{second}"))


def _time(written: str, match: re.Match[str]) -> Value:
    digits = _DIGITS.findall(written)
    hour, minute = int(digits[0]) % 12, int(digits[1]) if len(digits) > 1 else 0
    if "p" in written:
        hour += 12
    return Value("time", written, (f"t{60 * hour + minute}",))


def _clock(written: str, match: re.Match[str]) -> Value:
    hour, minute = (int(part) for part in written.split(":")[:2])
    forms = [f"t{60 * (hour % 24) + minute}"]
    if hour <= 12 and not written.startswith("0"):
        forms.append(f"t{60 * ((hour + 12) % 24) + minute}")
    return Value("time", written, tuple(forms))


def _number(written: str, match: re.Match[str]) -> Value:
    number = float(match["number"].replace(",", ""))
    return Value("number", written, (number_form(number * 1000 if match["unit"] == "k" else number),))


def _code(written: str, match: re.Match[str]) -> Value:
    return Value("code", written, (f"c{squeezed(written)}",))


_READERS = {"date": _date, "time": _time, "clock": _clock, "number": _number, "code": _code}
