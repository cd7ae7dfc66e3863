"""Tool calls: declared, well formed, and answered."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from ..json_within import read_json
from ..record import Message
from .rules import Finding

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""OpenAI's rule for names of functions."""


def check_tools(source: dict[str, Any]) -> Iterator[Finding]:
    """Findings about the declared tools and about each call by itself."""
    names = [tool["function"]["name"] for tool in source.get("tools") or ()]
    names += [function.get("name") for function in source.get("functions") or ()]
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            yield Finding("tool_declared_twice", f"{name!r}")
    called = []
    for number, message in enumerate(source["messages"], start=1):
        for function in _functions(message):
            called.append(function["name"])
            if function["name"] not in names:
                yield Finding("undeclared_tool", f"message {number} calls {function['name']!r}")
            yield from _check_arguments(function, f"message {number}, {function['name']!r}")
    for name in dict.fromkeys([*names, *called]):
        if not _NAME.fullmatch(str(name)):
            yield Finding("bad_function_name", f"{name!r}")


def check_answers(messages: Sequence[Message]) -> Iterator[Finding]:
    """Findings about calls without answers, answers without calls, and ids."""
    waiting: dict[str, str] = {}
    seen: set[str] = set()
    for number, message in enumerate(messages, start=1):
        if message["role"] == "tool":
            answers = message.get("tool_call_id")
            if answers is None or waiting.pop(answers, None) is None:
                yield Finding("answer_to_nothing", f"message {number} answers {answers!r}")
            continue
        if waiting:
            yield _unanswered(waiting, f"before message {number}")
            waiting = {}
        for call in message.get("tool_calls") or ():
            call_id = call.get("id")
            if call_id is None:
                continue  # nobody can answer it by its id
            if call_id in seen:
                yield Finding("call_id_twice", f"message {number} uses {call_id!r} again")
            seen.add(call_id)
            waiting[call_id] = call["function"]["name"]
    # Calls at the end are what many records teach: the call itself.


def _functions(message: Message) -> Iterator[dict[str, Any]]:
    for call in message.get("tool_calls") or ():
        yield call["function"]
    if message.get("function_call"):
        yield message["function_call"]


def _check_arguments(function: dict[str, Any], where: str) -> Iterator[Finding]:
    try:
        value = read_json(function["arguments"])
    except ValueError:
        yield Finding("arguments_not_json", f"{where}: {function['arguments'][:60]!r}")
        return
    if not isinstance(value, dict):
        yield Finding("arguments_not_an_object", f"{where}: {function['arguments'][:60]!r}")


def _unanswered(waiting: dict[str, str], where: str) -> Finding:
    calls = ", ".join(f"{name!r} ({call_id})" for call_id, name in waiting.items())
    return Finding("unanswered_call", f"{calls} {where}")
