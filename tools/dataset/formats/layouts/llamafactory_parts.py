"""LLaMA-Factory's own messages: every content a list of ``{"type", "value"}``, with reasoning and calls among them.

``reasoning`` becomes ``reasoning_content``, the key that chat templates read; ``tool_call`` becomes a tool call;
``loss_weight`` becomes ``weight``. The results of parallel calls, which may stand as a list in one turn, become a
message each.
"""

from __future__ import annotations

from typing import Any

from ..json_text.json_line import parse_value
from ..refusal import Refused, kind_of
from ..turns.chat_body import chat_body
from ..turns.tool_calls import OpenCalls, arguments_text, read_calls
from ..turns.tool_declarations import read_tools

Source = dict[str, Any]
NAME = "llamafactory"
_MEDIA = ("image_url", "video_url", "audio_url")
_RESULT = {"name", "content", "tool_call_id"}
_ORDER = ("reasoning", "text", "tool_call")


def recognise(source: Source) -> str | None:
    """What makes a record LLaMA-Factory's; ``None`` when it is not."""
    messages = source.get("messages")
    first = messages[0] if isinstance(messages, list) and messages else None
    content = first.get("content") if isinstance(first, dict) else None
    part = content[0] if isinstance(content, list) and content else None
    return "content parts with `value`" if isinstance(part, dict) and {"type", "value"} <= set(part) else None


def to_chat(source: Source) -> Source:
    """The body of a LLaMA-Factory record; raises `Refused`."""
    turns = source.get("messages")
    if not isinstance(turns, list):
        raise Refused("no_messages", "no `messages`")
    calls = OpenCalls()
    messages: list[Source] = []
    not_expressed: dict[str, Any] = {}
    for number, turn in enumerate(turns):
        where = f"message {number + 1}"
        message, expressed = _message(turn, calls, where)
        if message.get("role") == "tool":
            results = _results_in_one(message, len(calls))
            expressed &= not results
            messages += [_answer(one, calls, where) for one in results or [message]]
        else:
            if message.get("role") != "assistant":
                calls.next_turn()
            messages.append(message)
        if not expressed:
            not_expressed[str(number)] = turn
    extra = {"messages": not_expressed} if not_expressed else None
    used = {"messages", "tools"}
    return chat_body(NAME, source, used, messages, tools=read_tools(source.get("tools")), extra=extra)


def _message(turn: Any, calls: OpenCalls, where: str) -> tuple[Source, bool]:
    """The OpenAI message of a turn, and whether it says all that the turn says."""
    if not isinstance(turn, dict):
        raise Refused("bad_message", f"{where} is {kind_of(turn)}, not an object")
    content = turn.get("content")
    if not isinstance(content, list):
        raise Refused("bad_message", f"{where}: `content` is {kind_of(content)}, not a list of parts")
    message: Source = {key: value for key, value in turn.items() if key not in ("content", "loss_weight")}
    kinds = []
    parts: list[Source] = []
    expressed = True
    for part in content:
        kind, says_all = _add_part(message, parts, part, calls, where)
        kinds.append(kind)
        expressed &= says_all
    message["content"] = _plain(parts)
    expressed &= kinds == sorted(kinds, key=_place) and kinds.count("reasoning") < 2
    weight = turn.get("loss_weight")
    if weight in (0, 1) and weight is not None:
        message["weight"] = int(weight)
    elif weight is not None:
        expressed = False
    return message, expressed


def _results_in_one(message: Source, waiting: int) -> list[Source]:
    """The results of as many calls as wait for one, when they stand in one turn; else none."""
    text = message["content"]
    if waiting < 2 or not isinstance(text, str) or not text.lstrip().startswith("["):
        return []
    try:
        results = parse_value(text)
    except Refused:
        return []
    if not isinstance(results, list) or len(results) != waiting:
        return []
    if not all(isinstance(one, dict) and {"name", "content"} <= set(one) <= _RESULT for one in results):
        return []
    return [
        {"role": "tool", "name": one["name"], "content": arguments_text(one["content"])} for one in results
    ]


def _answer(message: Source, calls: OpenCalls, where: str) -> Source:
    return message | {"tool_call_id": calls.answer(where, message.get("name"), message.get("tool_call_id"))}


def _add_part(
    message: Source, parts: list[Source], part: Any, calls: OpenCalls, where: str
) -> tuple[str, bool]:
    """Take a part into a message; its kind, and whether the message then says all of it."""
    kind = part.get("type") if isinstance(part, dict) else None
    value = part.get("value") if isinstance(part, dict) else None
    if not isinstance(kind, str) or not isinstance(value, str):
        raise Refused("bad_message", f"{where} has a content part without type and value")
    says_all = len(part) == len(("type", "value"))
    if kind == "reasoning":
        before = message.get("reasoning_content")
        message["reasoning_content"] = value if before is None else f"{before}\n{value}"
    elif kind == "tool_call":
        wanted, calls_say_all = read_calls(value, where)
        says_all &= calls_say_all
        made = [calls.call(name, arguments) for name, arguments in wanted]
        message.setdefault("tool_calls", []).extend(made)
    elif kind in _MEDIA:
        parts.append({"type": kind, kind: {"url": value}})
    elif kind == "text":
        parts.append({"type": "text", "text": value})
    else:
        raise Refused("unsupported_format", f"{where} has a content part of the unknown type {kind!r}")
    return kind, says_all


def _place(kind: str) -> int:
    return _ORDER.index("text" if kind in _MEDIA else kind)


def _plain(parts: list[Source]) -> Any:
    """Nothing, the text where there is one text alone, or the parts."""
    if not parts:
        return None
    return parts[0]["text"] if len(parts) == 1 and parts[0]["type"] == "text" else parts
