"""Passed-over values: what users said that could have stood where a call passes something else.

An assistant that makes up a name because nobody gave one does what many do. One that passes "Tuesday" when the user
said "Friday" is wrong. So a value that nobody said weighs more when another value for its place was said.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, Literal

from ....dataset.record import Record
from ..form.written_calls import calls_of, read_arguments
from .kept_spans import Spans
from .left_to_choose import bounds_of, own_name, ruled_out, takes_back_time, withdraws_time
from .said import Said
from .spoken_counts import ranges_of_days
from .spoken_times import days_bounded, is_day_of_month, is_time
from .spoken_values import Value, values_of

LONGEST_NAME = 4
"""Words of a value that is looked for in what users say; longer ones are told in other words each time."""
LEAST_CALLS = 3
USUAL = 0.8
"""Share of at least so many real calls that pass one value, from which it is how the tool is called."""
TELLING = 0.4
"""Share of an argument's names that have a word in common, above which the word tells none of them: "Venue"."""
_DAY_OF_MONTH = re.compile(r"(\d{1,2})(?:st|nd|rd|th)")
Passed = Literal["nothing", "ruled out", "tried", "passed over"]
"""What users said that could have stood there: nothing, only what they exclude, only what earlier calls have tried, or
something else."""


class KnownValues:
    """The names that the dataset gives each argument."""

    def __init__(self, real: Iterable[Record]) -> None:
        self._names: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        self._given: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        for record in real:
            for message in record.messages:
                for tool, written in calls_of(message):
                    for argument, value in read_arguments(written).items():
                        self._given[tool, argument][str(value)] += 1
                        if is_name(value):
                            self._names[tool, argument].add(value.strip().lower())

    def of(self, tool: str, argument: str, schema: dict[str, Any]) -> frozenset[str]:
        """The names that an argument takes, in real calls and by its declaration."""
        choices = (choice.lower() for choice in schema.get("enum") or () if is_name(choice))
        return frozenset(self._names.get((tool, argument), ())).union(choices)

    def is_usual(self, tool: str, argument: str, value: Any) -> bool:
        """Whether nearly all real calls pass the value: then nobody needs to say it."""
        given = self._given.get((tool, argument), Counter())
        return given.total() >= LEAST_CALLS and given[str(value)] >= USUAL * given.total()


def is_name(value: Any) -> bool:
    """Whether a value is a text of few words, and no number, time or code."""
    if not isinstance(value, str) or "(" in value:
        return False
    values = values_of(value)
    return len(values) <= LONGEST_NAME and any(_is_telling(one) for one in values)


def _is_telling(value: Value) -> bool:
    return value.kind == "word" and len(value.written) > 1


class UserValues:
    """What the users of a dialogue said so far, and what was passed for them."""

    def __init__(self) -> None:
        self._said, self._ruled_out = Said(), Said()
        self._by_kind: defaultdict[str, set[Value]] = defaultdict(set)
        self._tried: defaultdict[tuple[str, str], list[Any]] = defaultdict(list)
        self._spent: defaultdict[str, set[str]] = defaultdict(set)
        self._times: list[Value] = []
        self._bounds: list[tuple[float, float]] = []
        self._days: set[str] = set()
        self._ranges: list[tuple[int, int]] = []
        self._own: set[str] = set()
        self.spans = Spans()

    def add(self, text: str, asked: str) -> None:
        """Take in a turn of a user, and what the assistant said before it."""
        self._said.add(text)
        self._own.update(value.written for value in values_of(own_name(text, asked)))
        if takes_back_time(text):
            self._ruled_out.add_values(self._times)
        self._times += [one for one in values_of(text) if is_time(one)]
        self._ruled_out.add_values(self._times if withdraws_time(text) else ruled_out(text))
        self._bounds += bounds_of(text)
        self._days |= days_bounded(text)
        self._ranges += ranges_of_days(values_of(text))
        for value in values_of(text):
            if value.kind != "word" and len(value.written) > 1:
                self._by_kind[_kind(value)].add(value)

    def call(self, tool: str, arguments: dict[str, Any]) -> None:
        """Take in a call that was made."""
        self.spans.add(tool, arguments)
        for argument, value in arguments.items():
            self._tried[tool, argument].append(value)
            self._spent[tool].update(form for one in values_of(str(value)) for form in one.forms)

    def has_passed(self, tool: str, argument: str, value: Any) -> bool:
        """Whether an earlier call has passed the same: it is the dialogue's since then."""
        return value in self._tried[tool, argument]

    def is_own(self, tool: str, argument: str) -> bool:
        """Whether earlier calls passed the user's own name there: who wants another hotel is nobody else."""
        return any(
            self._own.issuperset(words) and words
            for words in (
                {one.written for one in values_of(str(tried))} for tried in self._tried[tool, argument]
            )
        )

    def bounds(self, value: Any, others: Sequence[Any]) -> bool:
        """Whether a number, or a day of the month or week, is on the side of a limit that a user gave.

        Args:
            value: what a call passes.
            others: the other arguments of the call. Where none is a day too, "the 3rd to the 5th" leaves which of them.
        """
        if isinstance(value, str) and value.lower() in self._days:
            return True
        if isinstance(value, str) and (day := _day_of(value)):
            value = day
            if not any(_day_of(str(other)) for other in others) and any(
                first <= day <= last for first, last in self._ranges
            ):
                return True
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return False
        return any(low < value < high for low, high in self._bounds)

    def what_was_said(
        self, tool: str, argument: str, value: Any, names: frozenset[str], others: Sequence[Any]
    ) -> Passed:
        """What users said for the place of ``value``, besides what the call's other arguments pass.

        Args:
            tool: the tool called.
            argument: its argument.
            value: what the call passes.
            names: the names that could stand there.
            others: the other arguments of the call; what they pass is not passed over.
        """
        telling = _telling_words(names)
        said = [
            one
            for one in self._others_said(tool, value, names)
            if not _stands_in(one, [value, *others], telling)
        ]
        if not said:
            return "nothing"
        said = [one for one in said if not self._is_ruled_out(one, telling)]
        if not said:
            return "ruled out"
        tried = self._tried[tool, argument]
        return "tried" if all(_stands_in(one, tried, telling) for one in said) else "passed over"

    def _is_ruled_out(self, said: str, telling: frozenset[str]) -> bool:
        values = values_of(said)
        if is_name(said):
            return self._ruled_out.knows_name(values, telling)
        return any(self._ruled_out.knows(value) for value in values)

    def _others_said(self, tool: str, value: Any, names: frozenset[str]) -> list[str]:
        if is_name(value) or not (own := values_of(str(value))):
            telling = _telling_words(names)
            return [name for name in names if self._said.knows_name(values_of(name), telling)]
        # What calls of other tools have taken was said for them.
        spent = set().union(*(forms for other, forms in self._spent.items() if other != tool))
        return [
            said.written
            for kind in {_kind(one) for one in own}
            for said in self._by_kind[kind]
            if spent.isdisjoint(said.forms)
        ]


def _day_of(text: str) -> int:
    match = _DAY_OF_MONTH.fullmatch(text)
    return int(match[1]) if match else 0


def _kind(value: Value) -> str:
    return "day" if is_day_of_month(value) else value.kind


@lru_cache(maxsize=1024)
def _telling_words(names: frozenset[str]) -> frozenset[str]:
    """The words that few of the names have."""
    counted = Counter(
        word for name in names for word in {one.written for one in values_of(name) if _is_telling(one)}
    )
    return frozenset(word for word, times in counted.items() if times <= max(1, TELLING * len(names)))


def _stands_in(said: str, passed: Sequence[Any], telling: frozenset[str]) -> bool:
    values = values_of(said)
    words = telling.intersection(value.written for value in values)
    forms = {form for value in values for form in value.forms}
    given = [values_of(str(one)) for one in passed]
    if words:
        return any(words.issubset(value.written for value in one) for one in given)
    return any(not forms.isdisjoint(value.forms) for one in given for value in one)
