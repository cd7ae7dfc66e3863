"""Chat rows for trainers that apply a chat template (TRL, Axolotl): the same messages, in one shape for all rows."""

from __future__ import annotations

from typing import Any

from .chat_turns import FILLED, NO_DESCRIPTION, NO_PARAMETERS, REASONING, TYPES, Chat, Turn, drop_fields
from .converted import Converted


def messages_of(chat: Chat, *, parsed: bool) -> list[dict[str, Any]]:
    """The messages: role, content, and where there are any, name, reasoning, tool_calls and tool_call_id.

    Args:
        chat: the record.
        parsed: arguments as JSON objects instead of JSON text.
    """
    return [_message(turn, parsed) for turn in chat.turns]


def tools_for_templates(chat: Chat) -> list[dict[str, Any]]:
    """The declared tools with all that chat templates look at: those of gpt-oss and others stop at one without."""
    tools = []
    for tool in chat.tools:
        function = {"name": tool["function"]["name"], "description": "", "parameters": NO_PARAMETERS}
        given = {key: value for key, value in tool["function"].items() if value is not None}
        if "description" not in given:
            chat.lost.add(NO_DESCRIPTION)
        if "parameters" not in given:
            chat.lost.add(FILLED)
        if "type" not in tool:
            chat.lost.add(TYPES)
        tools.append({**tool, "type": "function", "function": function | given})
    return tools


def row_of(chat: Chat, messages: list[dict[str, Any]], tools: Any, topic: str | None) -> Converted:
    """A row of messages, tools and topic; the other fields are lost, since rows of different types do not load."""
    drop_fields(chat, kept=["topic"])
    row = {"messages": messages, "tools": tools, "topic": topic}
    return Converted(row, frozenset(chat.lost))


def _message(turn: Turn, parsed: bool) -> dict[str, Any]:
    message: dict[str, Any] = {"role": turn.role, "content": list(turn.parts) or turn.text or ""}
    if turn.name is not None:
        message["name"] = turn.name
    if turn.reasoning is not None:
        message[REASONING] = turn.reasoning
    if turn.calls:
        message["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.parsed if parsed else call.arguments},
            }
            for call in turn.calls
        ]
    if turn.role == "tool":
        message["tool_call_id"] = turn.answers
    return message
