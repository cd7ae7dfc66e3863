"""ShareGPT: ``{"conversations": [{"from": "human", "value": …}, …], "tools": "[…]"}``.

Turns are ``system``, ``human``, ``gpt``, ``function_call`` and ``observation``, as LLaMA-Factory and most datasets
write them. A call is JSON text ``{"name": …, "arguments": {…}}``, parallel calls are a JSON list of such objects, and
the declared tools are one JSON text. The other top-level fields stay as they are.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from .chat_turns import (
    EMPTY_BESIDE_CALL,
    IDS,
    REASONING,
    SPACING,
    Call,
    Chat,
    Turn,
    chat_of,
    function_of,
    in_order_of_calls,
    named,
)
from .converted import Converted, Unfit

MIXED = "text beside a tool call (becomes a turn of its own)"

_FROM = {"system": "system", "user": "human", "assistant": "gpt", "tool": "observation"}


def convert(source: dict[str, Any], _topic: str | None) -> Converted:
    """A record in ShareGPT.

    Raises:
        Unfit: it holds something else than text, or has a field of its own called ``conversations``.
    """
    chat = chat_of(source)
    if "conversations" in chat.extra:
        raise Unfit("it has a field of its own called `conversations`")
    row: dict[str, Any] = {"conversations": list(turns_of(chat))}
    if chat.tools:
        row["tools"] = json.dumps([function_of(tool, chat) for tool in chat.tools], ensure_ascii=False)
    row |= chat.extra
    if chat.source_format == "sharegpt" and "messages" not in chat.source_extra:
        row |= chat.source_extra
    elif chat.source_extra:
        chat.lost.add(named(["source_extra"]))
    return Converted(row, frozenset(chat.lost))


def turns_of(chat: Chat, *, plain: bool = False) -> Iterator[dict[str, Any]]:
    """The turns of a chat in ShareGPT's words; what they do not hold is added to ``chat.lost``.

    Args:
        chat: the record.
        plain: nothing but ``from`` and ``value``, with reasoning in ``<think>`` tags before the text; else names,
            weights and reasoning stand beside them.
    """
    for turn in in_order_of_calls(chat):
        beside = _beside(turn)
        before = ""
        if plain:
            before = f"<think>\n{turn.reasoning}\n</think>\n\n" if turn.reasoning is not None else ""
            unsaid = beside.keys() - {REASONING}
            if unsaid:
                chat.lost.add(f"{named(unsaid)} of messages")
            beside = {}
        if turn.calls:
            if turn.text:
                chat.lost.add(MIXED)
                yield {"from": "gpt", "value": before + turn.text, **beside}
                before = ""
                beside = {key: value for key, value in beside.items() if key != REASONING}
            elif turn.text == "":
                chat.lost.add(EMPTY_BESIDE_CALL)
            chat.lost.add(IDS)
            yield {"from": "function_call", "value": before + calls_text(turn.calls, chat), **beside}
        else:
            yield {"from": _FROM[turn.role], "value": before + (turn.text or ""), **beside}


def _beside(turn: Turn) -> dict[str, Any]:
    fields = {"name": turn.name, "weight": turn.weight, REASONING: turn.reasoning}
    return {key: value for key, value in fields.items() if value is not None}


def calls_text(calls: tuple[Call, ...], chat: Chat) -> str:
    """The calls of one message as JSON text."""
    values = [{"name": call.name, "arguments": call.parsed} for call in calls]
    for call, value in zip(calls, values, strict=True):
        parsed = value["arguments"]
        if parsed is not call.arguments and json.dumps(parsed, ensure_ascii=False) != call.arguments:
            chat.lost.add(SPACING)
    return json.dumps(values[0] if len(values) == 1 else values, ensure_ascii=False)
