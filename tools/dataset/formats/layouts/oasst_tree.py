"""OpenAssistant message trees: one conversation per tree, made of the replies that were ranked best.

A tree holds many conversations with the same beginning. Taking all of them would fill the dataset with near copies,
so at each message the reply of the best rank is followed (the first one where none is ranked), up to the last answer
of the assistant on that way. The whole tree is kept under ``source_extra``.
"""

from __future__ import annotations

from typing import Any

from ..refusal import Refused, shown
from ..turns.chat_body import chat_body

Source = dict[str, Any]
NAME = "oasst"
_ROLES = {"prompter": "user", "assistant": "assistant"}
_SPOKEN = ("role", "text", "replies", "prompt")


def recognise(source: Source) -> str | None:
    """What makes a record an OpenAssistant tree; ``None`` when it is not."""
    root = source.get("prompt") if isinstance(source.get("prompt"), dict) else source
    if isinstance(root, dict) and _role(root) is not None and isinstance(root.get("replies"), list):
        return "the best-ranked replies of a message tree"
    return None


def to_chat(source: Source) -> Source:
    """The body made of the best-ranked way through a tree; raises `Refused`."""
    root = source["prompt"] if isinstance(source.get("prompt"), dict) else source
    way = _best_way(root)
    answered = [number for number, node in enumerate(way, start=1) if node.get("role") == "assistant"]
    messages = [_message(node, number) for number, node in enumerate(way, start=1)]
    if answered:
        messages = messages[: answered[-1]]
    return chat_body(NAME, source, set(_SPOKEN) & set(source), messages, extra={"tree": root})


def _best_way(node: Any) -> list[Source]:
    way: list[Source] = []
    while isinstance(node, dict):
        way.append(node)
        replies = node.get("replies")
        usable = [
            reply
            for reply in (replies if isinstance(replies, list) else [])
            if isinstance(reply, dict) and not reply.get("deleted")
        ]
        node = min(usable, key=_rank, default=None)
    return way


def _rank(reply: Source) -> float:
    rank = reply.get("rank")
    return rank if isinstance(rank, int | float) else float("inf")


def _role(node: Source) -> str | None:
    role = node.get("role")
    return _ROLES.get(role) if isinstance(role, str) else None


def _message(node: Source, number: int) -> Source:
    role = _role(node)
    if role is None:
        raise Refused("bad_message", f"message {number} has the unknown role {shown(node.get('role'))}")
    if not isinstance(node.get("text"), str):
        raise Refused("bad_message", f"message {number} has no text")
    return {"role": role, "content": node["text"]}
