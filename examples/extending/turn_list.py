"""A format: ``{"turns": [["customer", "…"], ["agent", "…"]]}``, read and written."""

from __future__ import annotations

from typing import Any

from finetune_coverage.tools.dataset.exports.chat_turns import chat_of
from finetune_coverage.tools.dataset.exports.converted import Converted, Unfit
from finetune_coverage.tools.dataset.formats.refusal import Refused
from finetune_coverage.tools.dataset.formats.turns.chat_body import chat_body

NAME = "turn_list"
_ROLES = {"customer": "user", "agent": "assistant"}
_SPEAKERS = {role: speaker for speaker, role in _ROLES.items()}


def recognise(source: dict[str, Any]) -> str | None:
    """What makes an item of a file one of this format; ``None`` when it is not."""
    turns = source.get("turns")
    if isinstance(turns, list) and turns and isinstance(turns[0], list) and turns[0][:1] == ["customer"]:
        return "`turns` of customer and agent"
    return None


def to_chat(source: dict[str, Any]) -> dict[str, Any]:
    """The body of the record: OpenAI chat, and the other keys of the item beside it."""
    messages = []
    for number, turn in enumerate(source["turns"], 1):
        if not (isinstance(turn, list) and len(turn) == 2 and turn[0] in _ROLES):
            raise Refused("bad_message", f"turn {number} is not [customer or agent, text]")
        messages.append({"role": _ROLES[turn[0]], "content": turn[1]})
    return chat_body(NAME, source, {"turns"}, messages)


def convert(source: dict[str, Any], topic: str | None) -> Converted:
    """The row of a record; raises `Unfit` when the format cannot hold it, and names what is lost."""
    chat = chat_of(source)
    if chat.tools or any(turn.role not in _SPEAKERS for turn in chat.turns):
        raise Unfit("it has tools or a system prompt")
    turns = [[_SPEAKERS[turn.role], turn.text or ""] for turn in chat.turns]
    return Converted({"turns": turns, "topic": topic}, frozenset(chat.lost))
