"""Tool schema: a call's tool is declared, its arguments are a JSON object that satisfies the declared schema."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError

from ....dataset.json_within import read_json
from ....dataset.record import Message, Record
from ...attempts.draft import Candidate, Rejection
from ..check import ANY
from ..habits import Excuse, Finding, Habits, Key
from .written_calls import calls_of, read_arguments

BROKEN = 0.02
"""Share of the real records with an argument that break its schema in one way, from which that way is the dataset's:
numbers where text is declared, an argument that the schema forgot."""
BROKEN_EVERYWHERE = 0.05
"""The same over all arguments of one name, or of one notation (``api.is_equal_to("…")``), whatever the tool."""


class ToolSchema:
    """The first three rungs: JSON, declared, valid without extra arguments."""

    name = "tool_schema"
    languages = ANY

    def __init__(self, real: Iterable[Record] = ()) -> None:
        self._habits = Habits(real, _of_record, _arguments_given)

    def check(self, candidate: Candidate) -> Rejection | None:
        """The first call that breaks its declaration."""
        written = candidate.messages[candidate.first_written :]
        found = self._habits.first_unexcused(_findings(written, candidate.source.get("tools")))
        return Rejection(self.name, found.evidence) if found else None


def _of_record(record: Record) -> Iterator[Finding]:
    return _findings(record.messages, record.tools)


def _arguments_given(record: Record) -> Iterator[Key]:
    for message in record.messages:
        for tool, written in calls_of(message):
            yield tool
            yield "any call"
            for argument in read_arguments(written):
                yield tool, argument
                yield "argument", argument


def _findings(messages: Sequence[Message], tools: Any) -> Iterator[Finding]:
    for message in messages:
        for name, written in calls_of(message):
            schema = _parameters(tools, name)
            if schema is None:
                yield Finding(f"tool {name!r} is not declared")
                continue
            try:
                arguments = read_json(written)
            except ValueError as error:
                yield Finding(f"arguments of {name} are not JSON: {error}")
                continue
            if not isinstance(arguments, dict):
                yield Finding(f"arguments of {name} are not an object")
                continue
            yield from _extra_arguments(name, arguments, schema)
            validator = _validator(json.dumps(schema, sort_keys=True))
            if validator is not None and not validator.is_valid(arguments):
                errors = sorted(validator.iter_errors(arguments), key=str)
                yield from (_invalid(name, error) for error in errors)


def _parameters(tools: Any, name: str) -> dict[str, Any] | None:
    for tool in tools or ():
        function = tool.get("function", tool)
        if isinstance(function, dict) and function.get("name") == name:
            return function.get("parameters") or {"type": "object"}
    return None


def _extra_arguments(name: str, arguments: dict[str, Any], schema: dict[str, Any]) -> Iterator[Finding]:
    declared = schema.get("properties")
    for extra in sorted(set(arguments) - set(declared)) if declared else ():
        yield Finding(
            f"{name} does not declare {extra}",
            (
                Excuse(("extra", name, extra), name, BROKEN),
                Excuse(("extra", extra), ("argument", extra), BROKEN_EVERYWHERE),
            ),
        )


@lru_cache(maxsize=1024)
def _validator(schema: str) -> Draft202012Validator | None:
    """The validator of a schema given as JSON; None when the dataset's own schema is broken.

    Then nothing can be held against a call.
    """
    parsed = json.loads(schema)
    try:
        Draft202012Validator.check_schema(parsed)
    except SchemaError:
        return None
    return Draft202012Validator(parsed)


def _invalid(name: str, error: ValidationError) -> Finding:
    if error.validator == "required":
        instance: Any = error.instance
        required: Any = error.validator_value
        missing = next((key for key in required if key not in instance), "")
        return Finding(
            f"{name}: {error.message}", (Excuse(("missing", name, missing, *error.path), name, BROKEN),)
        )
    argument = str(error.path[0]) if error.path else ""
    way = (error.validator, *_way(error.instance))
    excuses = [
        Excuse((name, argument, way), (name, argument), BROKEN),
        Excuse((argument, way), ("argument", argument), BROKEN_EVERYWHERE),
    ]
    if len(way) > 2:
        excuses.append(Excuse(way[2], "any call", BROKEN_EVERYWHERE))
    return Finding(f"{name}: {error.message:.160}", tuple(excuses))


_NOTATION = re.compile(r"\A(\w++)[\w.]*+\(")


def _way(value: Any) -> tuple[str, ...]:
    """The JSON type of a value, and the notation of a query function that it uses."""
    if isinstance(value, str) and (match := _NOTATION.match(value)):
        return "str", match.group(1)
    return (type(value).__name__,)
