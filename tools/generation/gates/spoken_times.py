"""How people speak of hours and days without naming them: "at 8", "two hours earlier", "tomorrow", "asap"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from .spoken_values import Value, values_of

EARLIEST_YEAR = 2000
"""Of a date that may be meant by "tomorrow" or "last week"; an earlier one is somebody's date of birth."""
SHORT_ANSWER = 3
"""Words and numbers of an answer that is nothing but what was asked for."""
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
NEARBY = ("today", "tonight", "tomorrow", "weekend", "asap", "soon", "next")
"""Words that a day of the week may be meant by."""
RELATIVE = frozenset(
    [
        "today",
        "tonight",
        "tomorrow",
        "yesterday",
        "now",
        "asap",
        "morning",
        "afternoon",
        "evening",
        "day",
        "days",
        "week",
        "weekend",
        "month",
        "year",
        "later",
        "earlier",
        "ago",
    ]
).union(WEEKDAYS)
"""Words that a date may be meant by."""
OPEN_TIMES = frozenset(
    [
        "asap",
        "soon",
        "soonest",
        "earliest",
        "anytime",
        "any",
        "morning",
        "afternoon",
        "evening",
        "early",
        "after",
        "before",
    ]
)
"""Words that leave the hour to the assistant."""
DAY = 24 * 60
WHOLE_DAY = ("t0", f"t{DAY - 1}")
"""Midnight and a minute before it, which complete a date that was said without a time."""
YEAR_ENDS = ("d1-1", "d12-31")
_BESIDE_HOURS = frozenset(
    [
        "at",
        "by",
        "around",
        "about",
        "from",
        "to",
        "until",
        "till",
        "before",
        "after",
        "or",
        "between",
        "o",
        "and",
        "am",
        "pm",
        "a",
        "p",
        "in",
        "tonight",
        "tomorrow",
        "today",
        "like",
        "maybe",
        "then",
    ]
)
_MINUTES = {"minute": 1, "min": 1, "hour": 60, "hr": 60}
_ONE = ("a", "an", "next")
_HOURS = re.compile(r"1?\d-1?\d")
"""A code by its looks: "from 3-5"."""

_TODAY = re.compile(
    rf"\btoday\W{{1,3}}(?:is |being )?({'|'.join(WEEKDAYS)})|({'|'.join(WEEKDAYS)})(?: is)? today",
    re.IGNORECASE,
)


_OTHER_DAY = re.compile(
    r"\b(?:(?P<after>(following|next) day|day after(?! tomorrow)|day later|one day later)"
    r"|(previous|preceding) day|day before(?! yesterday)|day earlier)\b",
    re.IGNORECASE,
)


def named_today(text: str) -> list[str]:
    """The day of the week that a text says it is: "today is Sunday"."""
    return [(match[1] or match[2]).lower() for match in _TODAY.finditer(text)]


def day_after(weekday: str) -> str:
    """The next day of the week."""
    return WEEKDAYS[(WEEKDAYS.index(weekday) + 1) % len(WEEKDAYS)]


def days_turned(text: str) -> set[int]:
    """How many days a text turns away from a day that was named: 1 for "the following day", -1 for "the day before"."""
    return {1 if match["after"] else -1 for match in _OTHER_DAY.finditer(text)}


def bare_hours(values: Sequence[Value]) -> Iterator[str]:
    """The numbers of a text that may be hours: "at 8", "8 to 10", "from 3-5", "8"."""
    for place, value in enumerate(values):
        around = values[max(0, place - 1) : place + 2]
        if len(values) > SHORT_ANSWER and not any(one.written in _BESIDE_HOURS for one in around):
            continue
        if value.kind == "number":
            yield from value.forms
        elif _HOURS.fullmatch(value.written):
            yield from (f"n{hour}" for hour in value.written.split("-"))


def minutes_told(values: Sequence[Value]) -> set[int]:
    """The spans of time that a text tells, in minutes: "two hours earlier", "10 minutes before", "in an hour"."""
    found = set()
    for number, unit in pairwise(values):
        factor = _MINUTES.get(unit.written.rstrip("s"))
        if factor and number.written in _ONE:
            found.add(factor)
        elif factor and number.forms and number.forms[-1][0] == "n":
            found.add(round(float(number.forms[-1][1:]) * factor))
    return found


def tells_time(value: Any) -> bool:
    """Whether a value is a time of day, a date or a day of the week, and nothing else."""
    values = values_of(str(value))
    return bool(values) and all(one.kind in ("time", "date") or one.written in WEEKDAYS for one in values)
