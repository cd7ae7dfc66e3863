"""Conversations of Intercom: the first message under ``source``, the others under ``conversation_parts``.

Parts in which nobody says anything (assignments, closings) are kept aside; bodies stay HTML. Layout:
https://developers.intercom.com/docs/references/rest-api/api.intercom.io/conversations/conversation.
"""

from __future__ import annotations

from typing import Any

from ..refusal import Refused
from ..turns.conversation import body_of_turns, says_something

Source = dict[str, Any]
NAME = "intercom"


def recognise(source: Source) -> str | None:
    """What makes a record a conversation of Intercom; ``None`` when it is not."""
    first = source.get("source")
    is_message = isinstance(first, dict) and "body" in first and "author" in first
    return "`source` with `conversation_parts`" if is_message and _parts(source) is not None else None


def to_chat(source: Source) -> Source:
    """The body of a conversation of Intercom; raises `Refused`."""
    parts = _parts(source)
    first = source.get("source")
    if parts is None or not isinstance(first, dict):
        raise Refused("no_messages", "no `source` with `conversation_parts`")
    # Whatever else is told of a part (who was assigned, when) stays where it is.
    turns = [{"author": turn.get("author"), "body": turn.get("body")} for turn in (first, *parts)]
    used = {"source", "conversation_parts"}
    extra = {key: source[key] for key in used}
    return body_of_turns(NAME, source, list(filter(says_something, turns)), used, extra=extra)


def _parts(source: Source) -> list[Source] | None:
    held = source.get("conversation_parts")
    parts = held.get("conversation_parts") if isinstance(held, dict) else held
    return [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else None
