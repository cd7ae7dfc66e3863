"""OpenAI chat as it was, or as others write it: legacy functions, calls without ids, tools as JSON in a string.

``functions``, ``function_call`` and the role ``function`` become tools, tool calls and tool messages, since nothing
else than the spelling differs; so it is with roles (``Assistant``, ``model``, ``bot``; `roles`). Calls and answers
without ids (Functionary) are matched in their order. Tools that are no functions, such as a code interpreter, are
kept aside.
"""

from __future__ import annotations

from typing import Any

from ..refusal import Refused
from ..turns.chat_body import chat_body
from ..turns.roles import role_of
from ..turns.tool_calls import OpenCalls, arguments_text
from ..turns.tool_declarations import is_other_tool, read_tools

Source = dict[str, Any]
NAME = "openai"
_SAYS = frozenset(("content", "tool_calls", "function_call", "refusal", "audio"))


def is_legacy(source: Source) -> bool:
    """Whether a record has functions where OpenAI chat has tools now."""
    functions = source.get("functions")
    if isinstance(functions, list) and functions and isinstance(functions[0], dict):
        return True
    return any(
        isinstance(message, dict) and (message.get("function_call") or message.get("role") == "function")
        for message in source["messages"]
    )


def recognise(source: Source) -> str | None:
    """What makes a record OpenAI chat; ``None`` when it is not."""
    messages = source.get("messages")
    if not isinstance(messages, list) or not any(isinstance(message, dict) for message in messages):
        return None
    if not any(
        _SAYS.intersection(message) for message in messages if isinstance(message, dict) and "role" in message
    ):
        return None
    return "`messages` with functions" if is_legacy(source) else "`messages` with role/content"


def to_chat(source: Source) -> Source:
    """The body with tools, calls and ids as OpenAI chat has them now; raises `Refused`."""
    turns = source.get("messages")
    if not isinstance(turns, list):
        raise Refused("no_messages", "no `messages`")
    calls = OpenCalls(_ids(turns))
    messages = [_message(turn, calls, f"message {number}") for number, turn in enumerate(turns, start=1)]
    functions = source.get("functions") if isinstance(source.get("functions"), list) else None
    declared = read_tools(source.get("tools")) + read_tools(functions)
    tools = [tool for tool in declared if not is_other_tool(tool)]
    extra: Source = {"tools": declared} if len(tools) < len(declared) else {}
    used = {"messages", "tools", *(["functions"] if functions else [])}
    return chat_body(NAME, source, used, messages, tools=tools, extra=extra)


def _message(turn: Any, calls: OpenCalls, where: str) -> Any:
    if not isinstance(turn, dict):
        return turn
    role = role_of(turn.get("role"))
    if role not in (None, "call", turn.get("role")) and turn.get("role") != "function":
        turn = {**turn, "role": role}
    if turn.get("role") in ("tool", "function"):
        return _answer(turn, calls, where)
    if turn.get("role") != "assistant":
        calls.next_turn()
    wanted = turn.get("tool_calls") or (
        [{"function": turn["function_call"]}] if turn.get("function_call") else []
    )
    if not isinstance(wanted, list) or not all(_is_call(call) for call in wanted):
        return turn
    message = {key: value for key, value in turn.items() if key != "tool_calls"}
    if not (turn.get("tool_calls") and turn.get("function_call")):
        message.pop("function_call", None)
    if wanted:
        message["tool_calls"] = [_call(call, calls) for call in wanted]
        message.setdefault("content", None)
    return message


def _call(call: Source, calls: OpenCalls) -> Source:
    function = call["function"]
    given = call.get("id")
    made = calls.call(
        function["name"], arguments_text(function.get("arguments")), given if isinstance(given, str) else None
    )
    return {**call, **made, "function": {**function, **made["function"]}}


def _answer(turn: Source, calls: OpenCalls, where: str) -> Source:
    call_id = calls.answer(where, turn.get("name"), turn.get("tool_call_id"))
    return {**turn, "role": "tool", "tool_call_id": call_id}


def _is_call(call: Any) -> bool:
    function = call.get("function") if isinstance(call, dict) else None
    return isinstance(function, dict) and isinstance(function.get("name"), str)


def _ids(turns: list[Any]) -> list[str]:
    """The ids that the calls of a conversation have already."""
    ids = []
    for turn in turns:
        calls = turn.get("tool_calls") if isinstance(turn, dict) else None
        for call in calls if isinstance(calls, list) else []:
            if isinstance(call, dict) and isinstance(call.get("id"), str):
                ids.append(call["id"])
    return ids
