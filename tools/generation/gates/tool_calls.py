"""Tool calls: declared, valid against their JSON Schema, answered in order, grounded in what was said."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from ...dataset.record import Message, message_text
from ..draft import Candidate, Rejection

_NUMBER = re.compile(r"\d[\d,.:/-]*\d|\d")


class ToolCalls:
    """The tool ladder, one rung after the other; the first that breaks is the evidence."""

    name = "tool_calls"

    def check(self, candidate: Candidate) -> Rejection | None:
        """Why the calls of the written turns cannot stand, or None."""
        schemas = {
            function["name"]: function.get("parameters") or {"type": "object"}
            for tool in candidate.source.get("tools") or []
            if isinstance(function := tool.get("function", tool), dict) and "name" in function
        }
        said = "\n".join(message_text(message) for message in candidate.messages[: candidate.first_written])
        written = candidate.messages[candidate.first_written :]
        called = False
        for index, message in enumerate(written):
            for call in message.get("tool_calls") or []:
                called = True
                problem = _call_problem(call, schemas) or _ungrounded(call, said)
                if problem:
                    return Rejection(self.name, problem)
            problem = _unanswered(written, index)
            if problem:
                return Rejection(self.name, problem)
            if called and message["role"] == "assistant" and (invented := _invented_number(message, said)):
                return Rejection(self.name, f"the answer says {invented!r}, which nothing before it says")
            said += "\n" + message_text(message)
        no_tool_suits = candidate.draft.details.get("negative") == "no_suitable_tool"
        if candidate.draft.strategy == "tool_chain" and not called and not no_tool_suits:
            return Rejection(self.name, "no tool is called")
        return None


def _call_problem(call: dict[str, Any], schemas: dict[str, Any]) -> str | None:
    name = call["function"]["name"]
    if name not in schemas:
        return f"tool {name!r} is not declared"
    try:
        arguments = json.loads(call["function"]["arguments"])
    except ValueError as error:
        return f"arguments of {name} are not JSON: {error}"
    if not isinstance(arguments, dict):
        return f"arguments of {name} are not an object"
    extra = set(arguments) - set(schemas[name].get("properties", {}))
    if extra and schemas[name].get("properties"):
        return f"{name} does not declare {', '.join(sorted(extra))}"
    try:
        errors = sorted(Draft202012Validator(schemas[name]).iter_errors(arguments), key=str)
    except SchemaError:
        return None  # the dataset's own schema is broken; nothing can be held against it
    return f"{name}: {errors[0].message!s}" if errors else None


def _unanswered(written: list[Message], index: int) -> str | None:
    """Every call id is answered once, in order, by the messages that follow."""
    wanted = [call["id"] for call in written[index].get("tool_calls") or []]
    if not wanted:
        return None
    answers = [message.get("tool_call_id") for message in written[index + 1 : index + 1 + len(wanted)]]
    return None if answers == wanted else f"calls {wanted} are answered by {answers}"


def _ungrounded(call: dict[str, Any], said: str) -> str | None:
    """The first argument value that nobody said before, or None. Yes/no values and single letters pass."""
    text = _plain(said)
    for path, value in _leaves(json.loads(call["function"]["arguments"])):
        if isinstance(value, bool) or value is None or len(str(value)) < 2:
            continue
        plain = _plain(str(value))
        if plain in text:
            continue
        words = [word for word in plain.split() if len(word) > 2] or plain.split()
        missing = [word for word in words if word not in text]
        if len(missing) > len(words) / 3:
            return f"{call['function']['name']}.{path} = {value!r} was said by nobody"
    return None


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner, path)
    else:
        yield path, value


def _invented_number(message: Message, said: str) -> str | None:
    """The first number of two digits or more in an answer that was not said before it."""
    known = {_digits(number) for number in _NUMBER.findall(said)}
    for number in _NUMBER.findall(message_text(message)):
        digits = _digits(number)
        if len(digits) >= 2 and not any(digits in other for other in known):
            return str(number)
    return None


def _digits(number: str) -> str:
    return re.sub(r"\D", "", number)


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[^\w]+", " ", text.lower().replace("_", " ")).split())
