"""Parts of records, as the tests of formats write them."""

from __future__ import annotations

from typing import Any

Source = dict[str, Any]
FUNCTION = {"name": "look", "description": "Looks.", "parameters": {"type": "object"}}
TOOL = {"type": "function", "function": FUNCTION}


def said(role: str, content: Any, **more: Any) -> Source:
    return {"role": role, "content": content, **more}


def calling(*calls: tuple[str, str, str], content: str | None = None, **more: Any) -> Source:
    made = [
        {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}
        for call_id, name, arguments in calls
    ]
    return said("assistant", content, tool_calls=made, **more)


def answered(call_id: str, content: Any, **more: Any) -> Source:
    return said("tool", content, tool_call_id=call_id, **more)


QUESTION = [said("user", "Hi"), said("assistant", "Hello")]
