"""Grounded arguments: every value that a call passes was said by somebody before it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ....dataset.record import Message, Record, message_text
from ...attempts.draft import Candidate, Rejection
from ..check_settings import CheckSettings
from ..form.written_calls import calls_of, leaves, read_arguments
from .argument_schema import is_constant, is_described, schema_of, telling_words
from .explained import explains
from .habits import Excuse, Finding, Habits, Key
from .left_to_choose import (
    Offered,
    counts_from_now,
    leaves_choice,
    leaves_time,
    offered_by,
    wants_again,
    wants_another,
)
from .own_words import QUERY, freely_told, is_composed
from .passed_over import KnownValues, Passed, UserValues, is_name
from .said import Said
from .spoken_times import tells_time
from .spoken_values import values_of

ONE_VALUE = 0.8
"""Part of `CheckSettings.invented_arguments` that is enough for one value of an argument: a default that many use, a
word for what people say in other words."""
ANY_TOOL = 4.0
"""The same for an argument of one name over all tools: they may differ much."""
DEFAULT = 4.0
"""The same for one value whatever users said: what so many calls pass is how the tool is used."""
WEIGHT: dict[Passed, float] = {"nothing": 1 / 6, "ruled out": 1 / 6, "tried": 1 / 6, "passed over": 1.0}
"""The same by what users said that could have stood there: where it was nothing, or only what earlier calls have tried,
somebody had to choose."""
LEFT_OPEN = 1 / 3
"""The same when the user has just left something open."""
ONE_MORE = 0.02
"""Share of the real records that pass one more than was said, from which that is how the argument is counted: "me and
5 guests"."""
_LEFT_OPEN = re.compile(
    r"\b(others?|another|different|any\w*|except|else|suggest\w*|recommend\w*|whatever|whichever|alternatives?|options?"
    r"|later|earlier|sooner|soonest|earliest|asap|chang(e|ing)|compare|cheapest)\b",
    re.IGNORECASE,
)
"""The user has the assistant choose: the values of the next call are the assistant's."""


class GroundedArguments:
    """Traces the values to users, system prompt, earlier results and schema defaults.

    Numbers, dates, times, names and codes are compared in a normal form; see `said` and `spoken_values`.
    """

    name = "grounded_arguments"

    def __init__(self, real: Iterable[Record] = (), settings: CheckSettings | None = None) -> None:
        real = list(real)
        self._invented = (settings or CheckSettings()).invented_arguments
        self._free = freely_told(real)
        self._known = KnownValues(real)
        self._habits = Habits(real, self._of_record, _arguments_given)

    def check(self, candidate: Candidate) -> Rejection | None:
        """The first value that nobody said."""
        if not candidate.source.get("tools"):
            return None
        found = self._habits.first_unexcused(
            self._findings(candidate.messages, candidate.first_written, candidate.source)
        )
        return Rejection(self.name, found.evidence) if found else None

    def _of_record(self, record: Record) -> Iterator[Finding]:
        return self._findings(record.messages, 0, record.source)

    def _findings(self, messages: Sequence[Message], first: int, source: dict[str, Any]) -> Iterator[Finding]:
        said, users = Said(), UserValues()
        called: set[str] = set()
        offered: frozenset[Offered] = frozenset()
        asked = ""
        left_open = chooses = chose = any_time = from_now = has_acted = False
        for index, message in enumerate(messages):
            for tool, written in calls_of(message):
                if index >= first:
                    case = _Case(tool in called, left_open, chooses, any_time, from_now, offered, said, users)
                    yield from self._untraced(tool, read_arguments(written), source, case)
                called.add(tool)
                has_acted = True
                users.call(tool, read_arguments(written))
            text = message_text(message)
            if message["role"] == "user":
                left_open = _LEFT_OPEN.search(text) is not None
                # What is left open stays so until the assistant has acted on it.
                chooses = (
                    (chooses and not has_acted)
                    or leaves_choice(text)
                    or (bool(called) and wants_another(text))
                    or (chose and wants_again(text))
                )
                chose = chose or chooses
                from_now = counts_from_now(text)
                any_time = (any_time and not has_acted) or leaves_time(text)
                has_acted = False
                users.add(text, asked)
            if message["role"] == "tool":
                said.add_result(text)
                offered = offered_by(text)
            else:
                said.add(text)
            if message["role"] == "assistant" and text:
                asked = text

    def _untraced(
        self, tool: str, arguments: dict[str, Any], source: dict[str, Any], case: _Case
    ) -> Iterator[Finding]:
        for argument, value in arguments.items():
            schema = schema_of(source, tool, argument)
            telling = telling_words(schema)
            free = (tool, argument) in self._free
            for path, leaf in leaves(value, argument):
                if explains(case.said, leaf, telling, free=free) or is_constant(leaf, schema):
                    continue
                if is_described(leaf, schema, case.said.words):
                    continue
                if case.users.spans.keeps(tool, argument, arguments, case.said.spans):
                    continue
                if case.users.has_passed(tool, argument, value):
                    continue
                others = [other for name, other in arguments.items() if name != argument]
                names = self._known.of(tool, argument, schema)
                instead = case.users.what_was_said(tool, argument, leaf, names, others)
                if instead != "passed over" and self._known.is_usual(tool, argument, leaf):
                    continue
                if instead == "passed over" or not (case.again and (case.left_open or tells_time(leaf))):
                    left = _is_left_to_choose(leaf, others, instead, case, choice="enum" in schema)
                    allowed = (left and not case.users.is_own(tool, argument)) or (
                        is_composed(argument) and case.said.knows_some(values_of(str(leaf)))
                    )
                    yield self._finding(
                        (tool, argument, path), leaf, case, instead, choice="enum" in schema, allowed=allowed
                    )

    def _finding(
        self,
        place: tuple[str, str, str],
        value: Any,
        case: _Case,
        instead: Passed,
        *,
        choice: bool,
        allowed: bool,
    ) -> Finding:
        tool, argument, path = place
        instead = "passed over" if instead == "ruled out" else instead
        share = self._invented * WEIGHT[instead] * (LEFT_OPEN if case.left_open else 1)
        key = (tool, argument, case.again)
        excuses = [
            Excuse((*key, str(value)), key, DEFAULT * self._invented),
            Excuse((argument, str(value)), argument, DEFAULT * self._invented),
            Excuse((*key, instead, case.left_open, str(value)), key, ONE_VALUE * share),
            Excuse((*key, instead, case.left_open), key, share),
            Excuse((argument, case.again, instead, case.left_open), key[1:], ANY_TOOL * share),
        ]
        if isinstance(value, str) and (query := QUERY.match(value)):
            # ``is_equal_to("Sunday")`` may be what a form shows before anybody chose.
            excuses.append(Excuse(query.group()))
        if instead == "nothing" and choice:
            # One of few, which users may describe in other words: "coach", "the east side".
            excuses.append(Excuse("a choice that nobody named"))
        if type(value) is int and explains(case.said, value - 1):
            excuses.append(Excuse((argument, "one more"), key[1:], ONE_MORE))
        why = "was said by nobody" + (", and users said another" if instead == "passed over" else "")
        return Finding(f"{tool}.{path} = {value!r:.60} {why}", tuple(excuses), allowed)


@dataclass(frozen=True)
class _Case:
    """Where a call stands: whether it is a further one of its tool, and what was said before it."""

    again: bool
    left_open: bool
    chooses: bool
    any_time: bool
    from_now: bool
    offered: frozenset[Offered]
    said: Said
    users: UserValues


def _is_left_to_choose(
    value: Any, others: Sequence[Any], instead: Passed, case: _Case, *, choice: bool
) -> bool:
    """Whether the user has the assistant find a value, or rules out what could have stood there."""
    if case.users.bounds(value, others):
        return True
    if instead == "ruled out" and (choice or tells_time(value)):
        return True
    if case.from_now and tells_time(value):
        return True
    if case.any_time and tells_time(value) and (instead != "passed over" or case.again):
        return True
    if ("time" in case.offered and tells_time(value)) or ("name" in case.offered and is_name(value)):
        return instead != "passed over"
    return case.chooses and instead != "passed over"


def _arguments_given(record: Record) -> Iterator[Key]:
    given: set[Key] = set()
    called: set[str] = set()
    for message in record.messages:
        for tool, written in calls_of(message):
            for argument in read_arguments(written):
                given |= {argument, (tool, argument, tool in called), (argument, tool in called)}
            called.add(tool)
    return iter(given)
