"""Chats exported from Open WebUI: ``{"chat": {"history": {"messages": {id: {"role", "content"}}, "currentId": id}}}``.

The way from ``currentId`` back to the first message is what the person saw last; the tree is kept beside it. Layout:
https://docs.openwebui.com/features/chat-conversations/data-controls/import-export.
"""

from __future__ import annotations

from typing import Any

from ..refusal import Refused
from ..turns.conversation import body_of_turns
from ..turns.message_tree import way_to

Source = dict[str, Any]
NAME = "open_webui"


def recognise(source: Source) -> str | None:
    """What makes a record a chat of Open WebUI; ``None`` when it is not."""
    nodes = _nodes(source)
    first = next(iter(nodes.values()), None)
    return "`history` along `currentId`" if isinstance(first, dict) and "childrenIds" in first else None


def to_chat(source: Source) -> Source:
    """The body made of the way to the current message; raises `Refused`."""
    nodes = _nodes(source)
    if not nodes:
        raise Refused("no_messages", "no `history` with messages")
    history = source["history"]
    way = way_to(nodes, history.get("currentId"), "parentId", "childrenIds")
    turns = [
        {key: node[key] for key in ("role", "content") if key in node}
        for node in way
        if isinstance(node, dict)
    ]
    extra = {"history": history, **({"messages": source["messages"]} if "messages" in source else {})}
    return body_of_turns(NAME, source, turns, {"history", "messages"}, extra=extra)


def _nodes(source: Source) -> Source:
    history = source.get("history")
    nodes = history.get("messages") if isinstance(history, dict) else None
    return nodes if isinstance(nodes, dict) else {}
