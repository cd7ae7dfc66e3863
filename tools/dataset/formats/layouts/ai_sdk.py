"""Messages of the AI SDK: ``{"messages": [{"role", "parts": [{"type": "text", …}, {"type": "tool-NAME", …}]}]}``.

What `useChat` keeps of a chat; a call and its result are one part. Its messages for models have ``tool-call`` and
``tool-result`` parts in ``content``. The keys of versions 4 and 5 are read. Layout:
https://ai-sdk.dev/docs/reference/ai-sdk-core/ui-message and
https://ai-sdk.dev/docs/reference/ai-sdk-core/model-message.
"""

from __future__ import annotations

from typing import Any

from ..refusal import Refused
from ..turns.conversation import body_of_turns

Source = dict[str, Any]
NAME = "ai_sdk"
_TYPES = ("tool-call", "tool-result", "tool-invocation")


def recognise(source: Source) -> str | None:
    """What makes a record the AI SDK's; ``None`` when it is not."""
    messages = source.get("messages")
    if not isinstance(messages, list):
        return None
    for message in messages:
        if not isinstance(message, dict) or "role" not in message:
            return None
        if isinstance(message.get("toolInvocations"), list):
            return "`toolInvocations`"
        for key in ("parts", "content"):
            parts = message.get(key)
            for part in parts if isinstance(parts, list) else []:
                kind = part.get("type") if isinstance(part, dict) else None
                if key == "parts" or kind in _TYPES:
                    return f"`{key}` of messages"
    return None


def to_chat(source: Source) -> Source:
    """The body of a chat of the AI SDK; raises `Refused`."""
    messages = source.get("messages")
    if not isinstance(messages, list):
        raise Refused("no_messages", "no `messages`")
    return body_of_turns(NAME, source, messages, {"messages"})
