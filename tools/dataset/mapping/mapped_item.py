"""Reading an item by a mapping, with the checks that every record has to pass."""

from __future__ import annotations

from typing import Any

from ..formats.openai_chat import check_chat
from ..formats.registry import Format, Reading
from .field_mapping import NAME, MappingReader


def read_mapped(value: dict[str, Any], reader: MappingReader) -> Reading:
    """Read an item of a file as its mapping says.

    Raises:
        Refused: an expression of the mapping gave something that cannot be used, or what came of it is no chat.
    """
    body = reader.to_chat(value)
    check_chat(body)
    return Reading(body, Format(NAME, "your mapping", lambda _: None, reader.to_chat), "as the mapping says")
