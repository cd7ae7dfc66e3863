"""Cohere: ``{"messages": [{"role": "User", "content": …}, {"role": "Chatbot", "content": …}]}``, text only.

https://docs.cohere.com/v2/docs/chat-preparing-the-data. Cohere has deprecated fine-tuning on 15 September 2025.
"""

from __future__ import annotations

from typing import Any

from .chat_turns import chat_of, drop_fields, drop_of_messages
from .converted import Converted, Unfit

_ROLES = {"system": "System", "user": "User", "assistant": "Chatbot"}


def convert(source: dict[str, Any], _topic: str | None) -> Converted:
    """A record as Cohere reads it.

    Raises:
        Unfit: it has tools, or something else than text.
    """
    chat = chat_of(source)
    if chat.tools or any(turn.calls or turn.role == "tool" for turn in chat.turns):
        raise Unfit("it has tools")
    drop_of_messages(chat, "name", "weight", "reasoning")
    drop_fields(chat)
    messages = [{"role": _ROLES[turn.role], "content": turn.text or ""} for turn in chat.turns]
    return Converted({"messages": messages}, frozenset(chat.lost))
