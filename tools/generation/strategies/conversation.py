"""Plain conversations (no tool calls): taking exchanges out of a record, and making a record of exchanges."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from ...dataset.record import Message, Record, message_text
from ..attempts.draft import Candidate, Rejection

_WORD = re.compile(r"\w+")
COPIED_WORDS = 12
"""A run of this many words shared with an example counts as copied: set phrases are shorter."""


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


def rejected_copy(candidate: Candidate, sources: Sequence[Record]) -> Rejection | None:
    """The rejection of a candidate that repeats a run of `COPIED_WORDS` words of one of these records."""
    written = [run for message in candidate.written for run in _runs(message_text(message))]
    for record in sources:
        runs = _runs_of(tuple(message_text(message) for message in record.messages))
        copied = next((run for run in written if run in runs), None)
        if copied:
            phrase = " ".join(copied)
            return Rejection("copied_phrase", f"twelve words or more stand in record {record.id}: {phrase!r}")
    return None


@lru_cache(maxsize=1024)
def _runs_of(texts: tuple[str, ...]) -> frozenset[tuple[str, ...]]:
    """Kept, since the same seeds come again and again."""
    return frozenset(run for text in texts for run in _runs(text))


def _runs(text: str) -> list[tuple[str, ...]]:
    words = _WORD.findall(text.lower())
    return [tuple(words[start : start + COPIED_WORDS]) for start in range(len(words) - COPIED_WORDS + 1)]
