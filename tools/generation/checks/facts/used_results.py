"""Used results: a later step takes from an earlier result what the result gives under the same name.

A booking id that stands in the dialogue is not enough: it must be one that a result gave *as* a booking id, unless
the user names it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ....dataset.json_within import read_json
from ....dataset.record import Message, Record, message_text
from ...attempts.draft import Candidate, Rejection
from ..form.written_calls import calls_of, leaves, read_arguments
from .explained import explains
from .habits import Excuse, Finding, Habits, Key
from .left_to_choose import wants_another
from .said import Said
from .spoken_values import squeezed, values_of

OWN_WAY = 0.05
"""Share of the real records with an argument that give it another value than the results do, from which the argument
is not one that is handed on."""

SHORTEST_CODE = 3
"""Letters and digits; shorter ones are counts and choices."""

_SEVERAL = re.compile(r"[\s(]")
"""White space and the brackets of a query: not one code."""


class UsedResults:
    """Compares arguments with the fields of the same name in the results before them."""

    name = "used_results"

    def __init__(self, real: Iterable[Record] = ()) -> None:
        self._habits = Habits(real, lambda record: _findings(record.messages, 0), _arguments_given)

    def check(self, candidate: Candidate) -> Rejection | None:
        """The first argument that should have come from a result."""
        if all(message["role"] != "tool" for message in candidate.messages):
            return None
        found = self._habits.first_unexcused(_findings(candidate.messages, candidate.first_written))
        return Rejection(self.name, found.evidence) if found else None


def _arguments_given(record: Record) -> Iterator[Key]:
    for message in record.messages:
        for _, written in calls_of(message):
            yield from read_arguments(written)


def _findings(messages: Sequence[Message], first: int) -> Iterator[Finding]:
    given: defaultdict[str, set[str]] = defaultdict(set)
    passed: defaultdict[str, set[str]] = defaultdict(set)
    users = Said()
    another = False
    for index, message in enumerate(messages):
        text = message_text(message)
        if message["role"] == "tool":
            for field, value in _fields(text):
                given[field].add(squeezed(str(value)))
        else:
            users.add(text)
        if message["role"] == "user":
            another = wants_another(text)
        for tool, written in calls_of(message):
            for argument, value in read_arguments(written).items():
                values, code = given.get(argument), squeezed(str(value))
                if (
                    index >= first
                    and values
                    and _is_code(value)
                    and code not in values
                    and not explains(users, value)
                ):
                    evidence = f"{tool}.{argument} = {value!r:.40} is not what a result gave as {argument!r}"
                    # Who asks for another flight than the one that failed asks for another id.
                    other_wanted = another and values <= passed[argument]
                    yield Finding(evidence, (Excuse(argument, argument, OWN_WAY),), other_wanted)
                passed[argument].add(code)


def _fields(text: str) -> Iterator[tuple[str, Any]]:
    """(name, value) of the fields of a result that is JSON."""
    if text[:1] not in ("{", "["):
        return
    try:
        parsed = read_json(text)
    except ValueError:
        return
    for path, value in leaves(parsed, ""):
        if _is_code(value):
            yield path.rsplit(".", 1)[-1], value


def _is_code(value: Any) -> bool:
    """Whether a value is an id, a token or the like: nobody can guess it, so it must have been handed on."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return False
    text = str(value)
    if len(text) < SHORTEST_CODE or not any(letter.isdigit() for letter in text) or _SEVERAL.search(text):
        return False
    return all(one.kind not in ("date", "time") for one in values_of(text))
