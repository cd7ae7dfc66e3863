"""Bedrock Converse: content blocks without types, ``toolUse`` and ``toolResult`` among them, a list of system texts.

Training files of Amazon Nova say so themselves: ``"schemaVersion": "bedrock-conversation-2024"``. Layout:
https://docs.aws.amazon.com/nova/latest/userguide/fine-tune-prepare-data-understanding.html and
https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ContentBlock.html.
"""

from __future__ import annotations

from typing import Any

from ..refusal import Refused
from ..turns.conversation import body_of_turns

Source = dict[str, Any]
NAME = "bedrock"
_VERSION = "bedrock-conversation"
_BLOCKS = frozenset(
    ("text", "toolUse", "toolResult", "reasoningContent", "image", "video", "document", "cachePoint")
)


def recognise(source: Source) -> str | None:
    """What makes a record Bedrock's; ``None`` when it is not."""
    messages = source.get("messages")
    if not isinstance(messages, list):
        return None
    if str(source.get("schemaVersion", "")).startswith(_VERSION):
        return "`schemaVersion` of Bedrock"
    blocks = [block for message in messages for block in _blocks(message)]
    if blocks and all("type" not in block and _BLOCKS.intersection(block) for block in blocks):
        return "content blocks without types"
    return None


def to_chat(source: Source) -> Source:
    """The body of a Bedrock record; raises `Refused`."""
    messages = source.get("messages")
    if not isinstance(messages, list):
        raise Refused("no_messages", "no `messages`")
    config = source.get("toolConfig")
    tools = config.get("tools") if isinstance(config, dict) else None
    used = {"messages", *(["toolConfig"] if tools else [])}
    if str(source.get("schemaVersion", "")).startswith(_VERSION):
        used.add("schemaVersion")
    extra = {"toolConfig": config} if isinstance(config, dict) and set(config) - {"tools"} else None
    return body_of_turns(NAME, source, messages, used, tools=tools, extra=extra)


def _blocks(message: Any) -> list[Source]:
    content = message.get("content") if isinstance(message, dict) else None
    return [block for block in content if isinstance(block, dict)] if isinstance(content, list) else []
