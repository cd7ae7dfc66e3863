"""Reads a record with tool calls and says what in it cannot all be true. Knows nothing of how records are made.

It looks at what is sure without understanding the language: a lower bound. Read only what is written here before its
figures are believed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

_MADE_UP_ID = re.compile(r"(?=.*\d)(?=.*[A-Za-z])[\w-]{5,}")
_NUMBER = re.compile(r"\d[\d,.]*\d{2}")
_SAYS_HOW_IT_WENT = ("message", "status", "result", "exception")


@dataclass
class _Round:
    """A call, and what came back."""

    tool: str
    given: dict[str, Any]
    returned: Any = None
    before: str = ""  # all that was said, called and returned until then
    is_answered: bool = False


@dataclass
class Reading:
    """What was found in one record.

    Attributes:
        called: names of the tools.
        faults: what cannot be true, in words.
    """

    called: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)


def read(record: dict[str, Any]) -> Reading:
    """Everything that is wrong with the calls and results of a record."""
    rounds, spoken, found = _rounds(record["messages"]), record["messages"], Reading()
    found.called = {one.tool for one in rounds}
    declared = {(tool.get("function") or tool)["name"] for tool in record.get("tools") or ()}
    found.faults += [f"{one.tool} is not declared" for one in rounds if one.tool not in declared]
    found.faults += [f"{one.tool} is not answered" for one in rounds if not one.is_answered]
    found.faults += [*_denied(rounds), *_changed(rounds), *_told_twice(rounds), *_from_nowhere(rounds)]
    found.faults += _said_otherwise(spoken)
    return found


def _rounds(messages: list[dict[str, Any]]) -> list[_Round]:
    rounds: list[_Round] = []
    waiting: list[_Round] = []
    before = ""
    for message in messages:
        if message["role"] == "tool":
            if waiting:
                one = waiting.pop(0)
                one.returned, one.is_answered = _parsed(message["content"]), True
        else:
            waiting = []
        for call in message.get("tool_calls") or ():
            given = _parsed(call["function"]["arguments"])
            one = _Round(call["function"]["name"], given if isinstance(given, dict) else {}, before=before)
            rounds.append(one)
            waiting.append(one)
            before += " " + call["function"]["arguments"]
        before += " " + str(message.get("content") or "")
    return rounds


def _denied(rounds: list[_Round]) -> Iterator[str]:
    """A result that has another value under the name of an argument."""
    for one in rounds:
        for entry in _objects(one.returned):
            for name, value in entry.items():
                asked = one.given.get(name)
                if _is_plain(asked) and _is_plain(value) and not _same(asked, value):
                    yield f"{one.tool} was asked for {name} = {asked!r} and returned {value!r}"


def _changed(rounds: list[_Round]) -> Iterator[str]:
    """The same call twice in a row, and another result."""
    for one, other in pairwise(rounds):
        alike = one.tool == other.tool and one.given == other.given
        if alike and one.is_answered and other.is_answered and one.returned != other.returned:
            yield f"{one.tool} returned something else the second time"


def _told_twice(rounds: list[_Round]) -> Iterator[str]:
    """The same thing, by its id or its name, with two values of one property."""
    known: dict[tuple[str, str], dict[str, Any]] = {}
    for one in rounds:
        for entry in _objects(one.returned):
            names = [name for name in entry if name.lower() == "name" or name.lower().endswith("id")]
            for name in names:
                if not _is_plain(entry[name]) or entry[name] in ("", None):
                    continue
                earlier = known.setdefault((name, str(entry[name])), {})
                for key, value in entry.items():
                    if key.lower() in _SAYS_HOW_IT_WENT or key in one.given or not _is_plain(value):
                        continue
                    if key in earlier and not _same(earlier[key], value):
                        yield f"{entry[name]!r} has {key} {earlier[key]!r} and then {value!r}"
                    earlier[key] = value


def _from_nowhere(rounds: list[_Round]) -> Iterator[str]:
    """An id as an argument that nobody said and nothing returned."""
    for one in rounds:
        for name, value in one.given.items():
            if (
                isinstance(value, str)
                and _MADE_UP_ID.fullmatch(value)
                and value.lower() not in one.before.lower()
            ):
                yield f"{one.tool}: {name} = {value!r} comes from nowhere"


def _said_otherwise(messages: list[dict[str, Any]]) -> Iterator[str]:
    """A number of three and more digits that the assistant tells, and that stands nowhere before."""
    before = ""
    has_results = False
    for message in messages:
        text = str(message.get("content") or "")
        if message["role"] == "assistant" and has_results:
            for number in _NUMBER.findall(text):
                if _digits(number) not in _digits(before):
                    yield f"the assistant tells {number}, which stands nowhere before"
        has_results = has_results or message["role"] == "tool"
        before += f" {text} " + " ".join(c["function"]["arguments"] for c in message.get("tool_calls") or ())


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _objects(inner)


def _parsed(text: Any) -> Any:
    try:
        return json.loads(text) if isinstance(text, str) else text
    except ValueError:
        return text


def _is_plain(value: Any) -> bool:
    """A value of its own: no list, and no condition such as ``api.is_at_least(3)``."""
    return isinstance(value, (str, int, float, bool)) and "(" not in str(value)


def _same(one: Any, other: Any) -> bool:
    one, other = str(one).strip().lower(), str(other).strip().lower()
    return one == other or (bool(one and other) and (one in other or other in one))


def _digits(text: str) -> str:
    return re.sub(r"[,.]", "", text)
