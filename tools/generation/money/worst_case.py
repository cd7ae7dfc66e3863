"""The most that a call to a model can use: what is reserved for it before it is made."""

from __future__ import annotations

import json
import unicodedata

from ..attempts.draft import Request

TOKENS_PER_MESSAGE = 8
"""What a chat template adds to each message (its role, its marks of begin and end take 4 to 6), generously."""
TOKENS_PER_CALL = 256
"""What is added to the prompt as a whole, generously: a template's own system prompt (Qwen: 20, Llama: 25, gpt-oss:
70 tokens), the words that put the answer's schema into the prompt (110 bytes), the start of the answer."""


def worst_case_tokens(request: Request) -> tuple[int, int]:
    """The most (prompt, completion) tokens that one call can use.

    A tokenizer makes at most one token of each byte. The schema of the answer counts in full: endpoints without
    ``response_format`` get it in the prompt, the others count it too. The completion is bounded by the
    ``max_tokens`` of the request, which endpoints enforce, thinking included.
    """
    prompt = sum(_most_tokens(text) + TOKENS_PER_MESSAGE for _, text in request.prompt)
    schema = len(json.dumps(request.schema))  # all escaped, so no shorter than in whatever form it is sent
    return prompt + schema + TOKENS_PER_CALL, request.max_tokens


def overrun(worst: tuple[int, int], used: tuple[int, int]) -> str | None:
    """Why no cap can be kept with an endpoint, if a call used more than it could have; else None.

    The budget sees sums, in which a reply that is too long can hide behind the generous bound of its prompt.

    Args:
        worst: the most (prompt, completion) tokens, as `worst_case_tokens` has them; of several calls, their sums.
        used: what the endpoint counted.
    """
    for what, most, counted in zip(("The prompt", "The reply"), worst, used, strict=True):
        if counted > most:
            return f"{what} of a call took {counted:,} tokens and could take {most:,} at most: no cap can be kept."
    return None


def _most_tokens(text: str) -> int:
    if text.isascii():
        return len(text)
    # Some tokenizers normalise first, and then a ligature can become longer than it was.
    return max(len(text.encode()), len(unicodedata.normalize("NFKC", text).encode()))
