"""Results fit calls: a tool's result is one to the arguments that were passed.

Many tools say again what they were asked (``{"input": {"city": "Rome"}, …}``, a booking's day), and some answer in
words that come with one choice only ("has been scheduled" with ``Book``, "is available" with ``Check``). Which ones
do is learned from the real records; a call whose result says otherwise was changed, or its result invented.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from ....dataset.json_within import read_json
from ....dataset.record import Message, Record, message_text
from ....dataset.tool_exchanges import exchanges
from ....text.letters import squeezed
from ...attempts.draft import Candidate, Rejection
from ..check import ANY
from ..habits import MOST_RECORDS
from .written_calls import leaves, read_arguments

LEAST_SEEN = 5
"""Real calls in which a field has said an argument again, or a text came with a choice, before that is a rule."""
RELIABLE = 0.97
"""Share of the real calls that keep to it; real data has slips too."""
MOST_CHOICES = 4
"""Distinct values of an argument that is a choice."""
BY_CHANCE = 1e-4
"""Chance that a text would have come with one choice that often if it had nothing to do with it; many are tried."""
_QUERY = re.compile(r"\A[a-z_][\w.]*+\((.*)\)\Z", re.DOTALL)
_EQUAL = re.compile(r"\A(?>(?:[\w.]*\.)?)(?=\w*equal)\w++\(\"?([^\"\[\](),]*)\"?\)\Z")
_NUMBER = re.compile(r"\d+")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_DAY_AND_HOUR = re.compile(rf"{_DAY.pattern}[T ]\d\d:\d\d.*")
Fields = Mapping[str, Any]


class ResultsFitCalls:
    """Compares arguments with what their results say again, and with what results come with them.

    Without real records nothing is known of the tools, and everything passes.
    """

    name = "results_fit_calls"
    languages = ANY

    def __init__(self, real: Iterable[Record] = ()) -> None:
        records = [list(_answered(record.messages, 0)) for record in list(real)[:MOST_RECORDS]]
        pairs = [pair for of_record in records for pair in of_record]
        counted = _echoes(pairs)
        self._echoes = _reliable(counted)
        self._others = {
            name for name, times in counted.items() if name not in self._echoes and times[False] > 1
        }
        self._unasked = _unasked(pairs)
        self._answers = _answers_of_choices(records)

    def check(self, candidate: Candidate) -> Rejection | None:
        """The first result that is one to another call."""
        for tool, arguments, fields in _answered(candidate.messages, candidate.first_written):
            evidence = self._other_echo(tool, arguments, fields) or self._other_choice(
                tool, arguments, fields
            )
            if evidence:
                return Rejection(self.name, f"{tool}: {evidence}")
        return None

    def _other_echo(self, tool: str, arguments: Fields, fields: Fields) -> str | None:
        for argument, field, said, same in _compared(arguments, fields):
            names = _names_of_echo(tool, argument, field)
            if (tool, field) in self._unasked:
                names = names[:1]
            if not same and names[0] not in self._others and not self._echoes.isdisjoint(names):
                return f"passed {argument} = {arguments[argument]!r:.50}, and the result is for {said!r:.50}"
        return None

    def _other_choice(self, tool: str, arguments: Fields, fields: Fields) -> str | None:
        for field, said in fields.items():
            for argument, value in arguments.items():
                only = self._answers.get((tool, argument, field, _shape(said)))
                if only is not None and only != _plain(value):
                    return (
                        f"passed {argument} = {value!r:.50}, and {said!r:.50} is the answer to {only!r:.50}"
                    )
        return None


Pair = tuple[str, Fields, Fields]
"""A tool, the arguments of a call of it, and the fields of the result; only values that are no lists or objects."""


def _answered(messages: Sequence[Message], first: int) -> Iterator[Pair]:
    for exchange in exchanges(messages):
        if exchange.message < first or exchange.answer is None:
            continue
        fields = _fields(message_text(messages[exchange.answer]))
        function = exchange.call.get("function") or {}
        if fields and isinstance(function, dict):
            arguments = read_arguments(str(function.get("arguments") or ""))
            plain = {key: value for key, value in arguments.items() if _plain(value)}
            yield exchange.name, plain, fields


def _fields(text: str) -> Fields:
    """The fields of a JSON object, lists left out, by their paths."""
    if text[:1] != "{":
        return {}
    try:
        parsed = read_json(text)
    except ValueError:
        return {}
    found: defaultdict[str, list[Any]] = defaultdict(list)
    for path, value in leaves(parsed, ""):
        found[path.lstrip(".")].append(value)
    return {path: values[0] for path, values in found.items() if len(values) == 1 and _plain(values[0])}


def _plain(value: Any) -> str:
    """Letters and digits of a single value; empty for what says nothing or may be several values."""
    if value is None or isinstance(value, (dict, list)):
        return ""
    text = str(value).strip()
    if equal := _EQUAL.fullmatch(text):
        return squeezed(equal.group(1))
    return "" if _QUERY.fullmatch(text) else squeezed(text)


def _shape(value: Any) -> str:
    return _NUMBER.sub("0", str(value)).lower()


def _compared(arguments: Fields, fields: Fields) -> Iterator[tuple[str, str, Any, bool]]:
    """(argument, field, what the field says, whether it is what was passed) for every argument and field."""
    plain = {field: _plain(said) for field, said in fields.items()}
    for argument, value in arguments.items():
        passed = _plain(value)
        for field, said in plain.items():
            yield argument, field, fields[field], said == passed or _is_day_of(value, fields[field])


def _is_day_of(one: Any, other: Any) -> bool:
    """Whether one of two values is the date, and the other the date with an hour: they differ in how exact they are."""
    longer, shorter = sorted((str(one), str(other)), key=len, reverse=True)
    return (
        _DAY.fullmatch(shorter) is not None
        and _DAY_AND_HOUR.fullmatch(longer) is not None
        and longer.startswith(shorter)
    )


def _names_of_echo(tool: str, argument: str, field: str) -> list[Hashable]:
    """A field of one tool; and, whatever the tool, one named like its argument at the same place of the result."""
    names: list[Hashable] = [(tool, argument, field)]
    if field.rsplit(".", 1)[-1] == argument:
        names.append(field.removesuffix(argument))
    return names


def _unasked(pairs: Sequence[Pair]) -> set[tuple[str, str]]:
    """The fields of each tool's results that are there without an argument of their name: no echo by name only."""
    return {
        (tool, field)
        for tool, arguments, fields in pairs
        for field in fields
        if field.rsplit(".", 1)[-1] not in arguments
    }


def _echoes(pairs: Sequence[Pair]) -> dict[Hashable, Counter[bool]]:
    """How often each field says its argument again, and how often something else."""
    counted: defaultdict[Hashable, Counter[bool]] = defaultdict(Counter)
    for tool, arguments, fields in pairs:
        for argument, field, _, same in _compared(arguments, fields):
            for name in _names_of_echo(tool, argument, field):
                counted[name][same] += 1
    return counted


def _reliable(counted: Mapping[Hashable, Counter[bool]]) -> set[Hashable]:
    return {
        name
        for name, times in counted.items()
        if times[True] >= LEAST_SEEN and times[True] >= RELIABLE * times.total()
    }


def _answers_of_choices(records: Sequence[Sequence[Pair]]) -> dict[tuple[str, str, str, str], str]:
    """The choice that each text of a result comes with, where it comes with one only: by tool, argument and field.

    A record counts once, however often it makes a call: its calls are about one customer and one ride.
    """
    values: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for tool, arguments, _ in (pair for pairs in records for pair in pairs):
        for argument, value in arguments.items():
            values[tool, argument].add(_plain(value))
    counted: defaultdict[tuple[str, str, str, str], Counter[str]] = defaultdict(Counter)
    for pairs in records:
        seen = {
            ((tool, argument, field, _shape(said)), _plain(value))
            for tool, arguments, fields in pairs
            for argument, value in arguments.items()
            if 1 < len(values[tool, argument]) <= MOST_CHOICES
            for field, said in fields.items()
        }
        for answer, choice in seen:
            counted[answer][choice] += 1
    usual: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for (tool, argument, _, _), times in counted.items():
        usual[tool, argument] += times
    answers = {}
    for (tool, argument, field, shape), times in counted.items():
        choice, often = times.most_common(1)[0]
        everywhere = usual[tool, argument]
        by_chance = (everywhere[choice] / everywhere.total()) ** often
        if by_chance < BY_CHANCE and often >= RELIABLE * times.total():
            answers[tool, argument, field, shape] = choice
    return answers
