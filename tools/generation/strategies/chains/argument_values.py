"""New values for arguments that the user names: drawn by code, from what the topic's records show.

They are plausible, differ from record to record, and satisfy the tool's schema. The model that writes the
conversation only has to say them.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Mapping
from typing import Any

from .identifiers import is_identifier, renumbered
from .traces import TracedCall

LONG_TEXT_WORDS = 5
"""Words from which a value is left to the model: nothing that code could draw would fit the conversation."""
WIDE_RANGE = 100
"""Whole numbers that a schema allows, from which any of them will do (an id); fewer mean something (a party size)."""
_TRIES = 4
_EMAIL = re.compile(r"\A[^@\s]++@(?>[^@\s]+\.)\w+\Z")


class ArgumentValues:
    """The values that a topic's real calls show, by name of the argument; e-mail addresses are one kind.

    Args:
        calls: of all traces of the topic.
    """

    def __init__(self, calls: Iterable[TracedCall]) -> None:
        self._pools: dict[str, dict[str, Any]] = {}
        self._calls: dict[str, list[TracedCall]] = {}
        for call in calls:
            self._calls.setdefault(call.name, []).append(call)
            for key, value in call.arguments.items():
                tidy = value.strip() if isinstance(value, str) else value
                self._pools.setdefault(_kind(key, value), {})[repr(tidy)] = tidy

    def drawn(
        self,
        call: TracedCall,
        names: Iterable[str],
        schemas: Mapping[str, Any],
        taken: set[str],
        rng: random.Random,
    ) -> dict[str, Any]:
        """New values for some arguments of a call.

        Args:
            call: as it was traced.
            names: the arguments wanted; none of them a choice or a long text.
            schemas: JSON Schemas of the tool's arguments, by name.
            taken: values that stand in the chain already, which are avoided where possible.
            rng: draws.
        """
        # Amounts, dates and times belong together (begin and end, count and price): all from one real call.
        companion = rng.choice(self._calls[call.name])
        values = {}
        for name in names:
            values[name] = self._one(call, name, schemas.get(name, {}), companion, taken, rng)
            taken.add(str(values[name]))
        return values

    def _one(
        self,
        call: TracedCall,
        name: str,
        schema: Mapping[str, Any],
        companion: TracedCall,
        taken: set[str],
        rng: random.Random,
    ) -> Any:
        old = call.arguments[name]
        least, most = schema.get("minimum"), schema.get("maximum")
        if isinstance(old, int) and least is not None and most is not None and most - least >= WIDE_RANGE:
            return rng.randint(least, most)
        if is_identifier(str(old)) and not isinstance(old, float):
            return type(old)(renumbered(str(old), rng))
        if any(letter.isdigit() for letter in str(old)) and not _EMAIL.fullmatch(str(old)):
            return companion.arguments.get(name, old)
        pool = [
            value
            for value in self._pools[_kind(name, old)].values()
            if type(value) is type(old) and not is_long(value)
        ]
        drawn = rng.choice(pool)
        for _ in range(_TRIES):
            if str(drawn) not in taken:
                break
            drawn = rng.choice(pool)
        return drawn


def is_long(value: Any) -> bool:
    """Whether a value is a text that the model has to write."""
    return isinstance(value, str) and len(value.split()) >= LONG_TEXT_WORDS


def misread(value: Any, schema: Mapping[str, Any], rng: random.Random) -> Any:
    """A number or code with two of its digits exchanged or one of them changed, as people mistype them.

    None for other values (a date with its digits exchanged is none), for fewer than three digits, and where the
    tool's schema refuses the result.
    """
    text = str(value)
    places = [place for place, letter in enumerate(text) if letter.isdigit()]
    is_number = isinstance(value, (int, str)) and not isinstance(value, bool) and text.isdigit()
    if len(places) < 3 or not (is_number or (isinstance(value, str) and is_identifier(text))):
        return None
    place = rng.randrange(1, len(places))
    left, right = places[place - 1], places[place]
    letters = list(text)
    letters[left], letters[right] = letters[right], letters[left]
    if letters == list(text):
        letters[right] = str((int(letters[right]) + 1) % 10)
    wrong = type(value)("".join(letters))
    least, most = schema.get("minimum"), schema.get("maximum")
    if isinstance(wrong, int) and not (
        (least is None or wrong >= least) and (most is None or wrong <= most) and len(str(wrong)) == len(text)
    ):
        return None
    return wrong


def _kind(name: str, value: Any) -> str:
    return "email" if isinstance(value, str) and _EMAIL.fullmatch(value) else name
