"""The scripted model: what is in its queue, and nothing else."""

from __future__ import annotations

import asyncio

import pytest
from finetune_coverage.tools.models.scripted import ScriptedChatModel
from finetune_coverage.tools.models.structured import structured_json
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from pydantic import BaseModel


class Order(BaseModel):
    number: int


async def test_replies_come_in_order_and_calls_are_kept() -> None:
    def shout(messages: list[BaseMessage]) -> str:
        return messages[-1].text.upper()

    model = ScriptedChatModel(["one", AIMessage("two"), shout])
    assert model.invoke("a").text == "one"
    assert (await model.ainvoke("b")).text == "two"
    assert (await model.ainvoke([HumanMessage("c")])).text == "C"
    assert [messages[-1].text for messages in model.history] == ["a", "b", "c"]


async def test_an_exception_is_raised_and_the_next_reply_follows() -> None:
    model = ScriptedChatModel([TimeoutError("slow"), "then"])
    with pytest.raises(TimeoutError, match="slow"):
        await model.ainvoke("a")
    assert (await model.ainvoke("a")).text == "then"


async def test_an_empty_queue_says_so_unless_there_is_a_default() -> None:
    model = ScriptedChatModel()
    with pytest.raises(AssertionError, match="no reply left for call 1"):
        await model.ainvoke("a")
    model.default = lambda messages: f"default for {messages[-1].text}"
    assert (await model.ainvoke("b")).text == "default for b"


async def test_a_coroutine_function_may_wait() -> None:
    async def slowly(messages: list[BaseMessage]) -> str:
        await asyncio.sleep(0)
        return "late"

    assert (await ScriptedChatModel([slowly]).ainvoke("a")).text == "late"


async def test_structured_output_and_tools() -> None:
    model = ScriptedChatModel(['```json\n{"number": 7}\n```', '{"number": 8}'])
    assert await model.with_structured_output(Order).ainvoke("a") == Order(number=7)
    assert model.bind_tools([]).with_structured_output({"type": "object"}).invoke("a") == {"number": 8}


async def test_it_serves_structured_json_with_usage() -> None:
    model = ScriptedChatModel(["not json at all"])
    text, usage = await structured_json(
        model, [("user", "Hello there")], {"type": "object"}, name="x", max_tokens=9, temperature=0
    )
    assert text == "not json at all"
    assert usage.prompt_tokens > 0
    assert usage.completion_tokens > 0
