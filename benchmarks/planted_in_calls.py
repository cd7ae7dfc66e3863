"""Planting defects into tool calls."""

from __future__ import annotations

import copy
import json
import random
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from finetune_coverage.tools.dataset.record import Record, message_text

_TYPES: dict[str, Any] = {
    "string": "about five",
    "number": 4.5,
    "boolean": True,
    "array": ["about five", "six"],
    "object": {"value": "about five"},
}
_PYTHON: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "array": list,
    "object": dict,
}


class Observed:
    """What the records of a dataset call, say in arguments and get back: where other plausible values come from.

    Attributes:
        tools: names of all declared tools.
        arguments: the distinct values of each (tool, argument).
        results: the distinct texts under each key of the tools' results.
    """

    def __init__(self, records: Iterable[Record]) -> None:
        tools: set[str] = set()
        arguments: defaultdict[tuple[str, str], dict[str, Any]] = defaultdict(dict)
        results: defaultdict[str, set[str]] = defaultdict(set)
        for record in records:
            tools.update(declared(record.source))
            for _, call in calls_of(record.source):
                for key, value in arguments_of(call).items():
                    arguments[call["function"]["name"], key][json.dumps(value)] = value
            for message in record.messages:
                if message["role"] == "tool":
                    for key, value in result_texts(message_text(message)):
                        results[key].add(value)
        self.tools = sorted(tools)
        self.arguments = {key: list(values.values()) for key, values in arguments.items()}
        self.results = {key: sorted(values) for key, values in results.items()}


def declared(source: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The parameter schemas of the declared tools by name."""
    return {
        tool["function"]["name"]: tool["function"].get("parameters", {}) for tool in source.get("tools") or []
    }


def calls_of(source: dict[str, Any]) -> Iterator[tuple[int, dict[str, Any]]]:
    """(index of its message, call) of every tool call."""
    for index, message in enumerate(source["messages"]):
        for call in message.get("tool_calls") or []:
            yield index, call


def arguments_of(call: dict[str, Any]) -> dict[str, Any]:
    """The parsed arguments; empty when they are no JSON object."""
    try:
        parsed = json.loads(call["function"]["arguments"])
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def result_texts(text: str) -> Iterator[tuple[str, str]]:
    """(key, text) of the short texts in a tool's result."""
    try:
        parsed = json.loads(text)
    except ValueError:
        return
    yield from _texts(parsed, "")


def _texts(value: Any, key: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for inner_key, inner in value.items():
            yield from _texts(inner, str(inner_key))
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner, key)
    elif isinstance(value, str) and 3 <= len(value) <= 40 and len(value.split()) <= 4:
        yield key, value


def other_digits(text: str, rng: random.Random) -> str:
    """``text`` with other digits in the place of its digits; never the same text."""
    while True:
        made = re.sub(r"\d+", lambda found: _digits(found.group(), rng), text)
        if made != text:
            return made


def _digits(old: str, rng: random.Random) -> str:
    return str(rng.randint(1, 9)) + "".join(str(rng.randint(0, 9)) for _ in old[1:])


def undeclared_tool(record: Record, observed: Observed, rng: random.Random) -> dict[str, Any] | None:
    """A call of a tool that other records declare, or of a new version of its own."""
    calls = list(calls_of(record.source))
    if not calls:
        return None
    index, call = rng.choice(calls)
    own = declared(record.source)
    name = rng.choice(
        [f"{call['function']['name']}_v2", *(tool for tool in observed.tools if tool not in own)]
    )
    return _with_call(record, index, call, name=name)


def wrong_argument_type(record: Record, observed: Observed, rng: random.Random) -> dict[str, Any] | None:
    """A value of another JSON type than declared, in the place of one of the declared type."""
    places = []
    for index, call in calls_of(record.source):
        properties = declared(record.source).get(call["function"]["name"], {}).get("properties", {})
        for key, value in arguments_of(call).items():
            kind = properties.get(key, {}).get("type")
            if isinstance(kind, str) and kind in _PYTHON and isinstance(value, _PYTHON[kind]):
                places.append((index, call, key, kind))
    if not places:
        return None
    index, call, key, kind = rng.choice(places)
    others = [value for name, value in _TYPES.items() if name != kind]
    return _with_call(record, index, call, arguments=arguments_of(call) | {key: rng.choice(others)})


def missing_required_argument(
    record: Record, observed: Observed, rng: random.Random
) -> dict[str, Any] | None:
    """A call without one of the arguments that its tool requires."""
    places = [
        (index, call, key)
        for index, call in calls_of(record.source)
        for key in declared(record.source).get(call["function"]["name"], {}).get("required", [])
        if key in arguments_of(call)
    ]
    if not places:
        return None
    index, call, key = rng.choice(places)
    arguments = {name: value for name, value in arguments_of(call).items() if name != key}
    return _with_call(record, index, call, arguments=arguments)


def ungrounded_argument(record: Record, observed: Observed, rng: random.Random) -> dict[str, Any] | None:
    """A value that was said before the call is replaced by one that was not: another record's, or other digits."""
    places = []
    for index, call in calls_of(record.source):
        before = _said(record, index)
        for key, value in arguments_of(call).items():
            if isinstance(value, bool) or not isinstance(value, (str, int, float)) or len(str(value)) < 2:
                continue
            if str(value).lower() in before and (
                others := _other_values(call, key, value, before, observed, record)
            ):
                places.append((index, call, key, others))
    if not places:
        return None
    index, call, key, others = rng.choice(places)
    value = rng.choice(others)
    return _with_call(record, index, call, arguments=arguments_of(call) | {key: value})


def _said(record: Record, index: int) -> str:
    return "\n".join(message_text(message) for message in record.messages[:index]).lower()


def _other_values(
    call: dict[str, Any], key: str, value: Any, before: str, observed: Observed, record: Record
) -> list[Any]:
    """Values of other records that nobody said in this one and that the schema allows."""
    schema = declared(record.source).get(call["function"]["name"], {}).get("properties", {}).get(key, {})
    allowed = schema.get("enum")
    found = [
        other
        for other in observed.arguments[call["function"]["name"], key]
        if type(other) is type(value)
        and str(other).strip().lower() not in before
        and (allowed is None or other in allowed)
        and not str(other).startswith("api.")
    ]
    if not found and isinstance(value, str) and allowed is None and re.search(r"\d{2}", value):
        found = [other_digits(value, random.Random(value))]
    return found


def unanswered_call(record: Record, observed: Observed, rng: random.Random) -> dict[str, Any] | None:
    """The result of a call is gone, or answers another id."""
    places = [index for index, message in enumerate(record.messages) if message["role"] == "tool"]
    if not places:
        return None
    index = rng.choice(places)
    source = copy.deepcopy(record.source)
    if rng.random() < 0.5:
        del source["messages"][index]
    else:
        source["messages"][index]["tool_call_id"] = f"{source['messages'][index]['tool_call_id']}0"
    return source


def _with_call(record: Record, index: int, call: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The record with a change in one call of the message at ``index``: in this one only, whatever its id is."""
    source: dict[str, Any] = copy.deepcopy(record.source)
    if "arguments" in changes:
        changes["arguments"] = json.dumps(changes["arguments"], ensure_ascii=False)
    for made, old in zip(
        source["messages"][index]["tool_calls"], record.messages[index]["tool_calls"], strict=True
    ):
        if old is call:
            made["function"].update(changes)
    return source
