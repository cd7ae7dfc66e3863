"""What a call to a model used, as the endpoint reports it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

MOST_BELIEVED = 1_000_000_000
"""Tokens of one call; a count beyond it is an endpoint's fault, and treated as if it had not been told."""
_CHARACTERS_PER_TOKEN = 4
DECLINED, FILTERED = "refusal", "content_filter"
"""Reasons for an end, beside "stop" and "length": the model would not answer, or the endpoint kept the answer back."""


@dataclass(frozen=True)
class TokenUsage:
    """What one call, or several together, used.

    Attributes:
        prompt_tokens: tokens that were sent, as the endpoint counted them, cached ones included; 0 when it did not
            say.
        completion_tokens: tokens that the model wrote, hidden ones included, likewise.
        cached_tokens: those of the prompt that came from the endpoint's cache, which most bill at a lower price.
        reasoning_tokens: those of the completion that nobody sees, or that stand before the answer as thinking.
        finish_reason: why the last one stopped: "stop", "length" (cut off), `DECLINED`, `FILTERED`, …; None if not
            told.
        uncounted_calls: how many of the calls the endpoint did not count.
    """

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0
    finish_reason: str | None = None
    uncounted_calls: int = 0

    def __add__(self, later: TokenUsage) -> TokenUsage:
        return TokenUsage(
            self.prompt_tokens + later.prompt_tokens,
            self.completion_tokens + later.completion_tokens,
            self.cached_tokens + later.cached_tokens,
            self.reasoning_tokens + later.reasoning_tokens,
            later.finish_reason,
            self.uncounted_calls + later.uncounted_calls,
        )

    @property
    def tokens(self) -> int:
        """Prompt and completion together; 0 when the endpoint did not say."""
        return self.prompt_tokens + self.completion_tokens


NO_USAGE = TokenUsage()
"""Of nothing, or not told."""


def usage_reported(usage: Any, finish_reason: Any, *, text: str, thinking: str = "") -> TokenUsage:
    """The usage in a chat completion's JSON.

    A count that is missing or absurd leaves nothing to reckon with, so the whole usage is as if it had not been told:
    no call sends nothing, and no text comes of nothing.

    Most endpoints count hidden reasoning as part of the completion; those that count it beside it (Gemini's and
    xAI's OpenAI-compatible ones) show it in a total that is larger than its parts, and it is billed like the rest.

    Args:
        usage: the object under ``usage``; whatever it is, no error is raised.
        finish_reason: of the choice.
        text: all that came as text.
        thinking: what of the thinking came along as text; it counts as reasoning where nothing else tells of any.
    """
    told = usage if isinstance(usage, Mapping) else {}
    prompt, completion = _count(told.get("prompt_tokens")), _count(told.get("completion_tokens"))
    beside = max(0, _count(told.get("total_tokens")) - prompt - completion)
    if not prompt or (text and not completion):
        prompt = completion = beside = 0
    cached = _count(_detail(told, "prompt_tokens_details", "cached_tokens")) or _count(
        told.get("prompt_cache_hit_tokens")  # DeepSeek
    )
    hidden = _count(_detail(told, "completion_tokens_details", "reasoning_tokens")) or beside
    found = TokenUsage(
        prompt_tokens=prompt,
        completion_tokens=completion + beside,
        cached_tokens=min(cached, prompt),
        reasoning_tokens=min(hidden, completion + beside),
        finish_reason=finish_reason if isinstance(finish_reason, str) else None,
        uncounted_calls=int(prompt + completion + beside == 0),
    )
    if found.reasoning_tokens or not thinking:
        return found
    estimated = max(1, len(thinking) // _CHARACTERS_PER_TOKEN)
    return replace(found, reasoning_tokens=min(estimated, found.completion_tokens or estimated))


def _detail(usage: Mapping[str, Any], group: str, name: str) -> Any:
    details = usage.get(group)
    return details.get(name) if isinstance(details, Mapping) else None


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return 0
    return int(value) if 0 <= value <= MOST_BELIEVED else 0  # also false for what is not a number
