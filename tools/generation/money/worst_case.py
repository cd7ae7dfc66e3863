"""The most that a call to a model can use: what is reserved for it before it is made."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import orjson

TOKENS_PER_MESSAGE = 8
"""What a chat template adds to each message (its role, its marks of begin and end take 4 to 6), generously."""
TOKENS_PER_CALL = 256
"""What is added to the prompt as a whole, generously: a template's own system prompt (Qwen: 20, Llama: 25, gpt-oss:
70 tokens), the words that put the answer's schema into the prompt (110 bytes), the start of the answer."""


def most_prompt_tokens(prompt: Sequence[tuple[str, str]], schema: dict[str, Any]) -> int:
    """The most tokens that the prompt of one call can take.

    A tokenizer makes at most one token of each byte. The schema of the answer counts in full: endpoints without
    ``response_format`` get it in the prompt, the others count it too.

    Args:
        prompt: the messages, as (role, text).
        schema: JSON Schema of the answer.
    """
    said = sum(_most_tokens_of_prompt(text) + TOKENS_PER_MESSAGE for _, text in prompt)
    return said + _schema_length(orjson.dumps(schema)) + TOKENS_PER_CALL


def overrun(worst: tuple[int, int], used: tuple[int, int]) -> str | None:
    """Why no cap can be kept with an endpoint, if a call used more than it could have; else None.

    The budget sees sums, in which a reply that is too long can hide behind the generous bound of its prompt.

    Args:
        worst: the most (prompt, completion) tokens, as `Request.worst_case` has them; of several calls, their sums.
        used: what the endpoint counted.
    """
    for what, most, counted in zip(("The prompt", "The reply"), worst, used, strict=True):
        if counted > most:
            return f"{what} of a call took {counted:,} tokens and could take {most:,} at most: no cap can be kept."
    return None


# All attempts of a job share most of their prompts, and their few schemas.
@lru_cache(maxsize=64)
def _schema_length(schema: bytes) -> int:
    return len(
        json.dumps(orjson.loads(schema))
    )  # all escaped, so no shorter than in whatever form it is sent


@lru_cache(maxsize=64)
def _most_tokens_of_prompt(text: str) -> int:
    return most_tokens(text)


def most_tokens(text: str) -> int:
    """The most tokens that any tokenizer makes of a text."""
    if text.isascii():
        return len(text)
    length = len(text.encode())
    if unicodedata.is_normalized("NFKC", text):
        return length
    # Some tokenizers normalise first, and then a ligature can become longer than it was.
    return max(length, len(unicodedata.normalize("NFKC", text).encode()))
