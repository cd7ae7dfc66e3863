"""What the verifier is shown beside what was written: what the record belongs to and was made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ....dataset.record import Message, message_text
from ...attempts.draft import Draft, TopicContext

LONGEST = 4000
"""Characters of a system prompt or of a tool's result that are shown."""
MOST_SOURCES = 4
"""Records of those that it was made from."""
LONGEST_DESCRIPTION = 300
"""Characters of a neighbour's or a tool's description."""
_NOTES = ("avoid", "asked_for")
"""Drawn details that say nothing to the verifier: ids of records, and the name of a gap, which may count words."""


def shown_messages(messages: Sequence[Message]) -> list[dict[str, Any]]:
    """Messages as the verifier sees them: who says what, which tools are called, what they give. No system prompt."""
    return [_shown(message) for message in messages if message["role"] not in ("system", "developer")]


def system_prompt(messages: Sequence[Message]) -> str:
    """The system prompt of a record; empty when it has none."""
    said = (message_text(one) for one in messages if one["role"] in ("system", "developer"))
    return "\n".join(said)[:LONGEST]


def shown_tools(declared: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The declared tools: name, description and parameters."""
    functions = [tool.get("function", tool) for tool in declared]
    return [
        {
            "name": function.get("name"),
            "description": str(function.get("description") or "")[:LONGEST_DESCRIPTION],
            "parameters": function.get("parameters") or {},
        }
        for function in functions
    ]


def neighbours_of(context: TopicContext) -> list[str]:
    """The other topics with the beginning of their descriptions."""
    return [
        f"{name}: {description[:LONGEST_DESCRIPTION]}" if description else name
        for name, description in context.neighbours.items()
    ]


def sources_of(draft: Draft) -> list[list[dict[str, Any]]]:
    """The records that a draft was made from."""
    return [shown_messages(seed.messages) for seed in draft.seeds[:MOST_SOURCES]]


def drawn_for(draft: Draft) -> dict[str, Any]:
    """What was drawn for a draft and can be judged by: its case, edge case, twist or kind."""
    return {name: value for name, value in draft.details.items() if name not in _NOTES}


def _shown(message: Message) -> dict[str, Any]:
    role, text = message["role"], message_text(message)
    if role == "tool":
        return {"result": text[:LONGEST]}
    shown: dict[str, Any] = {"role": role}
    if text:
        shown["text"] = text
    if message.get("tool_calls"):
        calls = [call["function"] for call in message["tool_calls"]]
        shown["calls"] = [{"tool": call["name"], "arguments": call["arguments"]} for call in calls]
    return shown
