"""Hidden text: characters that nobody sees, and that change what a terminal, a page or a model makes of a record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ....dataset.json_within import read_json
from ....dataset.record import Message, Record
from ....text.hidden_characters import hidden_characters
from ...attempts.draft import Candidate, Rejection
from ..check import ANY
from ..habits import Excuse, Finding, Habits

HABIT = 0.01
"""Share of the real records with a character, from which it is theirs: colours in logs, isolated numbers in Arabic."""


class HiddenText:
    """Looks at every string of the written turns, those of tool calls and their arguments included."""

    name = "hidden_text"
    languages = ANY

    def __init__(self, real: Iterable[Record] = ()) -> None:
        self._habits = Habits(real, lambda record: _findings(record.messages))

    def check(self, candidate: Candidate) -> Rejection | None:
        """The first such character, by its number: shown as itself it would do what it is refused for."""
        found = self._habits.first_unexcused(_findings(candidate.written))
        return Rejection(self.name, found.evidence) if found else None


def _findings(messages: Sequence[Message]) -> Iterator[Finding]:
    for message in messages:
        for text in _strings(message):
            for hidden in hidden_characters(text):
                evidence = f"{message.get('role', '?')}: a {hidden.kind} ({hidden.name})"
                yield Finding(evidence, (Excuse((hidden.kind, hidden.text), None, HABIT),))


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
        if (
            "\\" in value
        ):  # arguments of a call are JSON in a string: escaped there, they come out when it is read
            try:
                inner = read_json(value)
            except ValueError:
                return
            if not isinstance(inner, str):
                yield from _strings(inner)
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _strings(key)
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)
