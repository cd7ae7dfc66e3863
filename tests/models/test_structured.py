"""Structured replies over HTTP: what is sent, what is done when the endpoint refuses it, what failures mean."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from finetune_coverage.tools.errors import InvalidInput
from finetune_coverage.tools.models import chat
from finetune_coverage.tools.models.chat import make_chat_model
from finetune_coverage.tools.models.scripted import ScriptedChatModel
from finetune_coverage.tools.models.structured import (
    TransientEndpointError,
    parse_json,
    structured_json,
)
from finetune_coverage.tools.models.usage import TokenUsage
from finetune_coverage.tools.settings import Settings
from langchain_core.language_models import BaseChatModel

from ..mock_openai.bodies import Truncated
from ..mock_openai.server import Fault, MockOpenAI

SCHEMA = {
    "type": "object",
    "properties": {"n": {"type": "integer"}},
    "required": ["n"],
    "additionalProperties": False,
}
PROMPT = [("system", "You count."), ("user", "Count to one.")]


@pytest.fixture
def model(endpoint: Settings, monkeypatch: pytest.MonkeyPatch) -> BaseChatModel:
    monkeypatch.setattr(chat, "ENDPOINT_RETRIES", 0)
    monkeypatch.setattr(chat, "ENDPOINT_TIMEOUT", 1.0)
    return make_chat_model(endpoint)


async def ask(model: BaseChatModel, **more: Any) -> tuple[str, TokenUsage]:
    options = {"name": "count", "max_tokens": 50, "temperature": 0.5, "schema": SCHEMA, **more}
    return await structured_json(model, PROMPT, **options)


async def test_the_schema_goes_along_and_usage_comes_back(
    model: BaseChatModel, mock_openai: MockOpenAI
) -> None:
    mock_openai.queue.append('{"n": 1}')
    text, usage = await ask(model, seed=3)
    assert parse_json(text) == {"n": 1}
    assert usage == TokenUsage(prompt_tokens=5, completion_tokens=2, finish_reason="stop")
    (body,) = mock_openai.chats()
    assert body["response_format"]["json_schema"] == {"name": "count", "strict": True, "schema": SCHEMA}
    assert (body["max_tokens"], body["temperature"], body["seed"]) == (50, 0.5, 3)
    assert "max_completion_tokens" not in body
    assert mock_openai.requests[0].key == mock_openai.key


async def test_strict_is_left_out_where_openai_would_refuse_it(
    model: BaseChatModel, mock_openai: MockOpenAI
) -> None:
    open_object = {**SCHEMA, "additionalProperties": True}
    optional = {**SCHEMA, "required": []}
    bounded = {**SCHEMA, "properties": {"n": {"type": "string", "maxLength": 9}}}
    nested = {**SCHEMA, "properties": {"n": {"type": "array", "items": open_object}}}
    named_like_a_keyword = {**SCHEMA, "properties": {"default": {"type": "string"}}, "required": ["default"]}
    mock_openai.reply = lambda body: '{"n": 1}'
    for schema in (open_object, optional, bounded, nested, named_like_a_keyword):
        await ask(model, schema=schema)
    strict = [body["response_format"]["json_schema"]["strict"] for body in mock_openai.chats()]
    assert strict == [False, False, False, False, True]


async def test_an_endpoint_without_response_format_gets_the_schema_in_the_prompt_from_then_on(
    model: BaseChatModel, mock_openai: MockOpenAI
) -> None:
    mock_openai.refused.add("response_format")
    mock_openai.reply = lambda body: '```json\n{"n": 1}\n```'
    for _ in range(2):
        text, _usage = await ask(model)
        assert parse_json(text) == {"n": 1}
    kinds = [body.get("response_format", {}).get("type") for body in mock_openai.chats()]
    assert kinds == ["json_schema", "json_object", None, None]
    for body in mock_openai.chats()[2:]:
        assert "response_format" not in body
        assert body["messages"][0]["role"] == "system"
        assert body["messages"][0]["content"].startswith("You count.")
        assert json.dumps(SCHEMA) in body["messages"][0]["content"]


async def test_a_refusal_without_a_reason_is_tried_without_the_schema(
    model: BaseChatModel, mock_openai: MockOpenAI
) -> None:
    mock_openai.queue += [Fault(422, message="Unprocessable"), '{"n": 1}', '{"n": 2}']
    assert (await ask(model))[0] == '{"n": 1}'
    assert (await ask(model))[0] == '{"n": 2}'
    assert ["response_format" in body for body in mock_openai.chats()] == [True, False, False]


async def test_another_model_object_starts_afresh(
    model: BaseChatModel, mock_openai: MockOpenAI, endpoint: Settings
) -> None:
    mock_openai.refused.add("response_format")
    await ask(model)
    mock_openai.refused.clear()
    await ask(make_chat_model(endpoint))
    assert "response_format" in mock_openai.chats()[-1]


async def test_models_that_take_no_temperature(model: BaseChatModel, mock_openai: MockOpenAI) -> None:
    mock_openai.refused.add("temperature")
    mock_openai.reply = lambda body: '{"n": 1}'
    await ask(model)
    await ask(model)
    sent = [("temperature" in body, "response_format" in body) for body in mock_openai.chats()]
    assert sent == [(True, True), (False, True), (False, True)]


async def test_prose_in_spite_of_response_format_puts_the_schema_into_later_prompts(
    model: BaseChatModel, mock_openai: MockOpenAI
) -> None:
    prose = ["Certainly, one."] * 3
    mock_openai.queue += ["Certainly, one.", '{"n": 1}', *prose, '{"n": 1}']
    for _ in range(6):
        await ask(model)
    # One slip is none of the endpoint's; three in a row are.
    assert ["response_format" in body for body in mock_openai.chats()] == [True] * 5 + [False]


async def test_a_cut_off_answer_says_so(model: BaseChatModel, mock_openai: MockOpenAI) -> None:
    mock_openai.queue.append(Truncated('{"n": 1'))
    text, usage = await ask(model)
    assert usage.finish_reason == "length"
    with pytest.raises(ValueError, match="cut off"):
        parse_json(text)


async def test_requests_run_at_the_same_time(model: BaseChatModel, mock_openai: MockOpenAI) -> None:
    mock_openai.latency = 0.2
    await asyncio.gather(*(ask(model) for _ in range(6)))
    assert mock_openai.peak == 6


def test_one_model_object_serves_several_event_loops(model: BaseChatModel, mock_openai: MockOpenAI) -> None:
    for _ in range(3):
        asyncio.run(ask(model))
    assert len(mock_openai.chats()) == 3


async def test_streaming_gives_text_and_usage(model: BaseChatModel, mock_openai: MockOpenAI) -> None:
    mock_openai.queue.append("one two three")
    chunks = [chunk async for chunk in model.astream("go")]
    assert "".join(chunk.text for chunk in chunks).split() == ["one", "two", "three"]
    assert sum((chunk.usage_metadata or {"output_tokens": 0})["output_tokens"] for chunk in chunks) == 3


async def test_an_unreachable_endpoint_is_transient_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat, "ENDPOINT_RETRIES", 0)
    closed = MockOpenAI()
    closed.close()
    settings = Settings(openai_base_url=closed.url, model="mock-model")
    with pytest.raises(TransientEndpointError, match="mock-model could not be reached"):
        await ask(make_chat_model(settings))


def test_a_missing_model_name_is_said_before_any_request() -> None:
    with pytest.raises(InvalidInput, match="FINETUNE_COVERAGE_MODEL"):
        make_chat_model(Settings(openai_base_url="http://127.0.0.1:9/v1"))


async def test_a_hosts_model_of_another_kind_gets_the_schema_in_the_prompt() -> None:
    model = ScriptedChatModel(['{"n": 1}'])
    assert (await ask(model))[0] == '{"n": 1}'
    assert json.dumps(SCHEMA) in model.history[0][0].text


async def test_openai_itself_gets_the_newer_token_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    model: Any = make_chat_model(Settings(openai_api_key="sk-1"))
    payload = model._get_request_payload("Hi", max_tokens=5)
    assert payload["max_completion_tokens"] == 5
    assert "max_tokens" not in payload
