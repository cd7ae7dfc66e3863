"""Asking a chat model for JSON of a given shape, whatever the endpoint offers for it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from ..observability.telemetry import model_call
from .endpoint_errors import TransientEndpointError, as_endpoint_error, cause, unusable_answer
from .json_reply import parse_json
from .request_form import known_form, speaks_openai
from .thinking import split_thinking
from .usage import DECLINED, TokenUsage, usage_reported

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessage

__all__ = ["TransientEndpointError", "parse_json", "structured_json"]

Send = Callable[[list[tuple[str, str]], dict[str, Any]], Awaitable[tuple[str, TokenUsage]]]
"""Sends (role, text) pairs with the options of a `RequestForm`."""


async def structured_json(
    model: BaseChatModel,
    messages: Sequence[tuple[str, str]],
    schema: dict[str, Any],
    *,
    name: str,
    max_tokens: int,
    temperature: float,
    seed: int | None = None,
    send: Send | None = None,
) -> tuple[str, TokenUsage]:
    """Asks for one JSON object that satisfies the schema; gives the raw reply, for `parse_json`.

    The schema goes along as ``response_format`` where the endpoint has it. An endpoint that refuses this (or
    temperature, seed, the name of the limit) is asked again without it, the schema standing in the prompt, and from
    then on directly so. The reply is not validated here.

    Args:
        model: any chat model.
        messages: the prompt, as (role, text) pairs.
        schema: JSON Schema of an object.
        name: a name for the schema: letters, digits, ``_`` and ``-``.
        max_tokens: the most tokens that the reply may have.
        temperature: 0 for the likeliest reply; higher is more varied.
        seed: for endpoints that can repeat themselves.
        send: how to reach the model, when not through LangChain.

    Raises:
        TransientEndpointError: busy, failing or unreachable endpoint; asking again later can work.
        EndpointError: a refusal that will repeat: key, model name, context length.
    """
    known = known_form(model)
    form = began = known.form
    while True:
        options = form.options(max_tokens=max_tokens, temperature=temperature, seed=seed)
        options |= form.json_options(schema, name=name)
        try:
            with model_call(model, options) as call:
                text, usage = await (send or _by_langchain(model))(form.prompt(messages, schema), options)
                call.answered(usage)
        except Exception as error:
            other = form.after(error, options)
            if other is None:
                _reraise(error, model)
            form = other
            continue
        if form is not began:
            known.form = (
                form  # only what worked: a request refused for another reason must not change the next ones
            )
        if usage.finish_reason == "stop":
            known.answered(form, text)
        return text, usage


def _by_langchain(model: BaseChatModel) -> Send:
    async def send(prompt: list[tuple[str, str]], options: dict[str, Any]) -> tuple[str, TokenUsage]:
        try:
            reply = await model.ainvoke(prompt, **call_arguments(model, options))
        except Exception as error:
            # What a client makes of a body that is no chat completion can be anything; a host's own model may
            # raise what it likes.
            if speaks_openai(model) and as_endpoint_error(error, model="") is None:
                raise unusable_answer(_name(model), repr(error)) from cause(error)
            raise
        return said_and_used(reply)

    return send


def call_arguments(model: BaseChatModel, options: dict[str, Any]) -> dict[str, Any]:
    """The options of a `RequestForm` as a call to this model takes them."""
    if not speaks_openai(model):
        return options
    # As an argument of its own, response_format has the client parse the reply, which loses a reply that was cut off,
    # and max_tokens gets the name that OpenAI knows. Not streamed, whoever listens: usage comes with every endpoint
    # then.
    own = ("max_tokens", "max_completion_tokens") if hasattr(model, "known_form") else ()
    body = {key: options[key] for key in ("response_format", *own) if key in options}
    rest = {key: value for key, value in options.items() if key not in body}
    return {**rest, "stream": False, **({"extra_body": body} if body else {})}


def _reraise(error: Exception, model: BaseChatModel) -> NoReturn:
    ours = as_endpoint_error(error, model=_name(model))
    if ours is None or ours is error:
        raise error
    raise ours from cause(error)


def _name(model: BaseChatModel) -> str:
    return str(getattr(model, "model_name", type(model).__name__))


def said_and_used(reply: AIMessage) -> tuple[str, TokenUsage]:
    """What a message of LangChain says, without the thinking before it, and what it took."""
    counted: Mapping[str, Any] = reply.usage_metadata or {}
    sent, written = (counted.get(f"{side}_token_details") or {} for side in ("input", "output"))
    told = {
        "prompt_tokens": counted.get("input_tokens"),
        "completion_tokens": counted.get("output_tokens"),
        "total_tokens": counted.get("total_tokens"),
        "prompt_tokens_details": {"cached_tokens": sent.get("cache_read")},
        "completion_tokens_details": {"reasoning_tokens": written.get("reasoning")},
    }
    thinking, text = split_thinking(str(reply.text))
    refusal = str(reply.additional_kwargs.get("refusal") or "")
    reason = DECLINED if refusal and not text else reply.response_metadata.get("finish_reason")
    usage = usage_reported(told, reason, text=str(reply.text) or refusal, thinking=thinking)
    return text or refusal, usage
