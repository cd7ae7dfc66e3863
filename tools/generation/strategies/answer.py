"""Reading the parts of a model's parsed answer, with words for what is missing."""

from __future__ import annotations

from typing import Any

from ..draft import UnusableAnswer


def text_field(answer: Any, name: str) -> str:
    """The non-empty text under ``name``, without surrounding white space.

    Raises:
        UnusableAnswer: the answer is not an object, or the field is missing, not text or empty.
    """
    if not isinstance(answer, dict):
        raise UnusableAnswer(f"expected a JSON object, got {type(answer).__name__}")
    value = answer.get(name)
    if not isinstance(value, str) or not value.strip():
        raise UnusableAnswer(f"expected text under {name!r}, got {value!r:.80}")
    return value.strip()


def exchanges_field(answer: Any, *, least: int, most: int) -> list[tuple[str, str]]:
    """The (user, assistant) pairs of a written conversation.

    Raises:
        UnusableAnswer: there are fewer than ``least`` or more than ``most``, or one lacks a side.
    """
    if not isinstance(answer, dict) or not isinstance(answer.get("exchanges"), list):
        raise UnusableAnswer("expected a list under 'exchanges'")
    pairs = [(text_field(pair, "user"), text_field(pair, "assistant")) for pair in answer["exchanges"]]
    if not least <= len(pairs) <= most:
        raise UnusableAnswer(f"expected {least} to {most} exchanges, got {len(pairs)}")
    return pairs


def exchanges_schema(
    least: int, most: int, *, longest_user: int = 350, longest_reply: int = 600
) -> dict[str, Any]:
    """JSON Schema of a written conversation: a list of user and assistant texts."""
    pair = {
        "type": "object",
        "properties": {
            "user": {"type": "string", "minLength": 15, "maxLength": longest_user},
            "assistant": {"type": "string", "minLength": 30, "maxLength": longest_reply},
        },
        "required": ["user", "assistant"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {"exchanges": {"type": "array", "minItems": least, "maxItems": most, "items": pair}},
        "required": ["exchanges"],
        "additionalProperties": False,
    }
