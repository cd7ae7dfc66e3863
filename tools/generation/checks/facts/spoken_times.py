"""How people speak of hours and days without naming them: "at 8", "two hours earlier", "tomorrow", "asap"."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
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

_DAYS = "|".join(WEEKDAYS)
_TODAY = re.compile(
    rf"\btoday\W{{1,3}}(?:is |being )?({_DAYS})|({_DAYS})(?: is)? today"
    rf"|\bit(?:['’]?s| is)(?: (?:now|already|only|still))? ({_DAYS})",
    re.IGNORECASE,
)
_CLOCK_WORDS = re.compile(
    r"\b(?P<part>half|quarter|(?P<minutes>\d{1,2}|five|ten|twenty)(?: minutes?)?)"
    r" (?P<side>past|after|to|till|before) (?P<hour>\d{1,2}|[a-z]+)\b",
    re.IGNORECASE,
)
_PARTS = {"half": 30, "quarter": 15, "five": 5, "ten": 10, "twenty": 20}
_DAY_OF_MONTH = re.compile(r"\d{1,2}(st|nd|rd|th)")
_WEEKEND = ("saturday", "sunday")
_BEFORE_OR_AFTER = re.compile(
    rf"\b(?P<side>after|before|past|later than|earlier than)(?: next| this)? (?P<day>{_DAYS})\b",
    re.IGNORECASE,
)
_OTHER_DAY = re.compile(
    r"\b(?:(?P<after>(following|next) day|day after(?! tomorrow)|day later|one day later)"
    r"|(previous|preceding) day|day before(?! yesterday)|day earlier)\b",
    re.IGNORECASE,
)


def named_today(text: str) -> list[str]:
    """The day of the week that a text says it is: "today is Sunday"."""
    return [(match[1] or match[2] or match[3]).lower() for match in _TODAY.finditer(text)]


def day_after(weekday: str, days: int = 1) -> str:
    """The next day of the week, or one some days later."""
    return WEEKDAYS[(WEEKDAYS.index(weekday) + days) % len(WEEKDAYS)]


def days_named_together(words: Collection[str]) -> tuple[str, ...]:
    """The days that "the weekend" or "a weekday" may be."""
    at_weekends = _WEEKEND if any(word in words for word in ("weekend", "weekends")) else ()
    at_work = WEEKDAYS[:5] if any(word in words for word in ("weekday", "weekdays", "workday")) else ()
    return (*at_weekends, *at_work)


def days_bounded(text: str) -> set[str]:
    """The days of the week that a text leaves by a bound: "any day after Wednesday"."""
    found: set[str] = set()
    for match in _BEFORE_OR_AFTER.finditer(text):
        place = WEEKDAYS.index(match["day"].lower())
        found.update(
            WEEKDAYS[:place] if match["side"].lower() in ("before", "earlier than") else WEEKDAYS[place + 1 :]
        )
    return found


def clock_words(text: str) -> Iterator[str]:
    """The times that a text tells by halves and quarters, as forms for both halves of the day: "half past seven"."""
    for match in _CLOCK_WORDS.finditer(text):
        part, told = (match["minutes"] or match["part"]).lower(), values_of(match["hour"])
        minutes = int(part) if part.isdigit() else _PARTS[part]
        hours = [
            int(form[1:]) for value in told for form in value.forms if form[1:].isdigit() and form[0] == "n"
        ]
        for hour in hours[:1]:
            time = 60 * hour + (minutes if match["side"].lower() in ("past", "after") else -minutes)
            yield from (f"t{time % DAY}", f"t{(time + DAY // 2) % DAY}")


def is_day_of_month(value: Value) -> bool:
    """Whether a number is written as a day of the month: "24th"."""
    return value.kind == "number" and _DAY_OF_MONTH.fullmatch(value.written) is not None


def days_turned(text: str) -> set[int]:
    """How many days a text turns away from a day that was named: 1 for "the following day", -1 for "the day before"."""
    return {1 if match["after"] else -1 for match in _OTHER_DAY.finditer(text)}


def bare_hours(values: Sequence[Value]) -> Iterator[str]:
    """The numbers of a text that may be hours: "at 8", "8 to 10", "from 3-5", "8"."""
    for place, value in enumerate(values):
        around = values[max(0, place - 1) : place + 2]
        if (
            len(values) > SHORT_ANSWER
            and not any(one.written in _BESIDE_HOURS for one in around)
            and not value.written.endswith("ish")
        ):
            continue
        if value.kind == "number":
            yield from value.forms
        elif _HOURS.fullmatch(value.written):
            yield from (f"n{hour}" for hour in value.written.split("-"))


def minutes_told(values: Sequence[Value]) -> set[int]:
    """The spans of time that a text tells, in minutes: "two hours earlier", "10 minutes before", "in an hour"."""
    found: set[int] = set()
    for number, unit in pairwise(values):
        factor = _MINUTES.get(unit.written.rstrip("s"))
        if factor and number.written in _ONE:
            found.update((factor, factor // 2))  # "half an hour"
        elif factor and number.number is not None:
            found.add(round(number.number * factor))
    return found


def tells_time(value: Any) -> bool:
    """Whether a value is a time of day, a date, a day of the month or of the week, and nothing else."""
    values = values_of(str(value))
    return bool(values) and all(is_time(one) for one in values)


def is_time(value: Value) -> bool:
    """Whether it is a time of day, a date, or a day of the month or of the week."""
    return value.kind in ("time", "date") or value.written in WEEKDAYS or is_day_of_month(value)
