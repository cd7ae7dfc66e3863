"""AutoGen AgentChat: ``{"messages": [{"source": "user", "type": "TextMessage", "content": …}, …], "stop_reason": …}``.

Where one agent speaks beside the user it is the assistant; of several nobody knows which one is to be learnt. Layout:
https://microsoft.github.io/autogen/stable/reference/python/autogen_agentchat.messages.html.
"""

from __future__ import annotations

from typing import Any

from ..refusal import Refused, kind_of, shown
from ..turns.conversation import body_of_turns

Source = dict[str, Any]
NAME = "autogen"
_USER = "user"
_CALLS, _RESULTS, _THOUGHT, _SUMMARY = (
    "ToolCallRequestEvent",
    "ToolCallExecutionEvent",
    "ThoughtEvent",
    "ToolCallSummaryMessage",
)
_SAID = frozenset(("TextMessage", "MultiModalMessage", "StopMessage", "HandoffMessage", _SUMMARY))


def recognise(source: Source) -> str | None:
    """What makes a record AutoGen's; ``None`` when it is not."""
    messages = source.get("messages")
    if not isinstance(messages, list) or not messages:
        return None
    kinds = [message.get("type") for message in messages if isinstance(message, dict) and "source" in message]
    are_known = len(kinds) == len(messages) and all(
        str(kind).endswith(("Message", "Event")) for kind in kinds
    )
    return "`messages` with source/type" if are_known else None


def to_chat(source: Source) -> Source:
    """The body of a run of AutoGen; raises `Refused`."""
    messages = source.get("messages")
    if not isinstance(messages, list):
        raise Refused("no_messages", "no `messages`")
    as_they_were = {str(index): message for index, message in enumerate(messages)}
    agents = dict.fromkeys(
        str(message["source"])
        for message in messages
        if isinstance(message, dict) and message.get("source") not in (None, _USER)
    )
    if len(agents) > 1:
        who = " and ".join(map(shown, list(agents)[:4]))
        raise Refused("unsupported_format", f"{who} are agents: which of them is the assistant is not known")
    turns = [_turn(message, number) for number, message in enumerate(messages, start=1)]
    return body_of_turns(
        NAME, source, [turn for turn in turns if turn], {"messages"}, extra={"messages": as_they_were}
    )


def _turn(message: Any, number: int) -> Source | None:
    if not isinstance(message, dict):
        raise Refused("bad_message", f"message {number} is {kind_of(message)}, not an object")
    kind, content = str(message.get("type")), message.get("content")
    if kind == _CALLS and isinstance(content, list):
        return {"role": "assistant", "content": [_part(call, "tool_call", number) for call in content]}
    if kind == _RESULTS and isinstance(content, list):
        return {"role": "tool", "content": [_part(result, "tool_result", number) for result in content]}
    if kind == _THOUGHT:
        return {"role": "assistant", "content": [{"type": "thinking", "text": content}]}
    if kind in _SAID:
        return {"role": "user" if message.get("source") == _USER else "assistant", "content": content}
    if kind.endswith("Event"):  # of the run, not of the conversation
        return None
    raise Refused("unsupported_format", f"message {number} is of the unknown kind {shown(kind)}")


def _part(value: Any, kind: str, number: int) -> Source:
    if not isinstance(value, dict):
        raise Refused("bad_message", f"message {number} has a call or a result that is {kind_of(value)}")
    return {**value, "type": kind}
