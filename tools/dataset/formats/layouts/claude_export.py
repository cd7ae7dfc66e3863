"""Conversations exported from Claude: ``{"chat_messages": [{"sender": "human", "text": …, "content": [blocks]}]}``.

The text of an attachment is part of what the person says. Layout: https://support.claude.com/en/articles/9450526 (the
export; its ``conversations.json`` is not documented further, the keys are those of files that people shared).
"""

from __future__ import annotations

from typing import Any

from ..refusal import Refused, kind_of
from ..turns.conversation import body_of_turns

Source = dict[str, Any]
NAME = "claude"


def recognise(source: Source) -> str | None:
    """What makes a record an export of Claude; ``None`` when it is not."""
    turns = source.get("chat_messages")
    first = turns[0] if isinstance(turns, list) and turns else None
    return "`chat_messages` with `sender`" if isinstance(first, dict) and "sender" in first else None


def to_chat(source: Source) -> Source:
    """The body of a conversation of Claude; raises `Refused`."""
    turns = source.get("chat_messages")
    if not isinstance(turns, list):
        raise Refused("no_messages", "no `chat_messages`")
    return body_of_turns(
        NAME, source, [_turn(turn, number) for number, turn in enumerate(turns, 1)], {"chat_messages"}
    )


def _turn(turn: Any, number: int) -> Source:
    if not isinstance(turn, dict):
        raise Refused("bad_message", f"message {number} is {kind_of(turn)}, not an object")
    attachments = turn.get("attachments")
    texts = [
        one["extracted_content"]
        for one in (attachments if isinstance(attachments, list) else [])
        if isinstance(one, dict) and isinstance(one.get("extracted_content"), str)
    ]
    content = turn.get("content") or turn.get("text")
    if not texts:
        return turn
    blocks = content if isinstance(content, list) else [content] if content else []
    return {**turn, "content": [*blocks, *texts]}
