"""What the judge is shown beside the record: what the record was made from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...dataset.record import Message, message_text
from ..attempts.draft import Draft, TopicContext
from ..strategies.conversation import exchanges_of
from ..topic_style import MOST_EXCHANGES

LONGEST = 2000
"""Characters of a system prompt or of a tool's result that are shown."""


def shown_record(messages: Sequence[Message]) -> list[dict[str, Any]]:
    """The messages of a record as the judge sees them: who says what, which tools are called, what they give."""
    return [_shown(message) for message in messages]


def material_of(draft: Draft, context: TopicContext) -> dict[str, Any]:
    """What a record of this draft was made from, by names for the judge."""
    match draft.strategy:
        case "message_variation":
            return {"Source": exchanges_of(draft.seeds[0])}
        case "few_shot":
            return {"Examples": [exchanges_of(seed)[:MOST_EXCHANGES] for seed in draft.seeds]}
        case "topic_description":
            return {"Neighbouring topics": list(context.neighbours)}
        case "scenario_expansion":
            return {
                "Original": exchanges_of(draft.seeds[0])[-2:],
                "Edge case": draft.details["edge_case"],
            }
        case "tool_chain":
            return {"Tools": [_tool(tool.get("function", tool)) for tool in draft.seeds[0].tools]}


def _tool(function: dict[str, Any]) -> dict[str, Any]:
    parameters = function.get("parameters") or {}
    return {
        "name": function["name"],
        "description": function.get("description") or "",
        "needs": parameters.get("required") or [],
    }


def _shown(message: Message) -> dict[str, Any]:
    role, text = message["role"], message_text(message)
    if role == "tool":
        return {"result": text[:LONGEST]}
    shown: dict[str, Any] = {"role": role}
    if text:
        shown["text"] = text[:LONGEST] if role == "system" else text
    if message.get("tool_calls"):
        calls = [call["function"] for call in message["tool_calls"]]
        shown["calls"] = [{"tool": call["name"], "arguments": call["arguments"]} for call in calls]
    return shown
