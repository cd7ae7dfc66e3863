"""Adds messages to the conversation, so that the same message of a person always has the same id.

A parent graph may keep its messages without ids and hand over the whole history each time. Were each of them given
a new id, as `add_messages` does, an old yes would pass for a new one, and approve whatever waits by then.
"""

from __future__ import annotations

import hashlib

from langchain_core.messages import MessageLikeRepresentation, convert_to_messages
from langgraph.graph.message import Messages, add_messages


def add_with_lasting_ids(left: Messages, right: Messages) -> Messages:
    """`add_messages`, after naming a person's messages without ids by what was said, and what came before it."""
    earlier = convert_to_messages(left if isinstance(left, list) else [left])
    added = convert_to_messages(right if isinstance(right, list) else [right])
    taken = {message.id for message in [*earlier, *added]}
    place = str(earlier[-1].id) if earlier else ""
    named: list[MessageLikeRepresentation] = []
    for message in added:
        said = f"{place}\n{message.type}\n{message.content}"
        place = hashlib.sha256(said.encode(errors="replace")).hexdigest()
        needs_id = message.type == "human" and message.id is None and place not in taken
        named.append(message.model_copy(update={"id": place}) if needs_id else message)
    return add_messages(left, named)
