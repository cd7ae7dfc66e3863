"""JSON out of a model's reply, which may wrap it in prose or a code fence. Never completes what is missing."""

from __future__ import annotations

import json
import re
from math import isfinite
from typing import Any, NoReturn

# A string, or a comma directly before a closing bracket: the comma goes, strings stay as they are.
_STRING_OR_TRAILING_COMMA = re.compile(r'("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])', re.DOTALL)
# What a JSON object or array starts with. "{name}" and "[see below]" in prose do not.
_START = re.compile(r"\{\s*[\"'}]|\[\s*[\[{\"\]]|\[\s*-?\d")
_SHOWN = 60
DEEPEST = 64
"""Levels of nesting in a reply; no schema here asks for more than ten."""


def parse_json(text: str) -> Any:
    """The one JSON object (or, when there is none, array) in a reply.

    Accepts prose and code fences around it, trailing commas, and raw line breaks inside strings. Nothing is added or
    guessed: a reply that was cut off is refused.

    Raises:
        ValueError: no JSON, several different objects, JSON that is cut off, malformed, or nested too deep, or a number
            that no file can hold; says which.
    """
    text = text.strip()
    if not text:
        raise ValueError("the reply is empty")
    found = _values(text)
    objects = [value for value in found if isinstance(value, dict)] or found
    if not objects:
        raise ValueError(f"there is no JSON object in the reply: {_short(text)}")
    for value in objects:
        _check_depth(value)
    if any(value != objects[0] for value in objects[1:]):
        raise ValueError(f"the reply holds {len(objects)} different JSON values where one was asked")
    return objects[0]


def _values(text: str) -> list[Any]:
    """Every JSON object and array at the top level of the text."""
    text = _STRING_OR_TRAILING_COMMA.sub(lambda match: match[1] or "", text)
    decoder = json.JSONDecoder(
        strict=False,
        parse_constant=_refuse_constant,
        parse_float=_finite,
        object_pairs_hook=_refuse_duplicates,
    )
    values: list[Any] = []
    position = 0
    while match := _START.search(text, position):
        try:
            value, position = decoder.raw_decode(text, match.start())
        except json.JSONDecodeError as error:
            raise ValueError(_what_is_wrong(text, error)) from None
        except RecursionError:
            raise ValueError(_TOO_DEEP) from None
        values.append(value)
    return values


_TOO_DEEP = f"the JSON is nested more than {DEEPEST} deep"


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(DEEPEST):
        level = [
            part
            for each in level
            if isinstance(each, (dict, list))
            for part in (each.values() if isinstance(each, dict) else each)
        ]
        if not level:
            return
    raise ValueError(_TOO_DEEP)


def _finite(digits: str) -> float:
    number = float(digits)
    if not isfinite(number):
        raise ValueError(f"the JSON holds the number {_short(digits)}, which is too large")
    return number


def _what_is_wrong(text: str, error: json.JSONDecodeError) -> str:
    cut = error.pos >= len(text) or error.msg.startswith("Unterminated string")
    if cut:
        return f"the JSON is cut off; it ends with: {_short(text[-_SHOWN:])}"
    around = text[max(0, error.pos - _SHOWN // 2) : error.pos + _SHOWN // 2]
    return f"the JSON is malformed ({error.msg}) near: {_short(around)}"


def _refuse_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("the JSON names a key twice")
    return result


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"the JSON holds {name}, which is no JSON value")


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1]}…"
