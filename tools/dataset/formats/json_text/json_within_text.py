"""JSON objects that stand somewhere in a text, as functions are told to a model in its system prompt."""

from __future__ import annotations

import json
from typing import Any

from .json_line import MAX_DEPTH, is_deeper_than

_decoder = json.JSONDecoder()
_TRIES = 50
"""Brackets that begin no JSON: each may cost as much as the rest of the text is long."""


def objects_within(text: str) -> list[dict[str, Any]]:
    """The objects of a text, in their order: those that stand in it, and those of lists in it."""
    found: list[dict[str, Any]] = []
    at = tried = 0
    while tried < _TRIES and (at := _next_bracket(text, at)) >= 0:
        try:
            value, end = _decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            tried += 1
            at += 1
            continue
        if not is_deeper_than(value, MAX_DEPTH):
            items = value if isinstance(value, list) else [value]
            found += [item for item in items if isinstance(item, dict)]
        at = max(end, at + 1)
    return found


def _next_bracket(text: str, at: int) -> int:
    places = [place for place in (text.find("{", at), text.find("[", at)) if place >= 0]
    return min(places, default=-1)
