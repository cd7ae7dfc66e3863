"""A record as a person reads it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ...tools.dataset.record import Message, Record, message_text


def record_lines(record: Record) -> Iterator[tuple[str, str]]:
    """The record's turns as (who, what was said); tool calls and tool results are turns of their own."""
    for message in record.messages:
        text = message_text(message)
        calls = message.get("tool_calls") or []
        if text or not calls:
            yield str(message.get("role", "?")), text
        for call in calls:
            yield "calls", _call_text(call)


def record_heading(record: Record) -> str:
    """Id, topic and origin in one line, with the strategy of a synthetic record."""
    strategy = (record.provenance or {}).get("strategy")
    origin = f"{record.origin}, {strategy}" if strategy else record.origin
    return f"{record.id} · {record.topic or 'no topic'} · {origin}"


def _call_text(call: Message) -> str:
    function: dict[str, Any] = call.get("function") or {}
    arguments = function.get("arguments", "")
    written = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
    return f"{function.get('name', '?')}({written})"
