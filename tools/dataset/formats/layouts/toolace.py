"""ToolACE: ShareGPT turns in which a call is written as code, ``[find(code="K1"), look()]``, and answered by ``tool``.

The functions are told to the model in the system prompt, as JSON; it stays, and they are declared as tools too. A
text is read as calls only where it is nothing else, and its functions are told or a tool answers. Layout:
https://huggingface.co/datasets/Team-ACE/ToolACE.
"""

from __future__ import annotations

import ast
import json
from typing import Any, TypeGuard

from ..json_text.json_within_text import objects_within
from ..turns.chat_body import EXTRA_KEY, FORMAT_KEY
from ..turns.roles import role_of
from . import sharegpt

Source = dict[str, Any]
NAME = "toolace"
_CONSTANTS = {"true": True, "false": False, "null": None}
_TYPES = {
    "dict": "object",
    "float": "number",
    "int": "integer",
    "list": "array",
    "str": "string",
    "bool": "boolean",
}


def recognise(source: Source) -> str | None:
    """What makes a record ToolACE's; ``None`` when it is not."""
    if sharegpt.recognise(source) is None:
        return None
    called = _with_calls(_turns(source)[1], _system(source))[1]
    return "calls as code: [name(argument=value)]" if called else None


def to_chat(source: Source) -> Source:
    """The body of a record of ToolACE; raises `Refused`."""
    key, turns = _turns(source)
    made, called = _with_calls(turns, _system(source))
    tools = source.get("tools") or [_tool(one) for one in objects_within(_system(source)) if _is_tool(one)]
    body = sharegpt.to_chat({**source, key: made, **({"tools": tools} if tools else {})})
    if called:
        kept = {str(index): turns[index] for index in called}
        extra = body.get(EXTRA_KEY, {})
        body = {
            **body,
            FORMAT_KEY: NAME,
            EXTRA_KEY: {**extra, "messages": {**extra.get("messages", {}), **kept}},
        }
    return body


def code_calls(text: str) -> list[Source]:
    """The calls of a text that is nothing but ``[name(argument=value), …]``; none when it is anything else."""
    text = text.strip()
    if not (text.startswith("[") and text.endswith(")]")):
        return []
    rest = text[1:-1].strip()
    calls: list[Source] = []
    while rest:
        name, opened, behind = rest.partition("(")
        end = _closing(behind)
        if not opened or not name.strip() or end is None or any(sign in name for sign in "[]{}=\"'\n"):
            return []
        arguments = _arguments(behind[:end])
        if arguments is None:
            return []
        calls.append({"name": name.strip(), "arguments": arguments})
        rest = behind[end + 1 :].strip()
        if rest and not rest.startswith(","):
            return []
        rest = rest.removeprefix(",").strip()
    return calls


def _turns(source: Source) -> tuple[str, list[Any]]:
    for key in sharegpt.LISTS:
        if isinstance(source.get(key), list):
            return key, source[key]
    return "conversations", []


def _system(source: Source) -> str:
    system = source.get("system")
    if isinstance(system, str):
        return system
    turns = _turns(source)[1]
    first = sharegpt.speaker_and_text(turns[0]) if turns else None
    return first[1] if first and role_of(first[0]) == "system" and isinstance(first[1], str) else ""


def _with_calls(turns: list[Any], system: str) -> tuple[list[Any], list[int]]:
    """The turns with calls as turns of their own, and the indexes of those."""
    made: list[Any] = []
    called: list[int] = []
    for index, turn in enumerate(turns):
        spoken = sharegpt.speaker_and_text(turn)
        calls = (
            code_calls(spoken[1])
            if spoken and role_of(spoken[0]) == "assistant" and isinstance(spoken[1], str)
            else []
        )
        following = sharegpt.speaker_and_text(turns[index + 1]) if index + 1 < len(turns) else None
        answered = following is not None and role_of(following[0]) == "tool"
        if calls and (answered or all(call["name"] in system for call in calls)):
            made.append({"from": "function_call", "value": json.dumps(calls, ensure_ascii=False)})
            called.append(index)
        elif called and called[-1] == index - 1 and _is_answer(spoken, made[-1]):
            made += [{"from": "observation", "value": text} for text in _results(spoken[1], made[-1])]
            called.append(index)
        else:
            made.append(turn)
    return made, called


def _is_answer(spoken: tuple[str, Any] | None, before: Any) -> TypeGuard[tuple[str, Any]]:
    """Whether a tool speaks, after a turn that was read as calls."""
    is_call = isinstance(before, dict) and before.get("from") == "function_call"
    return is_call and spoken is not None and role_of(spoken[0]) == "tool"


def _results(text: Any, call: Source) -> list[str]:
    """The results of a turn: one for each call where it is a list of as many, else the text."""
    wanted = len(json.loads(call["value"]))
    if wanted > 1 and isinstance(text, str):
        try:
            found = json.loads(text)
        except ValueError:
            found = None
        if isinstance(found, list) and len(found) == wanted:
            return [json.dumps(one, ensure_ascii=False) for one in found]
    return [text if isinstance(text, str) else json.dumps(text, ensure_ascii=False)]


def _closing(text: str) -> int | None:
    """Where the bracket that was opened before a text is closed."""
    depth, quote, at = 1, "", 0
    while at < len(text):
        sign = text[at]
        if quote:
            if sign == "\\":
                at += 1
            elif sign == quote:
                quote = ""
        elif sign in "\"'":
            quote = sign
        elif sign in "([{":
            depth += 1
        elif sign in ")]}":
            depth -= 1
            if depth == 0:
                return at
        at += 1
    return None


def _arguments(text: str) -> Source | None:
    try:
        call = ast.parse(f"f({text})", mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None
    if not isinstance(call, ast.Call) or call.args or any(word.arg is None for word in call.keywords):
        return None
    try:
        return {str(word.arg): _value(word.value) for word in call.keywords}
    except ValueError:
        return None


def _value(node: ast.expr) -> Any:
    if isinstance(node, ast.Name) and node.id in _CONSTANTS:
        return _CONSTANTS[node.id]
    if isinstance(node, ast.List | ast.Tuple):
        return [_value(item) for item in node.elts]
    if isinstance(node, ast.Dict):
        return {
            str(_value(key)): _value(value) for key, value in zip(node.keys, node.values, strict=True) if key
        }
    value = ast.literal_eval(node)
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise ValueError("no JSON value")


def _is_tool(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("name"), str) and "parameters" in value


def _tool(tool: Source) -> Source:
    """A function with its parameters' types as JSON Schema names them."""
    return {
        **{key: value for key, value in tool.items() if key in ("name", "description", "parameters")},
        "parameters": _schema(tool["parameters"]),
    }


def _schema(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: _TYPES.get(item, item) if key == "type" and isinstance(item, str) else _schema(item)
            for key, item in value.items()
        }
    return [_schema(item) for item in value] if isinstance(value, list) else value
