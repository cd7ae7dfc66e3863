"""The tool calls of a dialogue, with their arguments read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ....dataset.json_within import read_json
from ....dataset.record import Message


def calls_of(message: Message) -> list[tuple[str, str]]:
    """(tool, arguments as written) of every call in a message; what is missing is empty."""
    calls = message.get("tool_calls") or []
    return [
        (str(function.get("name") or ""), str(function.get("arguments") or ""))
        for call in calls
        if isinstance(function := call.get("function") or {}, dict)
    ]


def read_arguments(written: str) -> dict[str, Any]:
    """The arguments; empty when they are no JSON object, which the check of form refuses."""
    try:
        parsed = read_json(written)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """(path, value) of everything that is neither object nor list; list items share their list's path."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, path)
    else:
        yield path, value
