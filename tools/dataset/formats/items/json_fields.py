"""Fields that hold JSON as text: cells of a table, columns of Parquet files, what was encoded twice.

The same layout is read the same wherever it stands, so this comes before any format looks at an item. Text is taken
for JSON in fields that hold a structure in every layout, and elsewhere where it can be nothing but messages.
"""

from __future__ import annotations

from typing import Any

from ..json_text.json_line import parse_value
from ..json_text.lenient_json import read_leniently
from ..layouts.text_lists import LISTS
from ..refusal import Refused
from ..turns.conversation import ITEMS, SYSTEM_KEYS
from ..turns.langchain_messages import is_langchain
from ..turns.roles import role_of

Source = dict[str, Any]
_STRUCTURES = frozenset(
    (
        *LISTS,
        *(
            "contents",
            "chat_messages",
            "chat_history",
            "mapping",
            "topics",
            "functions",
            "original",
            "replies",
        ),
        *("request_body", "response_body", "requestBody", "responseBody", "reqPayload", "respPayload"),
        *("input_messages", "output_messages", "inputs", "outputs", "toolConfig", "instances"),
    )
)
_REPLIES = ("choices", "candidates", "generations")
_TEXTS = ("context", "question")
"""Fields in which a list is one of texts, or of what is said."""
_TURNS = ("messages", "conversations")
"""Fields that are nothing else than turns: a text in them that is no JSON is refused with what is wrong in it."""


def with_parsed_fields(source: Source) -> tuple[Source, list[str]]:
    """The item with such fields as what they stand for; the item itself where it has none.

    Returns:
        The item, and what was wrong in those fields and certain to mend, in words.

    Raises:
        Refused: turns are neither JSON nor Python's notation.
    """
    parsed: Source = {}
    mended: list[str] = []
    for key, value in source.items():
        if isinstance(value, str) and value.lstrip()[:1] in ("[", "{"):
            found = _parsed(key, value, mended)
            if found is not None:
                parsed[key] = found
        elif key in _TURNS and isinstance(value, list) and value and all(map(_is_object_text, value)):
            parsed[key] = [_parsed(key, item, mended) or item for item in value]
    return ({**source, **parsed} if parsed else source), mended


def with_turns_parsed(source: Source) -> Source:
    """An item that no format knows, with texts that are JSON of objects as what they stand for."""
    parsed: Source = {}
    for key, value in source.items():
        if isinstance(value, str) and value.lstrip()[:1] in ("[", "{"):
            try:
                held = parse_value(value)
            except Refused:
                continue
            if isinstance(held, dict) or (
                isinstance(held, list) and all(isinstance(one, dict) for one in held)
            ):
                parsed[key] = held
    return {**source, **parsed} if parsed else source


def _parsed(key: str, text: str, mended: list[str]) -> Any:
    try:
        value = parse_value(text)
    except Refused as refused:
        found = read_leniently(text) if refused.code == "invalid_json" else None
        if found is None:
            if key in _TURNS:
                raise Refused(refused.code, f"`{key}` holds text that is {refused.reason}") from refused
            return None
        value = found[0]
        mended.append(found[1])
    if not isinstance(value, list | dict):
        return None
    if key in _STRUCTURES or (key in _TEXTS and isinstance(value, list)) or holds_messages(value):
        return value
    parts = value.get("parts") if isinstance(value, dict) else value
    return value if key in SYSTEM_KEYS and _are_parts(parts) else None


def holds_messages(value: Any) -> bool:
    """Whether a value is a message or messages, or an object that has some: a request, or what answers one.

    Only what has ``role`` and what is said under their own names: a text that an answer consists of may be JSON with
    speakers in it too.
    """
    if isinstance(value, dict) and not _are_messages([value]):
        return any(_are_messages(held) for held in (*value.values(), [value.get("message")])) or any(
            isinstance(value.get(key), list) and bool(value[key]) for key in _REPLIES
        )
    return _are_messages(value if isinstance(value, list) else [value])


def _are_messages(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_is_message, value))


def _is_message(value: Any) -> bool:
    if is_langchain(value):
        return True
    if isinstance(value, dict) and value.get("type") in ITEMS and ("call_id" in value or "summary" in value):
        return True
    said = isinstance(value, dict) and (
        any(key in value for key in ("content", "parts", "tool_calls"))
        or {"name", "arguments"} <= value.keys()
    )
    return said and role_of(value.get("role")) is not None


def _are_parts(value: Any) -> bool:
    """Whether a value is a list of texts as parts of a content."""
    return isinstance(value, list) and all(isinstance(part, dict) and "text" in part for part in value)


def _is_object_text(value: Any) -> bool:
    return isinstance(value, str) and value.lstrip().startswith("{")
