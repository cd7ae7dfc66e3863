"""Sending a draft's requests to the model, and putting their answers together."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

from ..models.structured import parse_json, structured_json
from .draft import Draft

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

IsRefused = Callable[[str], Awaitable[bool]]
"""Whether the response so far is refused already."""


async def ask(model: BaseChatModel, draft: Draft, is_refused: IsRefused) -> tuple[str, int, int]:
    """Ask the model what a draft asks, one request after the other, until the response so far is refused.

    Returns:
        The response as it is journalled and `answer_in` reads it, prompt tokens and completion tokens.

    Raises:
        TransientEndpointError: busy, failing or unreachable endpoint.
        EndpointError: a refusal that will repeat.
    """
    replies: list[str] = []
    prompt_tokens = completion_tokens = 0
    for request in draft.requests:
        if replies and await is_refused(_joined(draft, replies)):
            break
        reply, usage = await structured_json(
            model,
            list(request.prompt),
            request.schema,
            name=draft.strategy,
            max_tokens=request.max_tokens,
            temperature=request.temperature,
        )
        replies.append(reply)
        prompt_tokens += usage.prompt_tokens
        completion_tokens += usage.completion_tokens
    return _joined(draft, replies), prompt_tokens, completion_tokens


def _joined(draft: Draft, replies: Sequence[str]) -> str:
    return replies[0] if len(draft.requests) == 1 else json.dumps(replies, ensure_ascii=False)


def answer_in(draft: Draft, response: str) -> tuple[Any, bool]:
    """The parsed answer to a draft (the fields of all replies together), and whether it is whole.

    Raises:
        ValueError: a reply holds no JSON, or not what was asked for.
    """
    if len(draft.requests) == 1:
        return parse_json(response), True
    replies = json.loads(response)
    answer: dict[str, Any] = dict(draft.stand_in)
    for request, reply in zip(draft.requests, replies, strict=False):
        parsed = parse_json(reply)
        if not isinstance(parsed, dict):
            raise ValueError(f"expected a JSON object, got {type(parsed).__name__}")
        # A field that is missing must not be filled by its stand-in.
        answer |= {key: parsed.get(key) for key in request.schema["properties"]}
    return answer, len(replies) == len(draft.requests)
