"""Asking a chat model for JSON of a given shape, whatever the endpoint offers for it."""

from __future__ import annotations

import json
import sys
import weakref
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from .endpoint_errors import (
    TransientEndpointError,
    as_endpoint_error,
    cause,
    is_context_overflow,
    unusable_answer,
)
from .json_reply import parse_json
from .usage import TokenUsage, usage_reported

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessage

__all__ = ["TransientEndpointError", "parse_json", "structured_json"]

# Arguments that a request can do without. Some endpoints know no response_format, some models no temperature.
_DROPPABLE = ("temperature", "seed", "response_format")
_REFUSALS = (400, 404, 415, 422, 501)
# Keywords that OpenAI's strict mode refuses; with them the schema goes in non-strict.
_NOT_STRICT = frozenset(
    ("minLength", "maxLength", "minProperties", "maxProperties", "uniqueItems", "oneOf", "allOf", "default")
)

PROSE_IN_A_ROW = 3
"""Answers without any JSON after which an endpoint counts as one that ignores ``response_format``; a model that
has it slips now and then all the same."""

_dropped: dict[int, set[str]] = {}  # by id of the model object, until it is collected
_prose: dict[int, int] = {}  # answers in prose in a row, likewise


Send = Callable[[list[tuple[str, str]], dict[str, Any]], Awaitable[tuple[str, TokenUsage]]]
"""Sends (role, text) pairs with the options ``response_format``, ``temperature``, ``max_tokens`` and ``seed``."""


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
    temperature or seed) is asked again without it, the schema standing in the prompt, and from then on
    directly so. The reply is not validated here.

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
    options = request_options(schema, name=name, max_tokens=max_tokens, temperature=temperature, seed=seed)
    known = _dropped_for(model)
    dropped = set(known)
    while True:
        kept = {key: value for key, value in options.items() if key not in dropped}
        try:
            text, usage = await (send or _by_langchain(model))(_prompt(messages, schema, dropped), kept)
        except Exception as error:
            refused = _refused_option(error, kept)
            if refused is None:
                _reraise(error, model)
            dropped.add(refused)
            continue
        # Only what worked is remembered: a request refused for another reason must not change the next ones.
        known |= dropped
        if "response_format" in kept and usage.finish_reason == "stop" and text.strip():
            _prose[id(model)] = 0 if "{" in text else _prose.get(id(model), 0) + 1
            if _prose[id(model)] >= PROSE_IN_A_ROW:
                known.add("response_format")  # it takes the option and ignores it
        return text, usage


def _by_langchain(model: BaseChatModel) -> Send:
    async def send(prompt: list[tuple[str, str]], options: dict[str, Any]) -> tuple[str, TokenUsage]:
        try:
            reply = await model.ainvoke(prompt, **_arguments(model, options))
        except Exception as error:
            # What a client makes of a body that is no chat completion can be anything; a host's own model may
            # raise what it likes.
            if _speaks_openai(model) and as_endpoint_error(error, model="") is None:
                raise unusable_answer(_name(model), repr(error)) from cause(error)
            raise
        return _text(reply), message_usage(reply)

    return send


def request_options(
    schema: dict[str, Any], *, name: str, max_tokens: int, temperature: float, seed: int | None = None
) -> dict[str, Any]:
    """What a chat request for JSON of a schema says beside its messages."""
    described = {"name": name, "strict": _is_strict(schema), "schema": schema}
    options: dict[str, Any] = {
        "response_format": {"type": "json_schema", "json_schema": described},
        "temperature": temperature,
        "max_tokens": max_tokens,
    }
    return options if seed is None else {**options, "seed": seed}


def _arguments(model: BaseChatModel, options: dict[str, Any]) -> dict[str, Any]:
    """The options as this model takes them."""
    if not _speaks_openai(model):
        return options
    rest = {key: value for key, value in options.items() if key != "response_format"}
    # As an argument of its own, response_format has the client parse the reply, which loses a reply that was
    # cut off. Not streamed, whoever listens: usage comes with every endpoint then.
    body = {key: options[key] for key in ("response_format",) if key in options}
    return {**rest, "stream": False, **({"extra_body": body} if body else {})}


def _speaks_openai(model: BaseChatModel) -> bool:
    # Without the import there can be no such model; the import takes a second.
    base = getattr(sys.modules.get("langchain_openai.chat_models.base"), "BaseChatOpenAI", None)
    return base is not None and isinstance(model, base)


def _dropped_for(model: BaseChatModel) -> set[str]:
    key = id(model)
    if key not in _dropped:
        # A host's own model of another kind: what it makes of these is unknown, the prompt is understood.
        _dropped[key] = set() if _speaks_openai(model) else {"response_format", "seed"}
        weakref.finalize(model, _dropped.pop, key, None)
        weakref.finalize(model, _prose.pop, key, None)
    return _dropped[key]


def _prompt(
    messages: Sequence[tuple[str, str]], schema: dict[str, Any], dropped: set[str]
) -> list[tuple[str, str]]:
    """The messages; with the schema in the system prompt when it cannot go along as response_format."""
    if "response_format" not in dropped:
        return list(messages)
    rule = (
        "Answer with exactly one JSON object and nothing else. It must satisfy this JSON Schema:\n"
        f"{json.dumps(schema, ensure_ascii=False)}"
    )
    if messages and messages[0][0] == "system":
        return [("system", f"{messages[0][1]}\n\n{rule}"), *messages[1:]]
    return [("system", rule), *messages]


def _refused_option(error: Exception, sent: dict[str, Any]) -> str | None:
    """Which option to leave out and ask again, if the endpoint refused the request's form."""
    import openai

    if not isinstance(error, openai.APIStatusError) or error.status_code not in _REFUSALS:
        return None
    if is_context_overflow(error) or error.code == "model_not_found":
        return None
    said = f"{error.param or ''} {error}".lower()
    for option in _DROPPABLE:
        if option in sent and option in said:
            return option
    # Endpoints that do not say what they dislike: the schema is the likeliest. A wrong key, model or path
    # is then refused again, and told to the person.
    return "response_format" if "response_format" in sent and error.status_code != 404 else None


def _reraise(error: Exception, model: BaseChatModel) -> NoReturn:
    ours = as_endpoint_error(error, model=_name(model))
    if ours is None or ours is error:
        raise error
    raise ours from cause(error)


def _name(model: BaseChatModel) -> str:
    return str(getattr(model, "model_name", type(model).__name__))


def _text(reply: AIMessage) -> str:
    text = str(reply.text)
    return text or str(reply.additional_kwargs.get("refusal") or "")


def message_usage(reply: AIMessage) -> TokenUsage:
    """What a message of LangChain says that it took."""
    counted: Mapping[str, Any] = reply.usage_metadata or {}
    sent, written = (counted.get(f"{side}_token_details") or {} for side in ("input", "output"))
    told = {
        "prompt_tokens": counted.get("input_tokens"),
        "completion_tokens": counted.get("output_tokens"),
        "total_tokens": counted.get("total_tokens"),
        "prompt_tokens_details": {"cached_tokens": sent.get("cache_read")},
        "completion_tokens_details": {"reasoning_tokens": written.get("reasoning")},
    }
    return usage_reported(told, reply.response_metadata.get("finish_reason"), text=_text(reply))


def _is_strict(schema: Any) -> bool:
    """Whether OpenAI's strict mode takes this schema: every object closed, every property required."""
    if isinstance(schema, list):
        return all(_is_strict(part) for part in schema)
    if not isinstance(schema, dict):
        return True
    if "properties" in schema or schema.get("type") == "object":
        names = set(schema.get("properties", {}))
        if schema.get("additionalProperties") is not False or names != set(schema.get("required", ())):
            return False
        if not all(_is_strict(part) for part in schema.get("properties", {}).values()):
            return False
    rest = {key: value for key, value in schema.items() if key not in ("properties", "enum", "const")}
    return not (_NOT_STRICT & rest.keys()) and all(_is_strict(value) for value in rest.values())
