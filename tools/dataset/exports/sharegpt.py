"""ShareGPT: ``{"conversations": [{"from": "human", "value": …}, …], "tools": "[…]"}``.

Turns are ``system``, ``human``, ``gpt``, ``function_call`` and ``observation``, as LLaMA-Factory and most datasets
write them. A call is JSON text ``{"name": …, "arguments": {…}}``, parallel calls are a JSON list of such objects, and
the declared tools are one JSON text. The other top-level fields stay as they are.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from .chat_turns import REASONING, Call, Chat, Turn, answered_calls, chat_of, named
from .converted import Converted, Unfit

IDS = "ids of tool calls (answers follow the order of the calls)"
MIXED = "text beside a tool call (becomes a turn of its own)"
LOOSE = "which call an answer belongs to, where calls and answers do not match"
SPACING = "spacing of tool arguments (equal as JSON)"
TYPES = "tools that are written in another way than {type: function, function: …}"

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
    for turn in _in_order_of_calls(chat):
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
                chat.lost.add("empty text beside a tool call")
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


def function_of(tool: dict[str, Any], chat: Chat) -> dict[str, Any]:
    """A declared tool without its wrapping: name, description, parameters."""
    function: dict[str, Any] = tool["function"]
    if tool != {"type": "function", "function": function}:
        chat.lost.add(TYPES)
    return function


def _in_order_of_calls(chat: Chat) -> Iterator[Turn]:
    """The turns, with the answers to parallel calls in the order of the calls: their ids are not written."""
    answered = answered_calls(chat.turns)
    waiting: list[tuple[int, int]] = []
    answers: dict[int, Turn] = {}
    unanswered = False
    for index, turn in enumerate([*chat.turns, None]):
        if turn is not None and turn.role == "tool":
            answers[index] = turn
            continue
        if {answered.get(one) for one in answers} == set(waiting):
            answers = {one: answers[one] for one in sorted(answers, key=lambda one: answered[one])}
        else:
            unanswered = True
        # A call without an answer is plain to see, until answers to other calls come after it.
        follows_call = turn is not None and bool(waiting and turn.calls and not answers)
        if unanswered and (answers or follows_call):
            chat.lost.add(LOOSE)
        yield from answers.values()
        if turn is not None:
            yield turn
            waiting, answers = [(index, number) for number in range(len(turn.calls))], {}
