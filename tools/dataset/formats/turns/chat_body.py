"""Putting a record together from what a format found: the body, and what has no place in it."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from ..json_text.json_line import MAX_DEPTH, is_deeper_than
from ..refusal import Refused, kind_of

Source = dict[str, Any]
FORMAT_KEY = "source_format"
EXTRA_KEY = "source_extra"
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode
_TAKEN = ("messages", "tools", FORMAT_KEY, EXTRA_KEY)


def chat_body(
    name: str,
    source: Source,
    used: Collection[str],
    messages: list[Source],
    *,
    tools: list[Any] | None = None,
    extra: Mapping[str, Any] | None = None,
) -> Source:
    """The body of a record.

    Args:
        name: the format that the source came in.
        source: the item of the file.
        used: the keys of the source that messages and tools express.
        messages: OpenAI chat messages.
        tools: OpenAI function tools.
        extra: what messages and tools do not express, by key.

    Returns:
        ``messages``, ``tools`` where there are some, the unused keys of the source, and ``source_format`` and
        ``source_extra`` where something is left.
    """
    body: Source = {"messages": messages}
    if tools:
        body["tools"] = tools
    kept = dict(extra or {})
    for key, value in source.items():
        if key not in used:
            (kept if key in _TAKEN else body)[key] = value
    if kept:
        body[FORMAT_KEY] = name
        body[EXTRA_KEY] = kept
    return body


def body_text(body: Source) -> str:
    """A body as one line of JSON.

    Raises:
        Refused: it is nested too deep, or holds a number that JSON cannot write.
    """
    try:
        text = _encode(body)
    except ValueError as error:
        raise Refused("invalid_json", "a number that is too large for JSON") from error
    # Hardly any record has so many brackets that they could be nested too deep.
    if text.count("{") + text.count("[") > MAX_DEPTH and is_deeper_than(body, MAX_DEPTH):
        raise Refused("nested_too_deep", f"nested deeper than {MAX_DEPTH} levels")
    return text


def text_at(source: Source, key: str) -> str:
    """The text under a key; raises `Refused` when it is missing or no text."""
    value = source.get(key)
    if not isinstance(value, str):
        raise Refused(
            "bad_message", f"`{key}` is {kind_of(value)}, not text" if key in source else f"no `{key}`"
        )
    return value


def system_messages(source: Source, key: str = "system") -> list[Source]:
    """The system message that a source gives beside its turns: one, or none where it is empty."""
    value = source.get(key)
    if value is None or value == "":
        return []
    return [{"role": "system", "content": text_at(source, key)}]
