"""Cohere's older chats: ``{"preamble": …, "chat_history": [{"role": "USER", "message": …}], "message": …, "text": …}``.

Its training files are OpenAI chat with the roles System, User and Chatbot (`roles`). Layout:
https://docs.cohere.com/v1/reference/chat and https://docs.cohere.com/docs/chat-preparing-the-data.
"""

from __future__ import annotations

from typing import Any

from ..refusal import Refused
from ..turns.conversation import body_of_turns

Source = dict[str, Any]
NAME = "cohere"


def recognise(source: Source) -> str | None:
    """What makes a record Cohere's; ``None`` when it is not."""
    history = source.get("chat_history")
    if isinstance(source.get("message"), str) and isinstance(history, list):
        return "`chat_history` with `message`"
    return None


def to_chat(source: Source) -> Source:
    """The body of a chat of Cohere; raises `Refused`."""
    history = source.get("chat_history")
    if not isinstance(history, list):
        raise Refused("no_messages", "no `chat_history`")
    turns = [*history, {"role": "USER", "message": source.get("message")}]
    answer = next((key for key in ("text", "response") if isinstance(source.get(key), str)), None)
    if answer:
        turns.append({"role": "CHATBOT", "message": source[answer]})
    return body_of_turns(NAME, source, turns, {"chat_history", "message", *([answer] if answer else [])})
