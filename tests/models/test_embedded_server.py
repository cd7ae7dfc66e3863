"""The embedded language model, really loaded: a schema is kept, a tool is called, a stranger is refused."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from finetune_coverage.tools.models.chat import make_chat_model
from finetune_coverage.tools.models.embedded_server import embedded_server, usable_cores
from finetune_coverage.tools.models.embedded_weights import embedded_weights
from finetune_coverage.tools.models.structured import parse_json, structured_json
from finetune_coverage.tools.settings import EMBEDDED_MODEL_NAME, Settings
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.tools import tool

SCHEMA = {
    "type": "object",
    "properties": {
        "topic": {"type": "string", "enum": ["billing", "technical"]},
        "words": {"type": "string", "minLength": 3, "maxLength": 30},
    },
    "required": ["topic", "words"],
    "additionalProperties": False,
}


@tool
def get_order(order_id: str) -> str:
    """Look up where an order is."""
    return order_id


@tool
def cancel_order(order_id: str, reason: str = "") -> str:
    """Cancel an order."""
    return order_id


@pytest.mark.slow
@pytest.mark.embedded
@pytest.mark.timeout(900)
async def test_the_embedded_model(capfd: pytest.CaptureFixture[str]) -> None:
    model: Any = await asyncio.to_thread(make_chat_model, Settings())
    assert model.model_name == EMBEDDED_MODEL_NAME
    assert capfd.readouterr() == ("", ""), "llama.cpp wrote to the person's terminal"
    await _keeps_the_schema(model)
    server = embedded_server(embedded_weights())
    assert server.base_url == model.openai_api_base
    _refuses_strangers(server.base_url)
    assert server.api_key not in repr(server)


@pytest.mark.slow
@pytest.mark.embedded
@pytest.mark.timeout(900)
async def test_it_calls_the_tool_and_says_what_came_of_it() -> None:
    model = await asyncio.to_thread(make_chat_model, Settings())
    await _calls_the_tool(model)


async def _keeps_the_schema(model: BaseChatModel) -> None:
    prompt = [("system", "You sort messages of customers."), ("user", "I was charged twice for my plan.")]
    text, usage = await structured_json(
        model, prompt, SCHEMA, name="sorted", max_tokens=60, temperature=0, seed=1
    )
    answer = parse_json(text)
    assert answer["topic"] == "billing"
    assert 3 <= len(answer["words"]) <= 30
    assert usage.finish_reason == "stop"
    assert 0 < usage.completion_tokens <= 60


async def _calls_the_tool(model: BaseChatModel) -> None:
    with_tools = model.bind_tools([get_order, cancel_order], temperature=0, max_tokens=80)
    question = HumanMessage("Where is my order A-123?")
    asked = await with_tools.ainvoke([question])
    assert isinstance(asked, AIMessage)
    assert [(call["name"], call["args"]) for call in asked.tool_calls] == [
        ("get_order", {"order_id": "A-123"})
    ]
    result = ToolMessage('{"status": "shipped", "arrives": "Friday"}', tool_call_id=asked.tool_calls[0]["id"])
    answer = await with_tools.ainvoke([question, asked, result])
    assert not answer.tool_calls
    assert "Friday" in answer.text


def _refuses_strangers(base_url: str) -> None:
    body = b'{"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 1}'
    request = Request(f"{base_url}/chat/completions", data=body, headers={"Authorization": "Bearer guess"})
    with pytest.raises(HTTPError) as refused:
        urlopen(request, timeout=10)
    assert refused.value.code == 401
    refused.value.close()


def test_there_is_always_a_core() -> None:
    assert usable_cores() >= 1


@pytest.mark.parametrize(
    ("said", "most"), [("1", 1), ("999", None), ("", None), ("4,2", None), ("as many as there are", None)]
)
def test_no_more_cores_than_asked_for(monkeypatch: pytest.MonkeyPatch, said: str, most: int | None) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    there_are = usable_cores()
    monkeypatch.setenv("OMP_NUM_THREADS", said)
    assert usable_cores() == (most or there_are)
