"""Glaive's function calling: ``{"system": "SYSTEM: …", "chat": "USER: … ASSISTANT: … FUNCTION RESPONSE: …"}``.

The functions that the system prompt tells are declared as tools too; the prompt stays. Layout:
https://huggingface.co/datasets/glaiveai/glaive-function-calling-v2.
"""

from __future__ import annotations

from typing import Any

from ..json_text.json_within_text import objects_within
from ..refusal import Refused
from ..turns.chat_body import text_at
from ..turns.conversation import body_of_turns
from .rendered_text import turns_of_text

Source = dict[str, Any]
NAME = "glaive"


def recognise(source: Source) -> str | None:
    """What makes a record Glaive's; ``None`` when it is not."""
    chat, system = source.get("chat"), source.get("system", "")
    if isinstance(chat, str) and isinstance(system, str) and "USER:" in chat:
        return "`chat` with USER, ASSISTANT and FUNCTION RESPONSE"
    return None


def to_chat(source: Source) -> Source:
    """The body of a record of Glaive; raises `Refused`."""
    found = turns_of_text(text_at(source, "chat"))
    if found is None:
        raise Refused("no_messages", "`chat` has no turns of USER and ASSISTANT")
    system = source.get("system")
    system = system.strip().removeprefix("SYSTEM:").strip() if isinstance(system, str) else ""
    tools = [
        one for one in objects_within(system) if isinstance(one.get("name"), str) and "parameters" in one
    ]
    return body_of_turns(
        NAME, source, found[1], {"chat", "system"}, system=system, tools=tools or source.get("tools")
    )
