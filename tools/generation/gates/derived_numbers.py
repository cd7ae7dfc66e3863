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
    r"|average|comes? to|celsius|fahrenheit|miles?|km|kilomet\w+|score)\b|%|=|°",
    re.IGNORECASE,
)
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
    known = {one for text in (*results, asked, answer) for one in _numbers(text)} - {number}
    return any(_same(number, one) for one in _computed(sorted(known)[:MOST_NUMBERS]))


def _numbers(text: str) -> Iterator[float]:
    for value in values_of(text):
        if value.kind == "number":
            yield float(value.forms[0][1:])


def _computed(known: Sequence[float]) -> Iterator[float]:
    for one in known:
        yield from (one * factor + offset for factor, offset in _UNITS)
    for one, other in permutations(known, 2):
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
