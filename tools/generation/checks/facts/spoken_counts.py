"""Numbers that people give in other words: "8 others and me", "from August 15th to the 17th", "two years ago"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import pairwise

from .spoken_times import MONTHS
from .spoken_values import Value

REACH = 4
"""Values between two ends of a stay: "15th *of August until Sunday the* 17th"."""
LONGEST_STAY = 31
_OTHERS = ("other", "others")
_ME = ("me", "myself", "i")
_PLUS = ("and", "plus", "with")
_BRINGS = ("with", "bringing", "bring")
_GUESTS = ("guests", "friends", "people", "buddies", "kids", "children", "colleagues")
_UNTIL = ("to", "until", "till", "til", "through", "and", "thru")
_YEAR = re.compile(r"(19|20)\d\d")
_DAY = re.compile(r"\d{1,2}(st|nd|rd|th)?")
_SOME_YEAR = 2023
"""Months are as long in every year, but for February in leap years."""


_ALONE = re.compile(r"\b(just|only) (me|myself)\b|\bby myself\b|\balone\b|\bsolo\b", re.IGNORECASE)
_TWO = re.compile(
    r"\b(me|myself|i) (and|plus) (my|a|an|one) \w+|\bmy \w+( \w+)? (and|plus) (me|myself|i)\b"
    r"|\bwith (my|a) (friend|wife|husband|partner|girlfriend|boyfriend|date|colleague|son|daughter|brother|sister)\b"
    r"|\bplus one\b|\+\s?1\b",
    re.IGNORECASE,
)
_SMALLER = {
    "week": (7,),
    "fortnight": (14,),
    "year": (12,),
    "day": (24,),
    "km": (1000,),
    "kilometer": (1000,),
}
"""How many smaller units a unit has, that tools may count in."""
_ONE = ("a", "an", "one")


def persons(text: str) -> set[int]:
    """How many they are, where the speaker names them: "just me", "me and my brother"."""
    return ({1} if _ALONE.search(text) else set()) | ({2} if _TWO.search(text) else set())


def in_smaller_units(values: Sequence[Value]) -> Iterator[int]:
    """What an amount is in the next smaller units: "two weeks" in days, "a year" in months."""
    for number, unit in pairwise(values):
        for factor in _SMALLER.get(unit.written.rstrip("s"), ()):
            if number.written in _ONE:
                yield factor
            elif number.number is not None:
                yield round(number.number * factor)


def one_more(values: Sequence[Value]) -> Iterator[int]:
    """How many they are, where the speaker counts the others: "8 other people", "me and 4 friends", "six plus me"."""
    words = [value.written for value in values]
    for place, value in enumerate(values):
        if value.number is None:
            continue
        before, after = words[max(0, place - 2) : place], words[place + 1 : place + 4]
        with_me = len(before) == 2 and before[0] in _ME and before[1] in _PLUS
        and_me = any(one in _PLUS and other in _ME for one, other in pairwise(after))
        brings = bool(before and after) and before[-1] in _BRINGS and after[0] in _GUESTS
        if with_me or and_me or brings or (after and after[0] in _OTHERS):
            yield round(value.number) + 1


def days_of_month(values: Sequence[Value]) -> Iterator[int]:
    """The days of a month that a text names: "the 17th", "May 2"."""
    for place in range(len(values)):
        if day := _day_at(values, place):
            yield day[1]


def days_between(values: Sequence[Value]) -> Iterator[int]:
    """How many nights a stay has that is told by its first and its last day."""
    for (month, first), (last_month, last) in _from_to(values):
        nights = _nights(month or last_month, first, last_month or month, last)
        if 0 < nights <= LONGEST_STAY:
            yield nights


def ranges_of_days(values: Sequence[Value]) -> Iterator[tuple[int, int]]:
    """The first and the last day of the ranges within one month: "May 3rd to 5th"."""
    for (month, first), (last_month, last) in _from_to(values):
        if (month == last_month or 0 in (month, last_month)) and first < last:
            yield first, last


def _from_to(values: Sequence[Value]) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """(month or 0, day) of both ends."""
    days = [(place, day) for place, value in enumerate(values) if (day := _day_at(values, place))]
    for (start, first), (end, last) in pairwise(days):
        between = {value.written for value in values[start + 1 : end]}
        if end - start <= REACH + 1 and not between.isdisjoint(_UNTIL):
            yield first, last


def years_ago(values: Sequence[Value]) -> Iterator[int]:
    """The year that is so many years before another one that a text names: "seven years ago, from 2023"."""
    named = [round(float(one.forms[0][1:])) for one in values if _YEAR.fullmatch(one.written)]
    for number, unit, ago in zip(values, values[1:], values[2:], strict=False):
        is_ago = unit.written in ("year", "years") and ago.written in ("ago", "before", "earlier")
        if is_ago and (years := number.number) is not None:
            yield from (year - round(years) for year in named)


def _nights(month: int, first: int, last_month: int, last: int) -> int:
    if month == last_month:
        return last - first
    year = _SOME_YEAR + (last_month < month)
    try:
        return (date(year, last_month, last) - date(_SOME_YEAR, month, first)) // timedelta(days=1)
    except ValueError:
        return 0


def _day_at(values: Sequence[Value], place: int) -> tuple[int, int] | None:
    """(month or 0, day of the month) of a date, a number with its ending or a number beside a month's name."""
    value = values[place]
    if value.kind == "date":
        month, day = value.forms[0][1:].split("-")
        return int(month), int(day)
    if value.kind != "number" or not _DAY.fullmatch(value.written):
        return None
    beside = [one.written[:3] for one in (*values[max(0, place - 1) : place], *values[place + 1 : place + 3])]
    months = [MONTHS.index(one) + 1 for one in beside if one in MONTHS]
    if not months and value.written.isdigit():
        return None
    return (months[0] if months else 0), int(value.forms[0][1:])
