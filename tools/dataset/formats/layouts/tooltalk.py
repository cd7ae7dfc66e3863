"""ToolTalk: ``{"conversation": [{"role", "text", "apis": [{"request", "response", "exception"}]}]}``.

The calls of a turn are made and answered one after the other, since each may use what the one before it found, and
before the assistant says its text.
"""

from __future__ import annotations

import json
from typing import Any

from ..refusal import Refused, kind_of
from ..turns.chat_body import chat_body, text_at
from ..turns.tool_calls import OpenCalls, arguments_text

Source = dict[str, Any]
NAME = "tooltalk"
_API_KEYS = {"request", "response", "exception"}
_REQUEST_KEYS = {"api_name", "parameters"}


def recognise(source: Source) -> str | None:
    """What makes a record ToolTalk's; ``None`` when it is not."""
    turns = source.get("conversation")
    if isinstance(turns, list) and "apis_used" in source:
        return "`conversation` with `apis`"
    return None


def to_chat(source: Source) -> Source:
    """The body of a ToolTalk conversation; raises `Refused`."""
    turns = source.get("conversation")
    if not isinstance(turns, list):
        raise Refused("no_messages", "no `conversation`")
    calls = OpenCalls()
    messages: list[Source] = []
    not_expressed: Source = {}
    for number, turn in enumerate(turns):
        where = f"message {number + 1}"
        if not isinstance(turn, dict):
            raise Refused("bad_message", f"{where} is {kind_of(turn)}, not an object")
        if not set(turn) <= {"index", "role", "text", "apis"}:
            not_expressed[str(number)] = turn
        apis = turn.get("apis") or []
        for api in apis if isinstance(apis, list) else [apis]:
            messages += _called(api, calls, where)
            if not set(api) <= _API_KEYS or not set(api["request"]) <= _REQUEST_KEYS:
                not_expressed[str(number)] = turn
        messages.append({"role": turn.get("role"), "content": text_at(turn, "text")})
    extra = {"messages": not_expressed} if not_expressed else None
    return chat_body(NAME, source, {"conversation"}, messages, extra=extra)


def _called(api: Any, calls: OpenCalls, where: str) -> list[Source]:
    request = api.get("request") if isinstance(api, dict) else None
    if not isinstance(request, dict):
        raise Refused("bad_message", f"{where} has an api call without `request`")
    call = calls.call(text_at(request, "api_name"), arguments_text(request.get("parameters")))
    return [
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": call["id"], "content": _result(api)},
    ]


def _result(api: Source) -> str:
    """The result as ToolTalk's own models see it: the response beside the exception."""
    return json.dumps({key: api.get(key) for key in ("response", "exception")}, ensure_ascii=False)
