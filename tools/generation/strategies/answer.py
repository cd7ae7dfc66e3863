"""Asking for conversations, and reading the parts of a model's answer, with words for what is missing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..attempts.draft import ChatTurn, Request, UnusableAnswer
from ..topic_style import TopicStyle

_CHARACTERS_OF_A_WORD = 8
"""With the space after it, and some more: a limit that cuts a message off would spoil it."""


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


def exchanges_request(
    prompt: Sequence[ChatTurn], exchanges: int, style: TopicStyle, *, words: int = 0
) -> Request:
    """The request for a written conversation, with turns as long as the topic's own may be.

    Args:
        prompt: the chat messages.
        exchanges: how many are asked for.
        style: of the topic's records.
        words: of a user's message that is asked for; it has room even where real ones are shorter.
    """
    asked = words * _CHARACTERS_OF_A_WORD
    characters = exchanges * (max(style.usual_user, asked) + style.usual_reply)
    schema = _exchanges_schema(exchanges, style, max(style.longest_user, asked))
    return Request(prompt, schema, answer_tokens(characters, 2 * exchanges, style.bytes_per_character))


def answer_tokens(characters: int, fields: int, bytes_per_character: float = 1.0) -> int:
    """Tokens that an answer with so much text in so many fields may take.

    Three bytes a token are few for every script: English has 4 and more, Chinese and Korean about 3, Cyrillic and
    Arabic 4 to 5 in today's tokenizers.

    Args:
        characters: of all fields together.
        fields: how many there are.
        bytes_per_character: of the language that is written, in UTF-8.
    """
    return int(characters * bytes_per_character / 3) + 12 * fields + 20


def _exchanges_schema(exchanges: int, style: TopicStyle, longest_user: int) -> dict[str, Any]:
    user = {"type": "string", "minLength": style.shortest_user, "maxLength": longest_user}
    reply = {"type": "string", "minLength": style.shortest_reply, "maxLength": style.longest_reply}
    pair = {
        "type": "object",
        "properties": {"user": user, "assistant": reply},
        "required": ["user", "assistant"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {
            "exchanges": {"type": "array", "minItems": exchanges, "maxItems": exchanges, "items": pair}
        },
        "required": ["exchanges"],
        "additionalProperties": False,
    }
