"""Whole records as a model reads and writes them: messages with tool calls and results, ids left out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ...dataset.record import Message, Record, message_text
from ..attempts.draft import UnusableAnswer

SYSTEM = ("system", "developer")
"""Roles of a system prompt."""
_TEXT = {"type": "string"}


def shown_messages(messages: Sequence[Message]) -> list[dict[str, Any]]:
    """Messages as a prompt shows them; system prompts are shown apart."""
    return [_shown(message) for message in messages if message["role"] not in SYSTEM]


def _shown(message: Message) -> dict[str, Any]:
    calls = [call["function"] for call in message.get("tool_calls") or []]
    if not calls:
        return {"role": message["role"], "content": message_text(message)}
    named = [{"name": call["name"], "arguments": call["arguments"]} for call in calls]
    return {"role": message["role"], "content": message_text(message), "tool_calls": named}


def system_of(record: Record) -> str:
    """The system prompt of a record; empty when it has none."""
    first = record.messages[0] if record.messages else {}
    return message_text(first) if first.get("role") in SYSTEM else ""


def tool_name(tool: Mapping[str, Any]) -> str:
    """The name under which a declared tool is called."""
    return str(tool.get("function", tool).get("name", ""))


def messages_schema(*, tools: bool) -> dict[str, Any]:
    """JSON Schema of written messages. It rules out nothing that real records do."""
    said = _object(role={"type": "string", "enum": ["user", "assistant"]}, content=_TEXT)
    if not tools:
        return {"type": "array", "items": said}
    call = _object(name=_TEXT, arguments=_TEXT)
    calling = _object(
        role={"type": "string", "enum": ["assistant"]},
        content=_TEXT,
        tool_calls={"type": "array", "items": call},
    )
    result = _object(role={"type": "string", "enum": ["tool"]}, content=_TEXT)
    return {"type": "array", "items": {"anyOf": [said, calling, result]}}


def answer_schema(properties: Mapping[str, Any]) -> dict[str, Any]:
    """JSON Schema of an answer with these fields."""
    return _object(**properties)


def _object(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def written_messages(answer: Any, *, ids: str = "call") -> list[Message]:
    """The messages of an answer in the form of the dataset. Results belong to calls by position.

    Args:
        answer: the parsed answer.
        ids: what the ids of calls begin with.

    Raises:
        UnusableAnswer: it is not of the form that was asked for.
    """
    listed = answer.get("messages") if isinstance(answer, dict) else None
    if not isinstance(listed, list):
        raise UnusableAnswer("expected a list under 'messages'")
    messages: list[Message] = []
    waiting: list[str] = []
    number = 0
    for place, one in enumerate(listed):
        if not isinstance(one, dict) or one.get("role") not in (*SYSTEM, "user", "assistant", "tool"):
            raise UnusableAnswer(f"message {place + 1} has no role that a record has: {one!r:.80}")
        role, content = one["role"], _content(one.get("content"))
        if role in SYSTEM:
            continue  # the dataset's own is set before them
        if role == "tool":
            if not waiting:
                raise UnusableAnswer(f"message {place + 1} is the result of no call")
            messages.append({"role": "tool", "tool_call_id": waiting.pop(0), "content": content})
            continue
        message: Message = {"role": role, "content": content}
        if calls := _calls(one.get("tool_calls"), place + 1):
            waiting = []
            for call in calls:
                number += 1
                waiting.append(f"{ids}_{number}")
                call["id"] = waiting[-1]
            message["content"] = content or None
            message["tool_calls"] = [
                {"id": c["id"], "type": "function", "function": c["function"]} for c in calls
            ]
        elif not content.strip():
            raise UnusableAnswer(f"message {place + 1} says nothing")
        messages.append(message)
    if not messages:
        raise UnusableAnswer("there is no message under 'messages'")
    return messages


def _content(content: Any) -> str:
    if content is None:
        return ""
    return content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)


def _calls(calls: Any, number: int) -> list[dict[str, Any]]:
    if calls is not None and not isinstance(calls, list):
        raise UnusableAnswer(f"the tool calls of message {number} are no list: {calls!r:.80}")
    return [_call(call) for call in calls or []]


def _call(call: Any) -> dict[str, Any]:
    call = call.get("function", call) if isinstance(call, dict) else None
    if call is None or not isinstance(call.get("name"), str):
        raise UnusableAnswer("a tool call names no tool")
    arguments = call.get("arguments", {})
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments or "{}")
        except ValueError:
            raise UnusableAnswer(f"the arguments of {call['name']} are no JSON: {arguments!r:.80}") from None
    if not isinstance(arguments, dict):
        raise UnusableAnswer(f"the arguments of {call['name']} are no object")
    return {"function": {"name": call["name"], "arguments": json.dumps(arguments, ensure_ascii=False)}}
