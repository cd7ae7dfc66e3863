"""A record as a transcript: who said what; system prompt, tool calls and results folded."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from ....tools.dataset.record import Message, Record, message_text
from ....tools.text.scripts import is_joined
from ..elements import box, text

_LONG = 1_200
_WORD = re.compile(r"\w+|\W")
_NAMES = {"user": "User", "assistant": "Assistant", "system": "System prompt", "tool": "Tool result"}


def draw_record(record: Record, beside: Record | None = None) -> None:
    """Draw it where it is called.

    Args:
        record: what is read.
        beside: another record; words of the spoken turns that it does not have are marked.
    """
    known = _known_words(beside) if beside is not None else None
    with box("div", "small"):
        text(record.topic or "no topic", "span", "tag")
        text("real" if record.origin == "real" else "generated", "span", "tag")
    draw_messages(record.messages, known)


def draw_messages(messages: Sequence[Message], known: frozenset[str] | None = None) -> None:
    """Draw turns; with ``known``, the words of another record, those that are not among them are marked."""
    for message in messages:
        _draw_turn(message, known)


def _draw_turn(message: Message, known: frozenset[str] | None) -> None:
    role, said = str(message.get("role", "?")), message_text(message)
    calls = message.get("tool_calls") or []
    if role in ("system", "tool"):
        _folded(_NAMES[role], said)
    elif said or not calls:
        with box("div", f"turn {role if role in _NAMES else ''}"):
            text(_NAMES.get(role, role), "div", "who")
            _draw_text(said or "(nothing)", known)
    for call in calls:
        function: dict[str, Any] = call.get("function") or {}
        arguments = function.get("arguments", "")
        written = (
            arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False, indent=1)
        )
        _folded(f"Calls {function.get('name', '?')}", written)


def _folded(title: str, said: str) -> None:
    with box("details", "turn"):
        text(title, "summary", "who")
        text(said, "div", "text")


def _draw_text(said: str, known: frozenset[str] | None) -> None:
    if known is None:
        if len(said) <= _LONG:
            text(said, "div", "text")
            return
        text(f"{said[:_LONG]}…", "div", "text")
        _folded(f"All {len(said):,} characters", said)
        return
    with box("div", "text"):
        for part in _parts(said, known):
            text(part[0], "mark" if part[1] else "span")


def _parts(said: str, known: frozenset[str]) -> list[tuple[str, bool]]:
    """The text in pieces, each with whether the other record lacks its words."""
    parts: list[tuple[str, bool]] = []
    for piece in _pieces(said):
        is_new = piece.strip() != "" and piece.casefold() not in known
        if parts and (parts[-1][1] == is_new or not piece.strip()):
            parts[-1] = (parts[-1][0] + piece, parts[-1][1])
        else:
            parts.append((piece, is_new))
    return parts


def _pieces(said: str) -> list[str]:
    """Words with what parts them; single letters in scripts that write words together."""
    pieces: list[str] = []
    for word in _WORD.findall(said):
        pieces += list(word) if is_joined(word[0]) else [word]
    return pieces


def share_in_common(one: Record, other: Record) -> float:
    """The share of one record's words that the other has, 0 to 1."""
    words = [piece for piece in _pieces(" ".join(map(message_text, one.messages))) if piece.strip()]
    known = _known_words(other)
    return sum(word.casefold() in known for word in words) / len(words) if words else 0.0


def _known_words(record: Record) -> frozenset[str]:
    """A record's words, however they are capitalized."""
    return frozenset(piece.casefold() for piece in _pieces(" ".join(map(message_text, record.messages))))
