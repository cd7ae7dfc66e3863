"""What an endpoint's refusals and failures mean: which pass by themselves, and what a person can do."""

from __future__ import annotations

import json
import re
from email.utils import parsedate_to_datetime
from time import time

from ..configured_keys import without_keys
from ..errors import EndpointError

_KEY = "Check OPENAI_API_KEY and OPENAI_BASE_URL."
_MODEL = (
    "Set FINETUNE_COVERAGE_MODEL (or _EMBEDDING_MODEL) to a model that the endpoint has; if it has it, check "
    "OPENAI_BASE_URL, which mostly ends in /v1."
)
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


_LIMIT = re.compile(r"max_(completion_)?tokens")
_NUMBER = re.compile(r"\b\d{3,7}\b")
_BOUND = re.compile(r"less than|at most|maximum|range|exceed|larger than|greater than|[<>]")


class EmbeddedModelUnavailable(EndpointError):
    """A model that should run on this machine cannot: not installed, damaged, or too big for it."""


class RequestTooLong(EndpointError):
    """Prompt and answer together do not fit into the model's context, or the answer may not be so long."""


class PromptFiltered(EndpointError):
    """The endpoint's content filter refused this prompt; another one may pass."""


class TransientEndpointError(EndpointError):
    """The endpoint failed in a way that may pass: asking again later can work.

    Attributes:
        retry_after: seconds that the endpoint asked to wait, if it said so.
        rate_limited: whether it refused because of too many requests.
        timed_out: whether it took too long.
        is_free: whether it surely charged nothing: it refused the request, or never got it.
    """

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        retry_after: float | None = None,
        rate_limited: bool = False,
        timed_out: bool = False,
        is_free: bool = False,
    ) -> None:
        super().__init__(message, hint=hint)
        self.retry_after = retry_after
        self.rate_limited = rate_limited
        self.timed_out = timed_out
        self.is_free = is_free or rate_limited


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
        return late(model, is_free=_never_sent(error))
    if isinstance(error, openai.APIStatusError):
        return _of_status(error, model)
    if isinstance(error, openai.APIConnectionError):
        return unreachable(model, error.__cause__ or error, is_free=_never_sent(error))
    if isinstance(error, (openai.APIError, json.JSONDecodeError)) or _no_choices(error):
        return unusable_answer(model, error)
    return None


def late(model: str, *, is_free: bool) -> TransientEndpointError:
    """The error for an answer that did not come in time."""
    return TransientEndpointError(
        f"The model {model} did not answer in time.", hint="Try again later.", timed_out=True, is_free=is_free
    )


def unreachable(model: str, why: BaseException, *, is_free: bool) -> TransientEndpointError:
    """The error for a connection that could not be made, or broke."""
    return TransientEndpointError(
        f"The endpoint of the model {model} could not be reached ({type(why).__name__}).",
        hint="Check OPENAI_BASE_URL.",
        is_free=is_free,
    )


def is_context_overflow(error: Exception) -> bool:
    """Whether a request was refused because prompt and answer do not fit, or the answer may not be so long."""
    said = str(error).lower()
    if any(words in said for words in _CONTEXT_WORDS):
        return True
    # "max_tokens must be less than or equal to 8192"; without a number it is the option that is not known.
    return bool(_LIMIT.search(said) and _NUMBER.search(said) and _BOUND.search(said))


def is_filtered(error: Exception) -> bool:
    """Whether the endpoint's content filter refused the prompt."""
    return getattr(error, "code", None) in ("content_filter", "content_policy_violation")


def _never_sent(error: Exception) -> bool:
    import httpx2

    return isinstance(error.__cause__, (httpx2.ConnectError, httpx2.ConnectTimeout))


def _of_status(error: object, model: str) -> EndpointError:
    import openai

    assert isinstance(error, openai.APIStatusError)
    status, said = error.status_code, _said(error)
    if is_filtered(error):
        return PromptFiltered(f"The content filter of the endpoint refused the prompt: {said}")
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
            is_free=status < 500,
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
