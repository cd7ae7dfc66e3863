"""What an endpoint's refusals and failures mean: which pass by themselves, and what a person can do."""

from __future__ import annotations

import json
from email.utils import parsedate_to_datetime
from time import time

from ..configured_keys import without_keys
from ..errors import EndpointError

_KEY = "Check OPENAI_API_KEY and OPENAI_BASE_URL."
_MODEL = "Set FINETUNE_COVERAGE_MODEL (or _EMBEDDING_MODEL) to a model that the endpoint has."
_LENGTH = "Use a model with a longer context, or shorter records as seeds."
_MOST_TOLD = 300
_CONTEXT_WORDS = (
    "context_length_exceeded",
    "context length",
    "context size",
    "context window",
    "max_tokens is too large",
    "max_completion_tokens is too large",
    "prompt is too long",
)


class EmbeddedModelUnavailable(EndpointError):
    """A model that should run on this machine cannot: not installed, damaged, or too big for it."""


class RequestTooLong(EndpointError):
    """Prompt and answer together do not fit into the model's context."""


class TransientEndpointError(EndpointError):
    """The endpoint failed in a way that may pass: asking again later can work.

    Attributes:
        retry_after: seconds that the endpoint asked to wait, if it said so.
        rate_limited: whether it refused because of too many requests.
        timed_out: whether it took too long.
    """

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        retry_after: float | None = None,
        rate_limited: bool = False,
        timed_out: bool = False,
    ) -> None:
        super().__init__(message, hint=hint)
        self.retry_after = retry_after
        self.rate_limited = rate_limited
        self.timed_out = timed_out


class UnusableAnswer(TransientEndpointError):
    """The endpoint said that all is well (200) and sent what is no answer; it may have charged for it."""


def unusable_answer(model: str, why: object) -> UnusableAnswer:
    """The error for what an endpoint sent in place of an answer.

    Args:
        model: that was asked.
        why: what is wrong with it; shortened.
    """
    return UnusableAnswer(f"The endpoint of the model {model} gave no valid answer: {told(why, most=200)}")


def told(said: object, *, most: int = _MOST_TOLD) -> str:
    """What an endpoint said, as it may be shown and kept: one short line, without the key if it repeats that.

    All text of a refusal or failure comes through here.

    Args:
        said: whatever it is; what is read of it is bounded, too.
        most: characters.
    """
    line = " ".join(without_keys(str(said)).split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def cause(error: Exception) -> Exception | None:
    """What to raise one of ours from: the error itself, unless a traceback would show a key with it."""
    shown = f"{error!r} {error} {getattr(error, 'body', '')}"
    return error if without_keys(shown) == shown else None


def as_endpoint_error(error: Exception, *, model: str) -> EndpointError | None:
    """The error of a client library as one of ours; None when it did not come from the endpoint.

    Args:
        error: what the call raised.
        model: name of the model that was asked, for the message.
    """
    import openai

    if isinstance(error, EndpointError):
        return error
    if isinstance(error, openai.APITimeoutError):
        return TransientEndpointError(
            f"The model {model} did not answer in time.", hint="Try again later.", timed_out=True
        )
    if isinstance(error, openai.APIStatusError):
        return _of_status(error, model)
    if isinstance(error, openai.APIConnectionError):
        reason = type(error.__cause__ or error).__name__
        return TransientEndpointError(
            f"The endpoint of the model {model} could not be reached ({reason}).",
            hint="Check OPENAI_BASE_URL.",
        )
    if isinstance(error, (openai.APIError, json.JSONDecodeError)) or _no_choices(error):
        return unusable_answer(model, error)
    return None


def is_context_overflow(error: Exception) -> bool:
    """Whether a request was refused because prompt and answer do not fit into the model's context."""
    return any(words in str(error).lower() for words in _CONTEXT_WORDS)


def _of_status(error: object, model: str) -> EndpointError:
    import openai

    assert isinstance(error, openai.APIStatusError)
    status, said = error.status_code, _said(error)
    if status in (401, 403):
        return EndpointError(f"The endpoint refused the key ({status}): {said}", hint=_KEY)
    if status == 404:
        return EndpointError(f"The endpoint does not know the model {model} (404): {said}", hint=_MODEL)
    if status == 429 and error.code == "insufficient_quota":
        return EndpointError(f"The account at the endpoint has no credit left: {said}", hint="Add credit.")
    # Before the look at the status: llama.cpp and others answer an overflow with a 5xx, and asking again
    # would not help.
    if is_context_overflow(error):
        return RequestTooLong(f"The request is too long for the model {model}: {said}", hint=_LENGTH)
    if status in (408, 409, 425, 429) or status >= 500:
        return TransientEndpointError(
            f"The endpoint of the model {model} answered {status}: {said}",
            hint="Try again later.",
            retry_after=_retry_after(error.response.headers.get("retry-after")),
            rate_limited=status == 429,
        )
    return EndpointError(f"The endpoint refused the request to the model {model} ({status}): {said}")


def _said(error: object) -> str:
    body = getattr(error, "body", None)
    message = body.get("message") if isinstance(body, dict) else None
    return told(message or getattr(error, "message", error))


def _retry_after(value: str | None) -> float | None:
    """Seconds to wait, from a Retry-After header: a number of seconds or a date; None for anything else."""
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(value).timestamp() - time()
        except (ValueError, TypeError, OverflowError):
            return None
    return seconds if seconds > 0 else None  # neither what has passed nor what is no number


def _no_choices(error: Exception) -> bool:
    # langchain-openai raises these when the body is JSON, but no chat completion.
    return isinstance(error, (TypeError, KeyError, ValueError)) and "choices" in str(error)
