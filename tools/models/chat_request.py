"""The body of a chat request, and reading the answer: for requests that do not pass through LangChain."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .endpoint_errors import cause, unusable_answer
from .usage import TokenUsage, usage_reported

MakeBody = Callable[[Sequence[tuple[str, str]], dict[str, Any]], dict[str, Any]]


def body_maker(model: Any) -> MakeBody:
    """What makes request bodies as a `ChatOpenAI` would: with everything that the model adds of its own."""
    # Under which name it gives the token limit shows in what it makes of one.
    fixed = model._get_request_payload([("user", "")], stream=False, max_tokens=1, temperature=0)
    limit = "max_tokens" if "max_tokens" in fixed else "max_completion_tokens"
    fixed |= fixed.pop("extra_body", None) or {}
    for key in ("messages", "temperature", limit):
        fixed.pop(key, None)

    def make(prompt: Sequence[tuple[str, str]], options: dict[str, Any]) -> dict[str, Any]:
        body = {**fixed, **options, "messages": [{"role": role, "content": text} for role, text in prompt]}
        body[limit] = body.pop("max_tokens")
        return body

    return make


def read_completion(body: Any, model: str) -> tuple[str, TokenUsage]:
    """Text and usage of a chat completion.

    Args:
        body: the parsed answer.
        model: its name, for the error.

    Raises:
        UnusableAnswer: it is none.
    """
    try:
        choice = body["choices"][0]
        message = choice["message"]
        text = _text(message.get("content")) or _text(message.get("refusal"))
        reasoning = message.get("reasoning_content") or message.get("reasoning")
        return text, usage_reported(
            body.get("usage"), choice.get("finish_reason"), text=text, reasoning=reasoning
        )
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise unusable_answer(model, repr(body)) from cause(error)


def _text(content: object) -> str:
    """The text of a message: a string, or parts of which some are text."""
    if isinstance(content, list):
        parts = [part.get("text") if isinstance(part, dict) else part for part in content]
        return "".join(part for part in parts if isinstance(part, str))
    return content if isinstance(content, str) else ""
