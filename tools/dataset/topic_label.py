"""Where a record's JSON carries its topic: reading it, and writing a changed one back into the text.

A changed topic is spliced into the text of the record, so that all the rest stays as the source wrote it:
number formats, key order, repeated keys, spaces.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from typing import Any

from ..errors import InvalidInput

DEFAULT_FIELD = "topic"
LIST_FIELD = "topics"
"""A list of labels, read where the default field has none: the first is the topic, the others are kept."""

_decoder = json.JSONDecoder()
_whitespace = re.compile(r"[ \t\n\r]*")


def check_topic_field(field: str) -> None:
    """Refuse a dotted path with an empty step; raises `InvalidInput`."""
    if not all(field.split(".")):
        raise InvalidInput(
            f"{field!r} is not the name of a field.",
            hint="Write it as topic, or with a path: metadata.topic.",
        )


def read_topics(source: dict[str, Any], field: str = DEFAULT_FIELD) -> tuple[str | None, tuple[str, ...]]:
    """The topic of a record and the further labels that its source gives.

    Args:
        source: the parsed record.
        field: name of the field, or a dotted path such as ``metadata.topic``.

    Returns:
        The topic, ``None`` when there is no usable label, and the other labels in their order.
    """
    labels = labels_of(value_at(source, field.split(".")))
    if not labels and field == DEFAULT_FIELD:
        labels = labels_of(source.get(LIST_FIELD))
    return (labels[0], tuple(labels[1:])) if labels else (None, ())


def write_topic(body: str, field: str, topic: str | None) -> str:
    """The text of a record with another topic in its topic field, and nothing else changed.

    In a list of labels the first is replaced. Where the path leads through something that is not an object,
    the topic goes to the top-level ``topic``.
    """
    path = field.split(".")
    known = value_at(json.loads(body), path)
    value: Any = topic
    if isinstance(known, list) and topic is not None:
        value = [topic, *labels_of(known)[1:]]
    text = json.dumps(value, ensure_ascii=False)
    start = _skip(body, 0)
    edited = _written(body, start, path, text) or _written(body, start, [DEFAULT_FIELD], text)
    if edited is None:
        raise ValueError("a record is a JSON object")
    return edited


def value_at(source: Any, path: Sequence[str]) -> Any:
    """What stands at a path of names; ``None`` when nothing does."""
    for step in path:
        if not isinstance(source, dict):
            return None
        source = source.get(step)
    return source


def labels_of(value: Any) -> list[str]:
    """The labels that a value gives; one, or those of a list.

    A text that is not blank is one; a number and a truth value are as JSON writes them. An object that holds
    one label only, such as ``{"name": "billing"}``, is that label; any other is its JSON.
    """
    values = value if isinstance(value, list) else [value]
    return [label for label in map(_label, values) if label]


def _label(value: Any) -> str | None:
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, int | float):
        return str(value) if math.isfinite(value) else None
    if isinstance(value, dict) and value:
        inner = [label for label in map(_label, value.values()) if label]
        return inner[0] if len(inner) == 1 else json.dumps(value, ensure_ascii=False)
    return None


def _written(text: str, start: int, path: Sequence[str], value: str) -> str | None:
    """Write ``value`` at ``path`` into the object that begins at ``start``; ``None`` if it is no object."""
    if text[start] != "{":
        return None
    spot, end, is_empty = _find(text, start, path[0])
    if spot is not None:
        if len(path) > 1:
            return _written(text, spot[0], path[1:], value)
        return text[: spot[0]] + value + text[spot[1] :]
    for step in reversed(path[1:]):
        value = f"{{{json.dumps(step, ensure_ascii=False)}: {value}}}"
    comma = "" if is_empty else ", "
    return f"{text[:end]}{comma}{json.dumps(path[0], ensure_ascii=False)}: {value}{text[end:]}"


def _find(text: str, start: int, key: str) -> tuple[tuple[int, int] | None, int, bool]:
    """Where the value of ``key`` stands in an object (the last one counts, as in the parser).

    Returns:
        Begin and end of the value if the key is there, the place after the last member, and whether there
        is no member at all.
    """
    spot = None
    end = start + 1
    at = _skip(text, end)
    is_empty = text[at] == "}"
    while text[at] != "}":
        name, at = _decoder.raw_decode(text, at)
        begin = _skip(text, _skip(text, at) + 1)  # past the colon
        _, end = _decoder.raw_decode(text, begin)
        if name == key:
            spot = (begin, end)
        at = _skip(text, end)
        if text[at] == ",":
            at = _skip(text, at + 1)
    return spot, end, is_empty


def _skip(text: str, at: int) -> int:
    found = _whitespace.match(text, at)
    return found.end() if found else at
