"""Dumps of LangChain: ``{"messages": [{"type": "human", …}, {"type": "ai", …}]}``; `langchain_messages` reads each."""

from __future__ import annotations

from typing import Any

from ..refusal import Refused
from ..turns.conversation import body_of_turns
from ..turns.langchain_messages import is_langchain

Source = dict[str, Any]
NAME = "langchain"


def recognise(source: Source) -> str | None:
    """What makes a record LangChain's; ``None`` when it is not."""
    messages = source.get("messages")
    if isinstance(messages, list) and any(is_langchain(message) for message in messages):
        return "`messages` of human and ai"
    return None


def to_chat(source: Source) -> Source:
    """The body of a conversation of LangChain; raises `Refused`."""
    messages = source.get("messages")
    if not isinstance(messages, list):
        raise Refused("no_messages", "no `messages`")
    return body_of_turns(NAME, source, messages, {"messages"})
