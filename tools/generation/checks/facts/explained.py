"""Whether what was said explains a value: as it stands, in other words, or by what follows from it."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Any

from .said import STEM, Said
from .spoken_codes import is_code_of
from .spoken_measures import is_nearly
from .spoken_times import (
    DAY,
    EARLIEST_YEAR,
    NEARBY,
    OPEN_TIMES,
    RELATIVE,
    WEEKDAYS,
    WHOLE_DAY,
    YEAR_ENDS,
    day_after,
    days_named_together,
    is_day_of_month,
)
from .spoken_values import Value, number_form, squeezed, values_of

TOLD_WORDS = 4
"""Words of a text that is told freely, of which one must have been said."""
_NO_VALUE = frozenset(
    {"", "null", "none", "nan", "n/a", "unknown", "any", "dontcare", "no", "yes", "true", "false"}
)
_NOT_ANY = frozenset({"no", "none", "not", "without", "just", "only"})
_NAMED_DAYS = frozenset(WEEKDAYS).union(["today", "tonight", "tomorrow", "weekend"])
"""Days that are one of a month, whichever."""
_CALL = re.compile(r"\A[a-z_][\w.]*+\((.*)\)\Z", re.IGNORECASE | re.DOTALL)


def explains(said: Said, value: Any, telling: Collection[str] | None = None, *, free: bool = False) -> bool:
    """Whether an argument's value can be traced to what was said. Truth values and single letters always can.

    A text in the notation of a query function, ``at_least(4)``, is looked up by what stands in its brackets. Of
    a text that is told freely only numbers, times and codes are looked up.
    """
    text = str(value)
    inner = _CALL.fullmatch(text.strip())
    text = inner.group(1) if inner else text
    if value is None or isinstance(value, bool) or _is_no_value(text):
        return True
    plain = squeezed(text)
    if (len(plain) < 2 and not plain.isdigit()) or (len(plain) > 2 and said.has_text(plain)):
        return True
    if (isinstance(value, (int, float)) or text == "0") and _is_derived(said, float(text)):
        return True
    if is_code_of(text, said.words):
        return True
    values = values_of(text)
    if all(one.kind != "word" for one in values):
        if any(one.kind == "date" for one in values):
            # Who gives a day only leaves the hour to the assistant.
            given = said.tells_hour
            values = tuple(
                one for one in values if one.forms[0] not in WHOLE_DAY and (given or one.kind != "time")
            )
        return all(said.knows(one) or _follows(said, one) for one in values)
    if (
        len(values) == 1
        and values[0].written.startswith(WEEKDAYS)
        and _may_mean_a_day(said, values[0].written)
    ):
        return True
    if free:
        return all(said.knows(value) for value in values if value.kind != "word") and _tells_of(said, values)
    if len(values) == 1 and text.islower() and len(text) > STEM:
        return said.knows_name(values, telling) or any(word[:STEM] == text[:STEM] for word in said.words)
    is_name = len(values) == 1 or not any(word[:1].islower() for word in text.split())
    return said.knows_name(values, telling) if is_name else said.knows_most(values)


def _follows(said: Said, value: Value) -> bool:
    """Whether a date may be meant by what was said, and a time is so much before or after one that was."""
    if value.kind == "date":
        return _may_mean_date(said, value)
    if is_day_of_month(value):
        return not said.days and not said.words.isdisjoint(_NAMED_DAYS)
    if value.kind == "time" and not said.words.isdisjoint(OPEN_TIMES):
        return True
    if value.kind == "time" and _is_rounded(said, value):
        return True
    return value.kind == "time" and any(
        f"t{(int(form[1:]) + span) % DAY}" in said.forms
        for form in value.forms
        for minutes in said.spans
        for span in (minutes, -minutes)
    )


def _is_rounded(said: Said, hour: Value) -> bool:
    """Whether a whole hour is the one before or after a time that was said."""
    told = {int(form[1:]) for form in said.forms if form[0] == "t"}
    return any(
        int(form[1:]) % 60 == 0 and any(time % 60 and abs(time - int(form[1:])) < 60 for time in told)
        for form in hour.forms
    )


def _tells_of(said: Said, values: Sequence[Value]) -> bool:
    """Whether a text in the assistant's own words has some that were said before."""
    stems = {value.written[:STEM] for value in values if value.kind == "word" and len(value.written) > 3}
    return len(stems) < TOLD_WORDS or not stems.isdisjoint(word[:STEM] for word in said.words)


def _may_mean_a_day(said: Said, weekday: str) -> bool:
    if any(word.startswith(NEARBY) for word in said.words) and said.words.isdisjoint(WEEKDAYS):
        return True
    if "tomorrow" in said.words and weekday in (
        day_after(today, days)
        for today in said.todays
        for days in ((1, 2) if "after" in said.words else (1,))
    ):
        return True
    if weekday in days_named_together(said.words):
        return True
    named = said.words.intersection(WEEKDAYS)
    if 1 in said.turned_to and weekday in map(day_after, named):
        return True
    if -1 in said.turned_to and day_after(weekday) in named:
        return True
    return any(len(word) > 2 and weekday.startswith(word) for word in said.words)


def _is_derived(said: Said, number: float) -> bool:
    """5% is 0.05, a half hour may be asked for in minutes, who has no children has 0, and 8 others and me are 9."""
    if number == 0 and not said.words.isdisjoint(_NOT_ANY):
        return True
    if number in said.counts or is_nearly(number, said.measures):
        return True
    if {number, number * 60, number / 60} & said.spans:  # minutes, hours, seconds
        return True
    return 0 < number <= 1 and number_form(round(number * 100, 6)) in said.forms


def _may_mean_date(said: Said, date: Value) -> bool:
    """Whether a date may follow from "tomorrow", "on Friday", "the 12th" or "in March"."""
    year, *days = (form for form in date.forms if form[0] == "n")
    if int(year[1:]) < EARLIEST_YEAR or not any(map(_is_day, date.forms)):
        return False
    if not said.forms.isdisjoint(days) or (date.forms[0] in YEAR_ENDS and year in said.forms):
        return True
    if not said.words.isdisjoint(RELATIVE):
        return True
    return any(said.names_month(int(form[1:].split("-")[0])) for form in date.forms if form[0] == "d")


def _is_day(form: str) -> bool:
    month, _, day = form[1:].partition("-")
    return form[0] == "d" and 1 <= int(month) <= 12 and 1 <= int(day) <= 31


def _is_no_value(text: str) -> bool:
    plain = text.strip().lower()
    return plain in _NO_VALUE or "not know" in plain
