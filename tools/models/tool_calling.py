"""One step of a conversation with a model that may call tools."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from ..errors import EndpointError
from ..observability.telemetry import model_call
from .answer_room import AnswerRoom, is_cut_off, token_limit
from .chat import with_retries
from .endpoint_errors import as_endpoint_error, unusable_answer
from .request_form import known_form
from .structured import call_arguments, said_and_used
from .usage import NO_USAGE, TokenUsage

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessage, AnyMessage


class NoTools(EndpointError):
    """The endpoint refuses requests with tools."""


async def ask_with_tools(
    model: BaseChatModel,
    room: AnswerRoom,
    messages: Sequence[AnyMessage],
    tools: Sequence[type],
    *,
    text_tokens: int,
    beside: Mapping[str, Mapping[str, Any]] | None = None,
) -> tuple[AIMessage, TokenUsage]:
    """What the model says next, without its thinking; which tool it calls, if any, is left to it.

    An answer that was cut off before it said anything is asked for once more with more room.

    Args:
        model: any chat model that can bind tools.
        room: for its answers.
        messages: the conversation so far.
        tools: pydantic models; their names and docstrings are what the model sees.
        text_tokens: what an answer takes at most.
        beside: schemas of arguments, by name, that every tool has to be given beside its own.

    Raises:
        NoTools: the endpoint takes no tools.
        EndpointError: it refused, failed, or gave no answer.
    """
    bound: Any = with_retries(model, 1).bind_tools(
        [_with_arguments(_described(tool), beside or {}) for tool in tools]
    )
    total = NO_USAGE
    for _ in range(2):
        had = room.extra
        reply = await _ask(bound, model, messages, token_limit(text_tokens, had))
        text, usage = said_and_used(reply)
        total += usage
        said = text or ("called" if reply.tool_calls or reply.invalid_tool_calls else "")
        if not (room.learn(had, said, usage) and is_cut_off(said, usage)):
            break
    return reply if text == reply.text else reply.model_copy(update={"content": text}), total


def tokens_of_tools(tools: Sequence[type]) -> int:
    """About how many tokens the descriptions of tools take in each request, at four characters a token."""
    return sum(len(json.dumps(_described(tool), ensure_ascii=False)) for tool in tools) // 4


@cache
def _described(tool: type) -> dict[str, Any]:
    """The tool in OpenAI's form, which every chat model takes. Made of some forty models it is 40 ms a request."""
    from langchain_core.utils.function_calling import convert_to_openai_tool

    described: dict[str, Any] = _compact(convert_to_openai_tool(tool))
    return described


def _compact(schema: Any) -> Any:
    """The schema without what a model knows anyhow and pays for with each call: that what may be left out is null."""
    if isinstance(schema, list):
        return [_compact(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {name: _compact(part) for name, part in schema.items()}
    if kept.get("default", 0) is None:
        del kept["default"]
    if kept.get("additionalProperties") is False:
        del kept["additionalProperties"]
    if (either := kept.get("anyOf")) and len(either) == 2 and {"type": "null"} in either:
        kept |= next(one for one in either if one != {"type": "null"})
        del kept["anyOf"]
    return kept


def _with_arguments(tool: dict[str, Any], beside: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    function, parameters = tool["function"], tool["function"]["parameters"]
    parameters = {
        **parameters,
        "properties": {**parameters["properties"], **beside},
        "required": [*parameters.get("required", []), *beside],
    }
    return {**tool, "function": {**function, "parameters": parameters}}


async def _ask(
    bound: Any, model: BaseChatModel, messages: Sequence[AnyMessage], max_tokens: int
) -> AIMessage:
    name = str(getattr(model, "model_name", "language model"))
    known = known_form(model)
    form = known.form
    while True:
        options = form.options(max_tokens=max_tokens, temperature=0.0)
        try:
            with model_call(model, options) as call:
                reply: AIMessage = await bound.ainvoke(list(messages), **call_arguments(model, options))
                call.answered(said_and_used(reply)[1])
        except Exception as error:
            other = form.after(error, options)
            if other is not None:
                form = other
                continue
            ours = as_endpoint_error(error, model=name) or unusable_answer(name, repr(error))
            if _speaks_of_tools(error):
                raise NoTools(ours.message) from error
            raise ours from error
        known.form = form
        return reply


def _speaks_of_tools(error: Exception) -> bool:
    """Whether an endpoint refuses tools; llama.cpp, not started for them, says so with a 500."""
    import openai

    return isinstance(error, openai.APIStatusError) and "tool" in str(error).lower()
