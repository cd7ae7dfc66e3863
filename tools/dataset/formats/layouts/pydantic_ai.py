"""Pydantic AI: ``{"messages": [{"kind": "request", "parts": [{"part_kind": "user-prompt", "content": …}, …]}, …]}``.

A message holds parts of several speakers: the system prompt and the user in one request, a call and its text in one
response. Layout: https://ai.pydantic.dev/message-history/, ``pydantic_ai/messages.py``.
"""

from __future__ import annotations

from typing import Any

from ..refusal import Refused, kind_of, shown
from ..turns.conversation import body_of_turns

Source = dict[str, Any]
NAME = "pydantic_ai"


def recognise(source: Source) -> str | None:
    """What makes a record Pydantic AI's; ``None`` when it is not."""
    messages = source.get("messages")
    parts = [part for message in messages for part in _parts(message)] if isinstance(messages, list) else []
    return "`parts` with `part_kind`" if parts and all("part_kind" in part for part in parts) else None


def to_chat(source: Source) -> Source:
    """The body of such a record; raises `Refused`."""
    turns: list[Source] = []
    messages = source.get("messages")
    if not isinstance(messages, list):
        raise Refused("no_messages", "no `messages`")
    as_they_were = {str(index): message for index, message in enumerate(messages)}
    for number, message in enumerate(messages, start=1):
        if not isinstance(message, dict):
            raise Refused("bad_message", f"message {number} is {kind_of(message)}, not an object")
        instructions = message.get("instructions")
        if isinstance(instructions, str) and instructions.strip() and not turns:
            turns.append({"role": "system", "content": instructions})
        turns += [_turn(part, f"message {number}") for part in _parts(message)]
    return body_of_turns(NAME, source, turns, {"messages"}, extra={"messages": as_they_were})


def _turn(part: Source, where: str) -> Source:
    kind, content = str(part.get("part_kind")), part.get("content")
    if kind == "system-prompt":
        return {"role": "system", "content": content}
    if kind == "user-prompt":
        return {"role": "user", "content": content}
    if kind == "text":
        return {"role": "assistant", "content": content}
    if kind == "thinking":
        return {"role": "assistant", "content": [{"type": "thinking", "text": content}]}
    if kind in ("tool-call", "builtin-tool-call"):
        call = {"type": "tool_call", "name": part.get("tool_name"), "arguments": part.get("args")}
        return {"role": "assistant", "content": [call | _ids(part)]}
    if kind in ("tool-return", "builtin-tool-return", "retry-prompt") and part.get("tool_name"):
        result = {"type": "tool_result", "name": part.get("tool_name"), "content": content}
        return {"role": "tool", "content": [result | _ids(part)]}
    if kind == "retry-prompt":
        return {"role": "user", "content": content}
    raise Refused("unsupported_format", f"{where} has a part of the unknown kind {shown(kind)}")


def _ids(part: Source) -> Source:
    return {"tool_call_id": part["tool_call_id"]} if part.get("tool_call_id") else {}


def _parts(message: Any) -> list[Source]:
    parts = message.get("parts") if isinstance(message, dict) else None
    return [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []
