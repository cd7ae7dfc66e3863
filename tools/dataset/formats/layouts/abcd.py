"""ABCD (action-based conversations): ``{"original": [["agent", …], ["customer", …], ["action", …]], "scenario": …}``.

An action is what the system logs while the two speak, so it becomes a system message where it stands.
"""

from __future__ import annotations

from typing import Any

from ..refusal import Refused, shown
from ..turns.chat_body import chat_body

Source = dict[str, Any]
NAME = "abcd"
_ROLES = {"agent": "assistant", "customer": "user", "action": "system"}


def recognise(source: Source) -> str | None:
    """What makes a record ABCD's; ``None`` when it is not."""
    turns = source.get("original")
    if isinstance(turns, list) and turns and _is_turn(turns[0]) and turns[0][0] in _ROLES:
        return "`original` with agent, customer and action"
    return None


def to_chat(source: Source) -> Source:
    """The body of an ABCD conversation; raises `Refused`."""
    turns = source.get("original")
    if not isinstance(turns, list):
        raise Refused("no_messages", "no `original`")
    messages = []
    for number, turn in enumerate(turns, start=1):
        if not _is_turn(turn):
            raise Refused("bad_message", f"message {number} is no pair of speaker and text")
        if turn[0] not in _ROLES:
            raise Refused("bad_message", f"message {number} has the unknown speaker {shown(turn[0])}")
        messages.append({"role": _ROLES[turn[0]], "content": turn[1]})
    return chat_body(NAME, source, {"original"}, messages)


def _is_turn(turn: Any) -> bool:
    return isinstance(turn, list) and len(turn) == 2 and all(isinstance(text, str) for text in turn)
