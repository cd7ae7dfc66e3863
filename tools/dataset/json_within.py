"""JSON that stands as text within a record: the arguments of a call, the result of a tool."""

from __future__ import annotations

import json
from typing import Any

from .formats.json_text.json_line import MAX_DEPTH, is_deeper_than


def read_json(text: str) -> Any:
    """The value of a text that may be JSON.

    Raises:
        ValueError: it is none, or is nested more than `MAX_DEPTH` deep: whoever walks over it would fail.
    """
    try:
        value = json.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error
    if is_deeper_than(value, MAX_DEPTH):
        raise ValueError(f"it is nested more than {MAX_DEPTH} levels deep")
    return value
