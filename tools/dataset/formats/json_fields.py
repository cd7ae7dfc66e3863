"""Fields that hold JSON as text: cells of a table, columns of Parquet files, what was encoded twice.

The same layout is read the same wherever it stands, so this comes before any format looks at an item. Text is taken
for JSON in fields that hold a structure in every layout, and elsewhere where it can be nothing but turns or one turn.
"""

from __future__ import annotations

from typing import Any

from .conversation import are_turns, is_turn
from .json_line import parse_value
from .lenient_json import read_leniently
from .refusal import Refused

Source = dict[str, Any]
_STRUCTURES = frozenset(
    (
        *(
            "messages",
            "conversations",
            "conversation",
            "dialogue",
            "dialog",
            "turns",
            "contents",
            "chat_messages",
        ),
        *(
            "history",
            "chat_history",
            "mapping",
            "items",
            "topics",
            "functions",
            "input_messages",
            "output_messages",
        ),
        *("request", "response", "body", "request_body", "response_body", "requestBody", "responseBody"),
        *("inputs", "outputs", "reqPayload", "respPayload", "toolConfig", "systemInstruction"),
    )
)
_TURNS = ("messages", "conversations")
"""Fields that are nothing else than turns: a text in them that is no JSON is refused with what is wrong in it."""


def with_parsed_fields(source: Source) -> Source:
    """The item with such fields as what they stand for; the item itself where it has none.

    Raises:
        Refused: turns are neither JSON nor Python's notation.
    """
    parsed: Source = {}
    for key, value in source.items():
        if isinstance(value, str) and value.lstrip()[:1] in ("[", "{"):
            found = _parsed(key, value)
            if found is not None:
                parsed[key] = found
        elif key in _TURNS and isinstance(value, list) and value and all(map(_is_object_text, value)):
            parsed[key] = [_parsed(key, item) for item in value]
    return {**source, **parsed} if parsed else source


def _parsed(key: str, text: str) -> Any:
    try:
        value = parse_value(text)
    except Refused as refused:
        found = read_leniently(text)
        if found is None:
            if key in _TURNS:
                raise Refused(refused.code, f"`{key}` holds text that is {refused.reason}") from refused
            return None
        value = found[0]
    if not isinstance(value, list | dict):
        return None
    return value if key in _STRUCTURES or is_turn(value) or are_turns(value) else None


def _is_object_text(value: Any) -> bool:
    return isinstance(value, str) and value.lstrip().startswith("{")
