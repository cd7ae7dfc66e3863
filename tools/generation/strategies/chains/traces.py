"""Tool calls as they stand in real records: which tool, with which arguments, and what came back."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ....dataset.json_within import read_json
from ....dataset.record import Record, message_text
from ....dataset.tool_exchanges import ToolExchange, exchanges

_FUNCTION_VALUE = re.compile(r"^api\.\w+\(\s*\"?(.*?)\"?\s*\)$")


@dataclass(frozen=True)
class TracedCall:
    """One answered tool call.

    Attributes:
        arguments: those that the tool declares, in the declared types.
        result: the content of the tool message.
        group: calls of one assistant message share a group: they are parallel.
        turn: how many messages the user had sent before it.
    """

    name: str
    arguments: dict[str, Any]
    result: str
    group: int = 0
    turn: int = 1

    @cached_property
    def value(self) -> Any:
        """The result as JSON, or its text where it is none."""
        try:
            return read_json(self.result)
        except ValueError:
            return self.result

    @cached_property
    def json_style(self) -> dict[str, Any]:
        """How the result was written as JSON, as arguments of `json.dumps`; plain text has the default's."""
        styles: list[dict[str, Any]] = [
            {"separators": separators, "ensure_ascii": ascii_only}
            for separators in ((", ", ": "), (",", ":"))
            for ascii_only in (False, True)
        ]
        return next((style for style in styles if json.dumps(self.value, **style) == self.result), styles[0])


def parameters_of(record: Record, name: str) -> dict[str, Any] | None:
    """The JSON Schema of a declared tool's parameters, or None when the record does not declare it."""
    for tool in record.tools:
        function = tool.get("function", tool)
        if function.get("name") == name:
            return function.get("parameters") or {"type": "object", "properties": {}}
    return None


def trace_of(record: Record) -> list[TracedCall]:
    """The answered calls of a record to tools that it declares, in order, repetitions left out.

    Empty when a call is unanswered, its tool is undeclared, or its arguments cannot be brought into the
    declared types: such a record cannot show how the tool is used.
    """
    calls: list[TracedCall] = []
    for exchange in exchanges(record.messages):
        traced = _traced(record, exchange)
        if traced is None:
            return []
        if all((traced.name, traced.arguments) != (known.name, known.arguments) for known in calls):
            calls.append(traced)
    return calls


def _traced(record: Record, exchange: ToolExchange) -> TracedCall | None:
    function = exchange.call.get("function") or {}
    name = function.get("name", "")
    schema = parameters_of(record, name)
    try:
        given = read_json(function.get("arguments") or "{}")
    except ValueError:
        return None
    if schema is None or not isinstance(given, dict) or exchange.answer is None:
        return None
    arguments = {}
    for key, value in given.items():
        declared = schema.get("properties", {}).get(key)
        if declared is None:
            continue
        fitted = fit(value, declared)
        if fitted is not None:
            arguments[key] = fitted
    if any(key not in arguments for key in schema.get("required", [])):
        return None
    turn = sum(message.get("role") == "user" for message in record.messages[: exchange.message])
    result = message_text(record.messages[exchange.answer])
    return TracedCall(name, arguments, result, exchange.message, turn)


def fit(value: Any, schema: dict[str, Any]) -> Any:
    """``value`` in the type that ``schema`` declares, or None when it cannot be read so.

    Real traces hold numbers where text is declared, lists of alternatives, and query functions such as
    ``api.is_at_least(43)``; what is meant is the value inside.
    """
    kind = schema.get("type")
    if kind == "array" and value is not None and not isinstance(value, (list, dict)):
        value = [value]
    if isinstance(value, list) and kind not in ("array", None):
        value = value[0] if value else None
    if isinstance(value, str) and (inner := _FUNCTION_VALUE.match(value)):
        value = inner.group(1)
    if value is None:
        return None
    if kind == "array" and isinstance(value, list) and "items" in schema:
        value = [fitted for item in value if (fitted := fit(item, schema["items"])) is not None] or None
    elif kind == "string":
        value = (
            value
            if isinstance(value, str)
            else json.dumps(value)
            if not isinstance(value, (dict, list))
            else None
        )
    elif kind in ("number", "integer"):
        value = _number(value, whole=kind == "integer")
    elif kind == "boolean":
        value = value if isinstance(value, bool) else None
    if value is not None and "enum" in schema and value not in schema["enum"]:
        lower = {str(option).lower(): option for option in schema["enum"]}
        value = lower.get(str(value).lower())
    return value


def _number(value: Any, *, whole: bool) -> int | float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return int(value) if whole and float(value).is_integer() else None if whole else value
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return int(number) if whole and number.is_integer() else None if whole else number
