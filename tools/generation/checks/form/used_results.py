"""Used results: a later step takes from an earlier result what the result gives under the same name.

A booking id that stands in the dialogue is not enough: it must be one that a result gave *as* a booking id, unless
the user names it. Compared is how values are written, so it is the same in every language.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ....dataset.json_within import read_json
from ....dataset.record import Message, Record, message_text
from ....text.letters import squeezed
from ...attempts.draft import Candidate, Rejection
from ..check import ANY
from ..habits import Excuse, Finding, Habits, Key
from .written_calls import calls_of, leaves, read_arguments

OWN_WAY = 0.05
"""Share of the real records with an argument that give it another value than the results do, from which the argument
is not one that is handed on."""
SHORTEST_CODE = 5
"""Letters and digits; shorter ones are counts and choices."""
_NO_CODE = re.compile(r"[\s(]|\A[\d./:T+-]+\Z(?<!\d{5})|\A\d{4}-\d\d-\d\d")
"""White space and the brackets of a query, times, dates and amounts: not one code."""


class UsedResults:
    """Compares arguments with the fields of the same name in the results before them."""

    name = "used_results"
    languages = ANY

    def __init__(self, real: Iterable[Record] = ()) -> None:
        self._habits = Habits(real, lambda record: _findings(record.messages, 0), _arguments_given)

    def check(self, candidate: Candidate) -> Rejection | None:
        """The first argument that should have come from a result."""
        found = self._habits.first_unexcused(_findings(candidate.messages, candidate.first_written))
        return Rejection(self.name, found.evidence) if found else None


def _arguments_given(record: Record) -> Iterator[Key]:
    for message in record.messages:
        for _, written in calls_of(message):
            yield from read_arguments(written)


def _findings(messages: Sequence[Message], first: int) -> Iterator[Finding]:
    given: defaultdict[str, set[str]] = defaultdict(set)
    said = ""
    for index, message in enumerate(messages):
        text = message_text(message)
        if message["role"] == "tool":
            for field, value in _fields(text):
                given[field].add(squeezed(str(value)))
        else:
            said += squeezed(text)
        for tool, written in calls_of(message) if index >= first else ():
            for argument, value in read_arguments(written).items():
                values, code = given.get(argument), squeezed(str(value))
                if values and _is_code(value) and code not in values and code not in said:
                    evidence = f"{tool}.{argument} = {value!r:.40} is not what a result gave as {argument!r}"
                    yield Finding(evidence, (Excuse(argument, argument, OWN_WAY),))


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
    return len(text) >= SHORTEST_CODE and any(map(str.isdigit, text)) and not _NO_CODE.search(text)
