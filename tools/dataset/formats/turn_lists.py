"""Turns in any other spelling: an item with one list whose objects have a known speaker and say something.

Who speaks is told by `roles`, what is said by `content_parts`; `Conversation` knows the keys. This is the last layout
that is asked, so what is particular to a vendor is read before. Where two lists could be the conversation, the item
is refused, with their names.
"""

from __future__ import annotations

from typing import Any

from .conversation import are_turns, body_of_turns
from .refusal import Refused, shown

Source = dict[str, Any]
NAME = "turns"
_USUAL = (
    "messages",
    "conversations",
    "conversation",
    "turns",
    "dialogue",
    "dialog",
    "chat",
    "transcript",
    "thread",
)


def recognise(source: Source) -> str | None:
    """What makes a record a list of turns; ``None`` when it is not."""
    keys = _keys(source)
    return f"`{keys[0]}` with speakers" if keys else None


def to_chat(source: Source) -> Source:
    """The body of such a record; raises `Refused`."""
    keys = _keys(source)
    if not keys:
        raise Refused("no_messages", "no list of turns")
    if len(keys) > 1:
        names = " and ".join(map(shown, keys))
        raise Refused("unsupported_format", f"{names} are lists of turns: leave one, or name it `messages`")
    return body_of_turns(NAME, source, source[keys[0]], {keys[0]})


def _keys(source: Source) -> list[str]:
    """The keys of the lists that may be the conversation: the usual name alone, where one has it."""
    keys = [key for key, value in source.items() if are_turns(value)]
    usual = [key for name in _USUAL for key in keys if key.lower() == name]
    return usual[:1] or keys
