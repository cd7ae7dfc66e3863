"""What messages say: texts, parts, pictures, and the keys beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from ..record import Message, message_text
from .rules import Finding

_KEYS = frozenset(
    ("role", "content", "name", "weight", "tool_calls", "tool_call_id", "function_call", "refusal", "audio")
)
_NAME = re.compile(r"[^\s<|\\/>]+")
"""OpenAI's rule for names of speakers, as its API answers: '…name' does not match '^[^\\s<|\\\\/>]+$'."""
_RESERVED = re.compile(r"(?:system|user|bot|assistant):|\[eos\]|<image>|<video>|<unk>", re.IGNORECASE)
"""Words that Nova keeps for itself, wherever they stand
(https://docs.aws.amazon.com/nova/latest/userguide/fine-tune-prepare-data-understanding.html)."""
_TEXT_PARTS = ("text", "refusal")


def check_content(messages: Sequence[Message]) -> Iterator[Finding]:
    """Findings about what single messages say, and about keys that are not OpenAI's."""
    for number, message in enumerate(messages, start=1):
        where = f"message {number} ({message['role']})"
        yield from _check_keys(message, where)
        yield from _check_parts(message, where)
        said = message_text(message)
        # Few texts have one of these signs, and looking for the words takes longer than all other rules.
        reserved = _RESERVED.search(said) if any(sign in said for sign in ":[<") else None
        if reserved:
            yield Finding("reserved_words", f"{where}: {reserved.group()!r}")
        if message.get("tool_calls") or message.get("function_call"):
            if said.strip():
                yield Finding("text_beside_call", where)
        elif not (message.get("refusal") or message.get("audio")):
            yield from _check_text(message, where)
    yield from _check_alike(messages)


def _check_keys(message: Message, where: str) -> Iterator[Finding]:
    unknown = sorted(message.keys() - _KEYS)
    if unknown:
        yield Finding("unknown_message_key", f"{where}: {', '.join(map(repr, unknown))}")
    name = message.get("name")
    if name is not None and message["role"] != "tool" and not _NAME.fullmatch(str(name)):
        yield Finding("bad_message_name", f"{where}: {str(name)[:60]!r}")
    if isinstance(message.get("weight"), bool):
        yield Finding("weight_not_a_number", f"{where}: {str(message['weight']).lower()}")
    if message.get("tool_calls") == []:
        yield Finding("empty_list", f"{where}: `tool_calls`")


def _check_parts(message: Message, where: str) -> Iterator[Finding]:
    content = message.get("content")
    if not isinstance(content, list):
        return
    if message["role"] == "tool":
        yield Finding("tool_content_parts", where)
    for number, part in enumerate(content, start=1):
        place = f"part {number} of {where}"
        if part.get("type") == "image_url":
            if message["role"] != "user":
                yield Finding("picture_not_by_user", place)
            picture = part.get("image_url")
            address = picture.get("url") if isinstance(picture, dict) else picture
            if not str(address).startswith("data:image/"):
                yield Finding("picture_by_address", f"{place}: {str(address)[:60]!r}")
        elif part.get("type") not in _TEXT_PARTS:
            yield Finding("part_of_other_kind", f"{place}: {part.get('type')!r}")
        elif part.get("text") == "":
            yield Finding("empty_content", place)


def _check_text(message: Message, where: str) -> Iterator[Finding]:
    text = _text(message.get("content"))
    if text is None or text.strip():
        return
    if message["role"] in ("tool", "function"):
        yield Finding("empty_tool_result", where)
    elif text:
        yield Finding("blank_content", where)
    else:
        yield Finding("empty_answer" if message["role"] == "assistant" else "empty_content", where)


def _check_alike(messages: Sequence[Message]) -> Iterator[Finding]:
    kinds = [isinstance(message["content"], list) for message in messages if message.get("content")]
    if len(set(kinds)) > 1:
        yield Finding("text_and_parts", f"{sum(kinds)} of {len(kinds)} messages are lists of parts")


def _text(content: Any) -> str | None:
    """The text of a message; ``None`` when it has parts that are no text, such as pictures."""
    if not isinstance(content, list):
        return content or ""
    texts = [part.get("text", part.get("refusal")) for part in content]
    return None if None in texts else "".join(map(str, texts))
