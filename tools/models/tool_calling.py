"""One step of a conversation with a model that may call tools."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .answer_room import AnswerRoom, token_limit
from .chat import with_retries
from .endpoint_errors import as_endpoint_error, unusable_answer
from .structured import message_usage
from .usage import TokenUsage

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessage, AnyMessage


async def ask_with_tools(
    model: BaseChatModel,
    room: AnswerRoom,
    messages: Sequence[AnyMessage],
    tools: Sequence[type],
    *,
    text_tokens: int,
) -> tuple[AIMessage, TokenUsage]:
    """What the model says next; which tool it calls, if any, is left to it.

    Args:
        model: any chat model that can bind tools.
        room: for its answers.
        messages: the conversation so far.
        tools: pydantic models; their names and docstrings are what the model sees.
        text_tokens: what an answer takes at most.

    Raises:
        EndpointError: the endpoint refused, failed, or gave no answer; one without tools refuses too.
    """
    name = str(getattr(model, "model_name", "language model"))
    had = room.extra
    bound: Any = with_retries(model, 1).bind_tools(list(tools))
    options: dict[str, Any] = {"temperature": 0.0, "max_tokens": token_limit(text_tokens, had)}
    while True:
        try:
            reply: AIMessage = await bound.ainvoke(list(messages), **options)
            break
        except Exception as error:
            known = as_endpoint_error(error, model=name) or unusable_answer(name, repr(error))
            if "temperature" in options and "temperature" in known.message:
                del options["temperature"]  # reasoning models take their own and no other
                continue
            raise known from error
    usage = message_usage(reply)
    room.learn(had, reply.text or ("called" if reply.tool_calls else ""), usage)
    return reply, usage
