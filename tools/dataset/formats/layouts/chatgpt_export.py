"""Conversations exported from ChatGPT: ``{"mapping": {id: {"message", "parent", "children"}}, "current_node": id}``.

The tree holds every try at an answer; the way from ``current_node`` back to the root is what the person saw last.
Without it the last child is followed at each message. What was hidden from the person (empty and hidden system
messages) is no turn. The tree is kept under ``source_extra``. Layout: https://help.openai.com/en/articles/7260999
(the export; its ``conversations.json`` is not documented further, the keys are those of files that people shared).
"""

from __future__ import annotations

import json
from typing import Any

from ..refusal import Refused
from ..turns.chat_body import chat_body
from ..turns.content_parts import Called, Piece, Returned, Said, Thought, text_piece
from ..turns.conversation import Conversation
from ..turns.message_tree import way_to
from ..turns.roles import role_of

Source = dict[str, Any]
NAME = "chatgpt"


def recognise(source: Source) -> str | None:
    """What makes a record an export of ChatGPT; ``None`` when it is not."""
    mapping = source.get("mapping")
    if not isinstance(mapping, dict) or not mapping:
        return None
    node = next(iter(mapping.values()))
    return "`mapping` along `current_node`" if isinstance(node, dict) and "children" in node else None


def to_chat(source: Source) -> Source:
    """The body made of the way to the current message; raises `Refused`."""
    mapping = source.get("mapping")
    if not isinstance(mapping, dict):
        raise Refused("no_messages", "no `mapping`")
    conversation = Conversation()
    for node in way_to(mapping, source.get("current_node"), "parent", "children"):
        message = node.get("message") if isinstance(node, dict) else None
        if isinstance(message, dict):
            _add(conversation, message)
    if not conversation.messages:
        raise Refused("no_messages", "nobody says anything on the way to `current_node`")
    used = {"mapping", "current_node"}
    tree: Source = {key: source[key] for key in ("mapping", "current_node") if key in source}
    return chat_body(NAME, source, used, conversation.messages, extra=tree)


def _add(conversation: Conversation, message: Source) -> None:
    author = message.get("author")
    name = author.get("role") if isinstance(author, dict) else None
    metadata = message.get("metadata")
    if isinstance(metadata, dict) and metadata.get("is_visually_hidden_from_conversation"):
        return
    pieces = _pieces(message.get("content"))
    if not pieces:
        return
    role = role_of(name)
    if role is None:
        raise Refused("bad_message", f"a message has the unknown author {name!r}")
    to = message.get("recipient")
    text = "\n".join(
        piece.part["text"] for piece in pieces if isinstance(piece, Said) and "text" in piece.part
    )
    if role == "assistant" and isinstance(to, str) and to != "all":
        pieces = [Called(to, json.dumps({"input": text}, ensure_ascii=False))]
    elif role == "tool":
        tool = author.get("name") if isinstance(author, dict) else None
        pieces = [Returned(text, tool if isinstance(tool, str) else None)]
    conversation.take(role, pieces)


def _pieces(content: Any) -> list[Piece]:
    """What a message says: texts, code and results of code, thoughts; pictures are named by their place."""
    if not isinstance(content, dict):
        return []
    kind = content.get("content_type")
    if kind == "thoughts":
        thoughts = content.get("thoughts")
        texts = (
            [one.get("content") for one in thoughts if isinstance(one, dict)]
            if isinstance(thoughts, list)
            else []
        )
        return [Thought(text) for text in texts if isinstance(text, str) and text.strip()]
    if kind in ("user_editable_context", "model_editable_context", "reasoning_recap"):
        return []
    parts = content.get("parts")
    texts = parts if isinstance(parts, list) else [content.get("text", content.get("result"))]
    pieces: list[Piece] = []
    for part in texts:
        if isinstance(part, str) and part.strip():
            pieces.append(text_piece(part))
        elif isinstance(part, dict) and isinstance(part.get("text"), str):
            pieces.append(text_piece(part["text"]))
        elif isinstance(part, dict) and isinstance(part.get("asset_pointer"), str):
            pieces.append(Said({"type": "image_url", "image_url": {"url": part["asset_pointer"]}}))
    return pieces
