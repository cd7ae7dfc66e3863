"""The replies to a draft's requests: how they are journalled, and how they are put together."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ...models.json_reply import parse_json
from .draft import Draft


def joined(draft: Draft, replies: Sequence[str]) -> str:
    """The replies so far, as the journal keeps them."""
    return replies[0] if len(draft.requests) == 1 else json.dumps(list(replies), ensure_ascii=False)


def split(draft: Draft, response: str) -> list[str]:
    """The replies in what the journal kept."""
    if len(draft.requests) == 1:
        return [response]
    replies: list[str] = json.loads(response)
    return replies


def answer_in(draft: Draft, response: str) -> tuple[Any, bool]:
    """The parsed answer to a draft (the fields of all replies together), and whether it is whole.

    Raises:
        ValueError: a reply holds no JSON, or not what was asked for.
    """
    if len(draft.requests) == 1:
        return parse_json(response), True
    replies = split(draft, response)
    answer: dict[str, Any] = dict(draft.stand_in)
    for request, reply in zip(draft.requests, replies, strict=False):
        parsed = parse_json(reply)
        if not isinstance(parsed, dict):
            raise ValueError(f"expected a JSON object, got {type(parsed).__name__}")
        # A field that is missing must not be filled by its stand-in.
        answer |= {key: parsed.get(key) for key in request.schema["properties"]}
    return answer, len(replies) == len(draft.requests)
