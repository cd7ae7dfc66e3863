"""The body of a chat request, and reading the answer: for requests that do not pass through LangChain."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .endpoint_errors import cause, unusable_answer
from .thinking import split_thinking
from .usage import DECLINED, TokenUsage, usage_reported

MakeBody = Callable[[Sequence[tuple[str, str]], dict[str, Any]], dict[str, Any]]


def body_maker(model: Any) -> MakeBody:
    """What makes request bodies for a model of `make_chat_model`, which adds nothing else of its own."""
    fixed: dict[str, Any] = {"model": model.model_name, "stream": False}
    if model.temperature is not None:  # LangChain sets that of the models which take no other
        fixed["temperature"] = model.temperature
    return lambda prompt, options: {
        **fixed,
        **options,
        "messages": [{"role": role, "content": text} for role, text in prompt],
    }


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
        content, refusal = _text(message.get("content")), _text(message.get("refusal"))
        thinking, text = split_thinking(content)
        apart = (
            message.get("reasoning_content") or message.get("reasoning") or _thinking(message.get("content"))
        )
        usage = usage_reported(
            body.get("usage"),
            DECLINED if refusal and not text else choice.get("finish_reason"),
            text=content or refusal,
            thinking=thinking or _text(apart),
        )
        return text or refusal, usage
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise unusable_answer(model, repr(body)) from cause(error)


def _thinking(content: object) -> list[Any]:
    """What of a message in parts is thinking."""
    parts = content if isinstance(content, list) else []
    found = [part.get("thinking") or () for part in parts if isinstance(part, dict)]
    return [each for part in found for each in ([part] if isinstance(part, str) else part)]


def _text(content: object) -> str:
    """The text of a message: a string, or parts of which some are text."""
    if isinstance(content, list):
        parts = [part.get("text") if isinstance(part, dict) else part for part in content]
        return "".join(part for part in parts if isinstance(part, str))
    return content if isinstance(content, str) else ""
