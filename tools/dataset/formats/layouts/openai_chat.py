"""OpenAI chat: ``{"messages": [{"role": …, "content": …}], "tools": […]}``, one object per line.

Checks what makes a record usable and no more: who may follow whom, whether calls are answered and whether
there is an assistant turn at all are not judged here.
"""

from __future__ import annotations

from typing import Any

from ..other_shapes import name_foreign_part, name_other_shape
from ..refusal import Refused, keys_of, kind_of, shown

ROLES = ("system", "developer", "user", "assistant", "tool", "function")
_SPEAKS_BY_TEXT = ("system", "developer", "user")


def check_chat(source: dict[str, Any]) -> None:
    """Check that an object is an OpenAI chat record.

    Raises:
        Refused: it has another shape (``unsupported_format``), no messages (``no_messages``), or a message or
            tool that is not well formed (``bad_message``, ``bad_tools``).
    """
    other = name_other_shape(source)
    if other is not None:
        raise Refused("unsupported_format", f"{other}, not OpenAI chat")
    if "messages" not in source:
        raise Refused("no_messages", f"no `messages` (keys: {keys_of(source)})")
    messages = source["messages"]
    if not isinstance(messages, list):
        raise Refused("no_messages", f"`messages` is {kind_of(messages)}, not a list")
    if not messages:
        raise Refused("no_messages", "`messages` is empty")
    for number, message in enumerate(messages, start=1):
        check_message(message, f"message {number}")
    check_tools(source.get("tools"))


def check_message(message: Any, where: str) -> None:
    """Check one message; ``where`` is how a refusal calls it. Raises `Refused`."""
    if not isinstance(message, dict):
        raise Refused("bad_message", f"{where} is {kind_of(message)}, not an object")
    role = message.get("role")
    if role is None:
        if "from" in message and "value" in message:
            raise Refused("unsupported_format", "ShareGPT messages (`from`, `value`), not OpenAI chat")
        raise Refused("bad_message", f"{where} has no role (keys: {keys_of(message)})")
    if role not in ROLES:
        raise Refused("bad_message", f"{where} has the unknown role {shown(role)}")
    if isinstance(message.get("parts"), list) or message.get("toolInvocations"):
        raise Refused("unsupported_format", f"{where} has `parts` (AI SDK), not OpenAI chat")
    _check_content(message, role, where)
    _check_calls(message, role, where)
    if role == "tool" and not _is_name(message.get("tool_call_id")):
        raise Refused("bad_message", f"{where} is a tool's answer without `tool_call_id`")
    if message.get("weight") not in (None, 0, 1):
        raise Refused("bad_message", f"{where} has the weight {shown(message['weight'])}, not 0 or 1")


def _check_content(message: dict[str, Any], role: str, where: str) -> None:
    content = message.get("content")
    if isinstance(content, str):
        return
    if isinstance(content, list):
        for number, part in enumerate(content, start=1):
            _check_part(part, f"part {number} of {where}")
        return
    if content is not None:
        raise Refused("bad_message", f"{where}: `content` is {kind_of(content)}, not text")
    if role in _SPEAKS_BY_TEXT:
        raise Refused("bad_message", f"{where} ({role}) has no content")
    if role == "assistant" and not any(
        message.get(key) for key in ("tool_calls", "function_call", "refusal", "audio")
    ):
        raise Refused("bad_message", f"{where} (assistant) has neither content nor tool calls")


def _check_part(part: Any, where: str) -> None:
    if not isinstance(part, dict):
        raise Refused("bad_message", f"{where} is {kind_of(part)}, not an object")
    foreign = name_foreign_part(part)
    if foreign is not None:
        raise Refused("unsupported_format", f"{foreign} (type {shown(part['type'])}), not OpenAI chat")
    if not _is_name(part.get("type")):
        raise Refused("bad_message", f"{where} has no type")
    if part["type"] == "text" and not isinstance(part.get("text"), str):
        raise Refused("bad_message", f"{where} has no text")


def _check_calls(message: dict[str, Any], role: str, where: str) -> None:
    calls = message.get("tool_calls")
    if calls is not None and not isinstance(calls, list):
        raise Refused("bad_message", f"{where}: `tool_calls` is {kind_of(calls)}, not a list")
    if calls and role != "assistant":
        raise Refused("bad_message", f"{where}: tool calls by the role {role}")
    for number, call in enumerate(calls or (), start=1):
        _check_call(call, f"call {number} of {where}")
    if message.get("function_call") is not None:
        _check_function(message["function_call"], f"`function_call` of {where}")


def _check_call(call: Any, where: str) -> None:
    if not isinstance(call, dict):
        raise Refused("bad_message", f"{where} is {kind_of(call)}, not an object")
    if call.get("type") not in (None, "function"):
        raise Refused("bad_message", f"{where} has the type {shown(call['type'])}, not function")
    if call.get("id") is not None and not isinstance(call["id"], str):
        raise Refused("bad_message", f"{where}: `id` is {kind_of(call['id'])}, not a string")
    _check_function(call.get("function"), where)


def _check_function(function: Any, where: str) -> None:
    if not isinstance(function, dict):
        raise Refused("bad_message", f"{where} has no `function`")
    if not _is_name(function.get("name")):
        raise Refused("bad_message", f"{where} names no function")
    arguments = function.get("arguments")
    if not isinstance(arguments, str):
        raise Refused("bad_message", f"{where}: `arguments` is {kind_of(arguments)}, not a string of JSON")


def check_tools(tools: Any) -> None:
    """Check the declared tools; raises `Refused`."""
    if tools is None:
        return
    if isinstance(tools, str):
        raise Refused("unsupported_format", "`tools` is a string (ShareGPT, LLaMA-Factory), not OpenAI chat")
    if not isinstance(tools, list):
        raise Refused("bad_tools", f"`tools` is {kind_of(tools)}, not a list")
    for number, tool in enumerate(tools, start=1):
        where = f"tool {number}"
        function = tool.get("function") if isinstance(tool, dict) else None
        if not isinstance(function, dict):
            raise Refused("bad_tools", f"{where} is no function tool")
        if not _is_name(function.get("name")):
            raise Refused("bad_tools", f"{where} has no name")
        if not isinstance(function.get("parameters", {}), dict | None):
            raise Refused("bad_tools", f"{where}: `parameters` is {kind_of(function['parameters'])}")


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())
