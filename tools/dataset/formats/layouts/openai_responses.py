"""OpenAI Responses: ``{"instructions": …, "input": [items], "output": [items]}``.

Items are messages with ``input_text`` and ``output_text``, ``function_call``, ``function_call_output`` and
``reasoning``; they may stand under ``items`` or ``messages`` too. Layout:
https://platform.openai.com/docs/api-reference/responses/object.
"""

from __future__ import annotations

from typing import Any

from ..refusal import Refused, kind_of
from ..turns.conversation import ITEMS, body_of_turns

Source = dict[str, Any]
NAME = "openai_responses"
_LISTS = ("input", "output", "items", "messages")
_PARTS = ("input_text", "output_text", "input_image", "summary_text")


def recognise(source: Source) -> str | None:
    """What makes a record one of Responses; ``None`` when it is not."""
    for key in _LISTS:
        items = source.get(key)
        for item in items if isinstance(items, list) else []:
            if not isinstance(item, dict):
                break
            content = item.get("content")
            parts = content if isinstance(content, list) else []
            kinds = {str(part.get("type")) for part in parts if isinstance(part, dict)}
            if ("role" not in item and item.get("type") in ITEMS) or kinds.intersection(_PARTS):
                return f"items of Responses in `{key}`"
    return None


def to_chat(source: Source) -> Source:
    """The body of a response with what was asked; raises `Refused`."""
    turns: list[Any] = []
    used = set()
    for key in _LISTS:
        items = source.get(key)
        if isinstance(items, str) and key in ("input", "output"):
            items = [{"role": "user" if key == "input" else "assistant", "content": items}]
        if not isinstance(items, list):
            continue
        for number, item in enumerate(items, 1):
            if not isinstance(item, dict):
                raise Refused("bad_message", f"item {number} of `{key}` is {kind_of(item)}, not an object")
        turns += [_without_type(item) for item in items]
        used.add(key)
    return body_of_turns(NAME, source, turns, used)


def _without_type(item: Source) -> Source:
    """An item without what every item of its kind has: that it is a message, and is completed."""
    usual = {"type": "message", "status": "completed"}
    return {key: value for key, value in item.items() if usual.get(key) != value}
