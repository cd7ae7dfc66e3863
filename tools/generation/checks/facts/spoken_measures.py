"""Measures in other units than they were said in: "5 feet 10" is 1.78 m, "150 pounds" 68 kg."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from .spoken_values import Value

_UNITS = {
    "pound": 0.4536,
    "lb": 0.4536,
    "kg": 2.2046,
    "kilogram": 2.2046,
    "mile": 1.609,
    "mi": 1.609,
    "km": 0.6214,
    "kilometer": 0.6214,
    "inch": 2.54,
    "inche": 2.54,
    "acre": 0.4047,
    "gallon": 3.785,
    "ounce": 28.35,
    "feet": 0.3048,
    "foot": 0.3048,
    "ft": 0.3048,
}
"""How many of the other unit one has, by names without the plural's s."""
_FEET = ("feet", "foot", "ft")
_INCHES_IN_FOOT = 12
NEARLY = 0.01
"""Part of a converted measure that may have been rounded off."""


def converted(values: Sequence[Value]) -> Iterator[float]:
    """What the measures of a text are in the units that are used elsewhere."""
    for place, (number, unit) in enumerate(pairwise(values)):
        name = unit.written.rstrip("s")
        amount = number.number
        if amount is None or name not in _UNITS:
            continue
        inches = values[place + 2] if place + 2 < len(values) else None
        if name in _FEET and inches and inches.number is not None:
            amount += inches.number / _INCHES_IN_FOOT
        yield amount * _UNITS[name]


def is_nearly(number: float, measures: Sequence[float]) -> bool:
    """Whether a number is one of the measures; in hundredths of the unit too."""
    return any(abs(number - factor * one) <= NEARLY * factor * one for one in measures for factor in (1, 100))
