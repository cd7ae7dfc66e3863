"""Tool calls: declared, well formed, and answered."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from typing import Any

from ..json_within import read_json
from ..record import Message
from ..tool_exchanges import ToolExchange, exchanges
from .rules import Finding

FUNCTION_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""OpenAI's rule for names of functions."""
_MOST_TOOLS = 128
"""OpenAI: a maximum of 128 functions (https://platform.openai.com/docs/api-reference/chat/create)."""


def check_tools(source: dict[str, Any]) -> Iterator[Finding]:
    """Findings about the declared tools and about each call by itself."""
    if source.get("tools") == []:
        yield Finding("empty_list", "`tools`")
    declared = [tool["function"] for tool in source.get("tools") or ()]
    declared += source.get("functions") or ()
    names = [function.get("name") for function in declared]
    if len(declared) > _MOST_TOOLS:
        yield Finding("too_many_tools", f"{len(declared)} tools")
    for function in declared:
        if not str(function.get("description") or "").strip():
            yield Finding("tool_without_description", f"{function.get('name')!r}")
        fault = _schema_fault(json.dumps(function.get("parameters") or {"type": "object"}))
        if fault is not None:
            yield Finding("bad_tool_schema", f"{function.get('name')!r}: {fault}")
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            yield Finding("tool_declared_twice", f"{name!r}")
    for number, message in enumerate(source["messages"], start=1):
        for function in _functions(message):
            if function["name"] not in names:
                yield Finding("undeclared_tool", f"message {number} calls {function['name']!r}")
            parameters = next(
                (one.get("parameters") for one in declared if one.get("name") == function["name"]), None
            )
            yield from _check_arguments(function, parameters, f"message {number}, {function['name']!r}")
    for name in function_names(source):
        if not FUNCTION_NAME.fullmatch(name):
            yield Finding("bad_function_name", f"{name!r}")


def function_names(source: dict[str, Any]) -> list[str]:
    """The names of the functions that a record declares or calls, each once."""
    declared = [tool["function"].get("name") for tool in source.get("tools") or ()]
    declared += [function.get("name") for function in source.get("functions") or ()]
    called = [function["name"] for message in source["messages"] for function in _functions(message)]
    return [str(name) for name in dict.fromkeys([*declared, *called])]


def check_answers(messages: Sequence[Message]) -> Iterator[Finding]:
    """Findings about calls without answers, answers without calls, and ids."""
    calls = exchanges(messages)
    waiting: list[ToolExchange] = []
    for index, message in enumerate(messages):
        if message["role"] == "tool":
            answered = next((call for call in waiting if call.answer == index), None)
            if answered is None:
                yield Finding(
                    "answer_to_nothing", f"message {index + 1} answers {message.get('tool_call_id')!r}"
                )
            waiting = [call for call in waiting if call is not answered]
            continue
        # What is answered later than at once is not answered for a trainer.
        if waiting:
            yield _unanswered(waiting, f"before message {index + 1}")
        # Nobody can answer by its id a call that has none.
        waiting = [call for call in calls if call.message == index and call.id is not None]
    # Calls at the end are what many records teach: the call itself.
    yield from _repeated_ids(calls)


@lru_cache(maxsize=1024)  # most records of a dataset declare the same tools
def _schema_fault(text: str) -> str | None:
    """Why parameters, as JSON text, are no schema of an object; ``None`` when they are one."""
    from jsonschema import Draft7Validator, SchemaError

    schema = json.loads(text)
    if schema.get("type") != "object":
        return f"`type` is {schema.get('type')!r}, not 'object'"
    try:
        Draft7Validator.check_schema(schema)
    except SchemaError as error:
        return f"{error.json_path}: {error.message}"[:120]
    return None


def _repeated_ids(calls: Sequence[ToolExchange]) -> Iterator[Finding]:
    places: dict[str, list[int]] = {}
    for call in calls:
        if call.id is not None:
            places.setdefault(call.id, []).append(call.message + 1)
    for call_id, numbers in places.items():
        if len(numbers) > 1:
            where = ", ".join(map(str, dict.fromkeys(numbers)))
            yield Finding("call_id_twice", f"{len(numbers)} calls have the id {call_id!r} (messages {where})")


def _functions(message: Message) -> Iterator[dict[str, Any]]:
    for call in message.get("tool_calls") or ():
        yield call["function"]
    if message.get("function_call"):
        yield message["function_call"]


def _check_arguments(function: dict[str, Any], parameters: Any, where: str) -> Iterator[Finding]:
    try:
        value = read_json(function["arguments"])
    except ValueError:
        yield Finding("arguments_not_json", f"{where}: {function['arguments'][:60]!r}")
        return
    if not isinstance(value, dict):
        yield Finding("arguments_not_an_object", f"{where}: {function['arguments'][:60]!r}")
    elif isinstance(parameters, dict):
        yield from _check_names(value, parameters, where)


def _check_names(arguments: Collection[str], parameters: dict[str, Any], where: str) -> Iterator[Finding]:
    """A finding where a call has an argument that its tool does not declare, or lacks one that it requires."""
    known, required = parameters.get("properties"), parameters.get("required")
    other = sorted(set(arguments) - set(known)) if isinstance(known, dict) and known else []
    lacks = [name for name in required if name not in arguments] if isinstance(required, list) else []
    if other or lacks:
        said = [f"{name!r} is not declared" for name in other] + [f"{name!r} is missing" for name in lacks]
        yield Finding("arguments_not_as_declared", f"{where}: {', '.join(said)}"[:200])


def _unanswered(waiting: Sequence[ToolExchange], where: str) -> Finding:
    calls = ", ".join(f"{call.name!r} ({call.id})" for call in waiting)
    return Finding("unanswered_call", f"{calls} {where}")
