"""A chat model that says what it is told to, for tests of programs that embed this package. Calls nothing."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable, RunnableLambda
from pydantic import BaseModel, Field

from .json_reply import parse_json

Reply = str | AIMessage | Exception | Callable[[list[BaseMessage]], Any]


class ScriptedChatModel(BaseChatModel):
    """Answers from a queue, first in first out; then from ``default``.

    A reply is a text, an `AIMessage`, an exception (which is raised), or a function that gets the messages
    and returns one of those (in async calls it may be a coroutine function).

    Attributes:
        queue: the replies to come.
        default: gives the replies once the queue is empty; without it an empty queue is an error.
        history: the messages of every call so far.

    Example:
        >>> ScriptedChatModel(["Hello."]).invoke("Hi").text
        'Hello.'
    """

    queue: list[Any] = Field(default_factory=list)
    default: Callable[[list[BaseMessage]], Any] | None = None
    history: list[list[BaseMessage]] = Field(default_factory=list)
    model_name: str = "scripted"

    def __init__(self, replies: Iterable[Reply] = (), **fields: Any) -> None:
        super().__init__(**{"queue": list(replies), **fields})

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        reply = self._next(messages)
        return _result(messages, reply(messages) if callable(reply) else reply)

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        reply = self._next(messages)
        answer = reply(messages) if callable(reply) else reply
        return _result(messages, await answer if inspect.isawaitable(answer) else answer)

    def _next(self, messages: list[BaseMessage]) -> Any:
        self.history.append(list(messages))
        if self.queue:
            return self.queue.pop(0)
        if self.default is None:
            last = messages[-1].text if messages else ""
            raise AssertionError(
                f"The scripted model has no reply left for call {len(self.history)}, which ends with: "
                f"{last[-200:]!r}. Put another reply into its queue, or set default."
            )
        return self.default

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> Runnable[LanguageModelInput, AIMessage]:
        """Itself: tool calls come from the script."""
        return self

    def with_structured_output(
        self, schema: dict[str, Any] | type, *, include_raw: bool = False, **kwargs: Any
    ) -> Runnable[LanguageModelInput, Any]:
        """Parses the scripted text as JSON, and validates it when the schema is a pydantic class."""

        def parse(message: AIMessage) -> Any:
            value = parse_json(message.text)
            if isinstance(schema, type) and issubclass(schema, BaseModel):
                value = schema.model_validate(value)
            return {"raw": message, "parsed": value, "parsing_error": None} if include_raw else value

        return self | RunnableLambda(parse)


def _result(messages: list[BaseMessage], reply: Any) -> ChatResult:
    if isinstance(reply, Exception):
        raise reply
    message = reply if isinstance(reply, AIMessage) else AIMessage(content=str(reply))
    if message.usage_metadata is None:
        sent, written = sum(_tokens(m.text) for m in messages), _tokens(message.text)
        usage = {"input_tokens": sent, "output_tokens": written, "total_tokens": sent + written}
        message = message.model_copy(update={"usage_metadata": usage})
    return ChatResult(generations=[ChatGeneration(message=message)])


def _tokens(text: str) -> int:
    return len(text) // 4 + 1
