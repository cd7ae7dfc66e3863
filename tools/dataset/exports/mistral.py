"""Mistral: OpenAI chat as mistral-finetune and the service read it.

Ids of calls are nine letters or digits, each tool has parameters and a description, one system message stands first.
https://github.com/mistralai/mistral-finetune#prepare-dataset; what it refuses is in its ``finetune/data/tokenize.py``.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from .chat_rows import messages_of
from .chat_turns import (
    NAMES,
    NO_DESCRIPTION,
    Call,
    Chat,
    Turn,
    after_system,
    answered_calls,
    chat_of,
    drop_fields,
    drop_of_messages,
    tools_of,
)
from .converted import Converted

NEW_IDS = "ids of tool calls that are not nine letters or digits, or stand twice (get new ones)"
_ID = re.compile(r"[A-Za-z0-9]{9}")


def convert(source: dict[str, Any], _topic: str | None) -> Converted:
    """A record as Mistral reads it.

    Raises:
        Unfit: it has a late system message, or something else than text and pictures.
    """
    chat = chat_of(source, pictures=True)
    drop_of_messages(chat, "reasoning")
    if any(turn.name is not None and turn.role != "tool" for turn in chat.turns):
        chat.lost.add(NAMES)
    prompt, turns = after_system(chat)
    system = [Turn("system", prompt)] if prompt else []
    chat.turns = [_plain(turn) for turn in [*system, *turns]]
    _give_ids(chat)
    messages = messages_of(chat, parsed=False)
    for message, turn in zip(messages, chat.turns, strict=True):
        if turn.weight is not None:
            message["weight"] = int(turn.weight)
    row: dict[str, Any] = {"messages": messages}
    if chat.tools:
        row["tools"] = [_tool(tool, chat) for tool in tools_of(chat)]
    drop_fields(chat)
    return Converted(row, frozenset(chat.lost))


def _plain(turn: Turn) -> Turn:
    return replace(turn, reasoning=None, name=turn.name if turn.role == "tool" else None)


def _tool(tool: Any, chat: Chat) -> dict[str, Any]:
    if tool.description is None:
        chat.lost.add(NO_DESCRIPTION)
    function = {"name": tool.name, "description": tool.description or "", "parameters": tool.parameters}
    return {"type": "function", "function": function}


def _give_ids(chat: Chat) -> None:
    """Give each call an id of its own that Mistral takes, and its answer the same."""
    answered = answered_calls(chat.turns)
    taken = {call.id for turn in chat.turns for call in turn.calls}
    seen: set[str] = set()
    made = 0
    turns: list[Turn] = []
    for index, turn in enumerate(chat.turns):
        calls = []
        for call in turn.calls:
            given = call.id or ""
            if given in seen or not _ID.fullmatch(given):
                chat.lost.add(NEW_IDS)
                while f"call{(made := made + 1):05}" in taken:
                    pass
                given = f"call{made:05}"
            seen.add(given)
            calls.append(Call(given, call.name, call.arguments))
        answers = turn.answers
        if index in answered:
            caller, number = answered[index]
            answers = turns[caller].calls[number].id
        turns.append(replace(turn, calls=tuple(calls), answers=answers))
    chat.turns = turns
