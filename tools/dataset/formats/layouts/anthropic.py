"""Anthropic messages: ``system`` beside the turns, content blocks, tools used and answered within the turns.

``tool_use`` blocks become tool calls, ``tool_result`` blocks of a user's turn become tool messages before what else
the user says, ``thinking`` becomes ``reasoning_content``, the key that chat templates read.
"""

from __future__ import annotations

import json
from typing import Any

from ..refusal import Refused, kind_of
from ..turns.chat_body import chat_body
from ..turns.tool_declarations import read_tools

Source = dict[str, Any]
NAME = "anthropic"
_OWN_BLOCKS = ("tool_use", "tool_result", "thinking", "redacted_thinking", "image", "document")
_KEYS = {
    "text": {"type", "text"},
    "tool_use": {"type", "id", "name", "input"},
    "tool_result": {"type", "tool_use_id", "content"},
    "thinking": {"type", "thinking"},
    "image": {"type", "source"},
}
_IMAGE_SOURCES = ({"type", "url"}, {"type", "media_type", "data"})


def recognise(source: Source) -> str | None:
    """What makes a record Anthropic's; ``None`` when it is not."""
    messages = source.get("messages")
    if not isinstance(messages, list):
        return None
    speaks = bool(messages) and isinstance(messages[0], dict) and "role" in messages[0]
    if speaks and isinstance(source.get("system"), str | list):
        return "`system` beside `messages`"
    for message in messages:
        for block in _blocks(message):
            if block.get("type") in _OWN_BLOCKS and "value" not in block:
                return f"`{block['type']}` blocks"
    tools = source.get("tools")
    if isinstance(tools, list) and any(isinstance(tool, dict) and "input_schema" in tool for tool in tools):
        return "tools with `input_schema`"
    return None


def to_chat(source: Source) -> Source:
    """The body of an Anthropic record; raises `Refused`."""
    turns = source.get("messages")
    if not isinstance(turns, list):
        raise Refused("no_messages", "no `messages`")
    extra: Source = {}
    messages = _system(source.get("system"), extra)
    for number, turn in enumerate(turns):
        made, expressed = _messages_of(turn, f"message {number + 1}")
        messages += made
        if not expressed:
            extra.setdefault("messages", {})[str(number)] = turn
    used = {"messages", "system", "tools"}
    return chat_body(NAME, source, used, messages, tools=read_tools(source.get("tools")), extra=extra)


def _system(value: Any, extra: Source) -> list[Source]:
    if value is None or value == "" or value == []:
        return []
    if isinstance(value, list):
        parts, expressed = _parts(value, "`system`")
        if not expressed:
            extra["system"] = value
        return [{"role": "system", "content": parts}]
    if not isinstance(value, str):
        raise Refused("bad_message", f"`system` is {kind_of(value)}, not text")
    return [{"role": "system", "content": value}]


def _messages_of(turn: Any, where: str) -> tuple[list[Source], bool]:
    """The OpenAI messages of a turn, and whether they say all that it says."""
    if not isinstance(turn, dict) or not isinstance(turn.get("content"), list):
        return [turn], True  # judged like any OpenAI message
    blocks = turn["content"]
    if not all(isinstance(block, dict) for block in blocks):
        raise Refused("bad_message", f"{where} has a content block that is no object")
    others = {key: value for key, value in turn.items() if key != "content"}
    if turn.get("role") == "assistant":
        return _assistant(blocks, others, where)
    results = [block for block in blocks if block.get("type") == "tool_result"]
    said = [block for block in blocks if block.get("type") != "tool_result"]
    # Results that do not stand first cannot be told from a turn in which they did.
    expressed = blocks == results + said
    messages = []
    for block in results:
        content, complete = _parts(block.get("content"), where)
        expressed &= complete and _is_expressed(block)
        messages.append({"role": "tool", "tool_call_id": block.get("tool_use_id"), "content": content})
    if said or not results:
        parts, complete = _parts(said, where)
        expressed &= complete
        messages.append({**others, "content": parts})
    else:
        expressed &= set(others) <= {"role"}
    return messages, expressed


def _assistant(blocks: list[Source], others: Source, where: str) -> tuple[list[Source], bool]:
    thoughts = [block for block in blocks if block.get("type") in ("thinking", "redacted_thinking")]
    uses = [block for block in blocks if block.get("type") == "tool_use"]
    said = [block for block in blocks if block not in thoughts and block not in uses]
    parts, expressed = _parts(said, where)
    expressed &= blocks == thoughts + said + uses and all(_is_expressed(block) for block in thoughts + uses)
    message: Source = {**others, "content": parts or None}
    thought = [block["thinking"] for block in thoughts if isinstance(block.get("thinking"), str)]
    if thought:
        message["reasoning_content"] = "\n".join(thought)
        expressed &= len(thought) == 1
    if uses:
        message["tool_calls"] = [_call(block, where) for block in uses]
    return [message], expressed


def _call(block: Source, where: str) -> Source:
    if not isinstance(block.get("name"), str):
        raise Refused("bad_message", f"{where} has a `tool_use` without name")
    arguments = json.dumps(block.get("input", {}), ensure_ascii=False)
    function = {"name": block["name"], "arguments": arguments}
    return {"id": block.get("id"), "type": "function", "function": function}


def _parts(blocks: Any, where: str) -> tuple[Any, bool]:
    """OpenAI content for text and images, as a plain text where it is one text alone; and whether it says all."""
    if not isinstance(blocks, list):
        return blocks, True
    parts = []
    for block in blocks:
        if not isinstance(block, dict):
            raise Refused("bad_message", f"{where} has a content block that is {kind_of(block)}")
        parts.append(
            {"type": "text", "text": block.get("text")}
            if block.get("type") == "text"
            else _image(block, where)
        )
    expressed = all(_is_expressed(block) for block in blocks)
    if len(parts) == 1 and isinstance(parts[0].get("text"), str):
        return parts[0]["text"], expressed
    return parts, expressed


def _image(block: Source, where: str) -> Source:
    source = block.get("source")
    if block.get("type") == "image" and isinstance(source, dict):
        if isinstance(source.get("url"), str):
            return {"type": "image_url", "image_url": {"url": source["url"]}}
        if isinstance(source.get("data"), str) and isinstance(source.get("media_type"), str):
            url = f"data:{source['media_type']};base64,{source['data']}"
            return {"type": "image_url", "image_url": {"url": url}}
    if block.get("type") == "image_url":
        return block
    raise Refused(
        "unsupported_format", f"{where} has a content block that is neither text, image nor tool use"
    )


def _is_expressed(block: Source) -> bool:
    """Whether a block holds nothing that OpenAI chat has no place for (cache marks, signatures, error flags)."""
    known = _KEYS.get(str(block.get("type")), set(block))
    source = block.get("source")
    if isinstance(source, dict) and set(source) not in _IMAGE_SOURCES:
        return False
    return block.get("type") != "redacted_thinking" and set(block) <= known


def _blocks(message: Any) -> list[Source]:
    content = message.get("content") if isinstance(message, dict) else None
    return [block for block in content if isinstance(block, dict)] if isinstance(content, list) else []
