"""Plain conversations (no tool calls): taking exchanges out of a record, and making a record of exchanges."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...dataset.record import Message, Record, message_text


def exchanges_of(record: Record) -> list[dict[str, str]]:
    """The (user, assistant) pairs of a record as objects; neighbours of one role are joined, tool traffic left out."""
    pairs: list[dict[str, str]] = []
    user: list[str] = []
    for message in record.messages:
        text = message_text(message).strip()
        if not text:
            continue
        if message["role"] == "user":
            user.append(text)
        elif message["role"] == "assistant" and user:
            pairs.append({"user": "\n".join(user), "assistant": text})
            user = []
        elif message["role"] == "assistant" and pairs:
            pairs[-1]["assistant"] += "\n" + text
    return pairs


def conversation_source(
    exchanges: Sequence[tuple[str, str]], topic: str, *, like: Record | None = None
) -> dict[str, Any]:
    """The JSON object of a record with these exchanges, and the system prompt of ``like`` if it has one."""
    messages: list[Message] = []
    if like is not None and like.messages and like.messages[0]["role"] == "system":
        messages.append(like.messages[0])
    for user, assistant in exchanges:
        messages.append({"role": "user", "content": user})
        messages.append({"role": "assistant", "content": assistant})
    return {"messages": messages, "topic": topic}
