"""Numbers that follow from others: converted into another unit, a sum, a difference, a share taken off.

An answer may compute. A small number can be made from almost any others, so only those are taken for computed that
are told as such ("a total of", "miles", "% off") or are too long to come out right by chance.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import permutations

from .spoken_values import Value, values_of

LONG_NUMBER = 4
"""Digits (with decimals) of a number that two others hardly give by chance."""
MOST_NUMBERS = 40
_COMPUTES = re.compile(
    r"\b(total\w*|altogether|sum|both|combined|difference|left|remain\w*|more than|less than|each|per|half|twice|double"
    r"|average|comes? to|celsius|fahrenheit|degrees?|miles?|km|kilomet\w+|score)\b|%|=|°|\d ?[CF]\b",
    re.IGNORECASE,
)
_ASKS_SUM = re.compile(
    r"\b(total\w*|altogether|sum|both|combined|together|difference|left|remain\w*|more than|less than|each|per|half"
    r"|twice|double|average|score|split)\b",
    re.IGNORECASE,
)
"""Who asks for this may be told it alone. Otherwise an answer that computes tells what the result says too."""
_DEGREES = re.compile(r"\b(celsius|centigrade|fahrenheit|degrees?)\b|°|\d ?[CF]\b", re.IGNORECASE)
_FAHRENHEIT = re.compile(r"fahrenheit|°F\b|\d ?F\b", re.IGNORECASE)
_CELSIUS = re.compile(r"celsius|centigrade|°C\b|\d ?C\b", re.IGNORECASE)
_ABOUT = (
    r"(?:\b(?:about|around|approximately|approx\.?|roughly|nearly|almost|circa|close to|just (?:over|under))"
    r"|~) ?\D?"
)
_BELOW_ZERO = re.compile(r"(?<![\w.])-(\d+(?:\.\d+)?)|\bminus (\d+(?:\.\d+)?)")
NEARLY = 0.1
"""Part of a number that "about" may be off."""
ROUNDED = 0.05
"""The same for one that is rounded to a multiple of `ROUND` without saying so: 20 minutes for 21."""
ROUND = 5
LEAST_ROUNDED = 15
"""Smaller numbers are told as they are."""
_UNITS = ((1.8, 32.0), (1 / 1.8, -32 / 1.8), (1.609, 0.0), (1 / 1.609, 0.0), (60.0, 0.0), (1 / 60, 0.0))
"""(factor, offset): degrees, miles and kilometres, hours and minutes."""


def is_derived(value: Value, answer: str, results: Iterable[str], asked: str) -> bool:
    """Whether a number of an answer follows from those of the last results, the question and the answer itself."""
    if value.kind != "number" or not value.forms:
        return False
    number = float(value.forms[0][1:])
    digits = sum(letter.isdigit() for letter in value.written)
    if digits < LONG_NUMBER and not _COMPUTES.search(f"{answer} {asked}"):
        return False
    results = list(results)
    given = {one for text in results for one in _numbers(text)}
    known = given.union(*(set(_numbers(text)) for text in (asked, answer))) - {number}
    sums = _ASKS_SUM.search(asked) is not None or bool(given.intersection(_numbers(answer)))
    if any(_same(number, one) for one in _computed(sorted(known)[:MOST_NUMBERS], sums=sums)):
        return True
    degrees = known.union(one for text in (*results, answer) for one in _below_zero(text))
    # They are converted in the head, and the sign of a value is not read.
    return _DEGREES.search(answer) is not None and any(
        abs(abs(one) - number) <= 1 for one in _converted(degrees)
    )


def is_converted(value: Value, answer: str, results: Iterable[str]) -> bool:
    """Whether an answer tells a number of the results in the other degrees, which it names: "57 degrees Fahrenheit"."""
    if value.kind != "number":
        return False
    number, texts = float(value.forms[0][1:]), list(results)
    told = {one for text in texts for one in (*_numbers(text), *_below_zero(text))}
    return any(
        named.search(answer) is not None
        and not any(named.search(text) for text in texts)
        and any(abs(abs(one * factor + offset) - number) <= 1 for one in told)
        for named, (factor, offset) in zip((_FAHRENHEIT, _CELSIUS), _UNITS[:2], strict=True)
    )


def is_rounded(value: Value, answer: str, results: Iterable[str]) -> bool:
    """Whether a number of an answer is one of the results, told roughly: "about 20", or 20 for 21."""
    if value.kind != "number":
        return False
    number = float(value.forms[0][1:])
    about = re.search(_ABOUT + re.escape(value.written), answer, re.IGNORECASE) is not None
    rounded = number >= LEAST_ROUNDED and number % ROUND == 0
    share = NEARLY if about else ROUNDED if rounded else 0.0
    return share > 0 and any(
        0 < abs(one - number) <= share * one for text in results for one in _numbers(text)
    )


def _numbers(text: str) -> Iterator[float]:
    for value in values_of(text):
        if value.kind == "number":
            yield float(value.forms[0][1:])


def _below_zero(text: str) -> Iterator[float]:
    for match in _BELOW_ZERO.finditer(text):
        yield -float(match[1] or match[2])


def _converted(known: Iterable[float]) -> Iterator[float]:
    return (one * factor + offset for one in known for factor, offset in _UNITS[:2])


def _computed(known: Sequence[float], *, sums: bool) -> Iterator[float]:
    for one in known:
        yield from (one * factor + offset for factor, offset in _UNITS)
    for one, other in permutations(known, 2) if sums else ():
        yield from (
            one + other,
            one - other,
            one * other,
            one * (1 - other / 100),
            one * (1 + other / 100),
            one * other / 100,
        )
        if other:
            yield one / other


def _same(number: float, computed: float) -> bool:
    return (
        abs(number - computed) < 0.006
        or (abs(number) >= 3 and number == round(computed, 1))
        or number == round(computed)
    )
