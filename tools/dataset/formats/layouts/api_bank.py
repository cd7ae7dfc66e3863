"""API-Bank: a file is one conversation, each line a turn of ``User``, ``AI`` or ``API``.

The lines come together as ``{"dialogue": [...]}``. Calls before a turn of the assistant stand as they are in the file.
"""

from __future__ import annotations

import json
from typing import Any

from ..refusal import Refused, kind_of, shown
from ..turns.chat_body import chat_body, text_at
from ..turns.tool_calls import OpenCalls, arguments_text

Source = dict[str, Any]
NAME = "api_bank"
_CALL_KEYS = {"role", "api_name", "param_dict", "result"}
_ROLES = {"User": "user", "AI": "assistant"}


def is_turn(value: Any) -> bool:
    """Whether a line is a turn of such a conversation."""
    if not isinstance(value, dict):
        return False
    return (value.get("role") in ("User", "AI") and "text" in value) or (
        value.get("role") == "API" and "api_name" in value
    )


def recognise(source: Source) -> str | None:
    """What makes a record API-Bank's; ``None`` when it is not."""
    turns = source.get("dialogue")
    if isinstance(turns, list) and turns and is_turn(turns[0]):
        return "one conversation of User, AI and API"
    return None


def to_chat(source: Source) -> Source:
    """The body of an API-Bank conversation; raises `Refused`."""
    turns = source.get("dialogue")
    if not isinstance(turns, list):
        raise Refused("no_messages", "no turns of User, AI and API")
    calls = OpenCalls()
    messages: list[Source] = []
    not_expressed: Source = {}
    for number, turn in enumerate(turns):
        where = f"message {number + 1}"
        if not isinstance(turn, dict):
            raise Refused("bad_message", f"{where} is {kind_of(turn)}, not an object")
        if not set(turn) <= (_CALL_KEYS if turn.get("role") == "API" else {"role", "text"}):
            not_expressed[str(number)] = turn
        if turn.get("role") == "API":
            messages += _called(turn, calls)
        elif turn.get("role") in ("User", "AI"):
            messages.append({"role": _ROLES[turn["role"]], "content": text_at(turn, "text")})
        else:
            raise Refused("bad_message", f"{where} has the unknown role {shown(turn.get('role'))}")
    extra = {"messages": not_expressed} if not_expressed else None
    return chat_body(NAME, source, {"dialogue"}, messages, extra=extra)


def _called(turn: Source, calls: OpenCalls) -> list[Source]:
    call = calls.call(text_at(turn, "api_name"), arguments_text(turn.get("param_dict")))
    result = turn.get("result")
    content = result if isinstance(result, str) else json.dumps(result, ensure_ascii=False)
    return [
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": call["id"], "content": content},
    ]
