"""Together AI: OpenAI chat with the fields that its documentation names, and no other: its checker refuses others.

https://docs.together.ai/docs/fine-tuning/data-preparation. Where one message has pictures, all are lists of parts:
a record may not mix lists and texts.
"""

from __future__ import annotations

from typing import Any

from .chat_rows import messages_of
from .chat_turns import chat_of, drop_fields, drop_of_messages
from .converted import Converted

LISTS = "texts beside pictures as texts (become lists of one text)"


def convert(source: dict[str, Any], _topic: str | None) -> Converted:
    """A record as Together AI reads it.

    Raises:
        Unfit: it holds what is neither text nor picture.
    """
    chat = chat_of(source, pictures=True)
    drop_of_messages(chat, "name")
    messages = messages_of(chat, parsed=False)
    has_pictures = any(turn.parts for turn in chat.turns)
    for message, turn in zip(messages, chat.turns, strict=True):
        message.pop("name", None)
        if turn.weight is not None:
            message["weight"] = int(turn.weight)
        if has_pictures and not turn.parts:
            chat.lost.add(LISTS)
            message["content"] = [{"type": "text", "text": turn.text or ""}]
    row: dict[str, Any] = {"messages": messages}
    if chat.tools:
        row["tools"] = chat.tools
    drop_fields(chat)
    return Converted(row, frozenset(chat.lost))
