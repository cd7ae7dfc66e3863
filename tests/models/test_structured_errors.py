"""What an endpoint refuses: for good, for now, and for how long."""

from __future__ import annotations

import pytest
from finetune_coverage.tools.errors import EndpointError
from finetune_coverage.tools.models.chat import make_chat_model
from finetune_coverage.tools.models.endpoint_errors import RequestTooLong
from finetune_coverage.tools.models.structured import (
    TransientEndpointError,
)
from finetune_coverage.tools.settings import Settings
from langchain_core.language_models import BaseChatModel

from ..mock_openai.server import Answer, Fault, MockOpenAI
from .test_structured import ask, model

__all__ = ["model"]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (401, "refused the key"),
        (403, "refused the key"),
        (404, "does not know the model mock-model"),
        (Fault(400, code="context_length_exceeded", message="maximum context length is 10"), "too long"),
        (Fault(500, message="the request exceeds the available context size"), "too long"),
        (Fault(429, code="insufficient_quota", message="You exceeded your quota"), "no credit"),
    ],
)
async def test_what_will_repeat_is_permanent(
    model: BaseChatModel, mock_openai: MockOpenAI, answer: Answer, said: str
) -> None:
    mock_openai.reply = lambda body: answer
    with pytest.raises(EndpointError, match=said) as caught:
        await ask(model)
    assert not isinstance(caught.value, TransientEndpointError)
    assert caught.value.hint
    assert len(mock_openai.chats()) == 1


async def test_a_bad_request_is_permanent_and_changes_nothing_for_later(
    model: BaseChatModel, mock_openai: MockOpenAI
) -> None:
    mock_openai.queue += [400, 400, '{"n": 1}']
    with pytest.raises(EndpointError, match="refused the request") as caught:
        await ask(model)
    assert not isinstance(caught.value, TransientEndpointError)
    await ask(model)
    assert "response_format" in mock_openai.chats()[-1]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (500, "answered 500"),
        (503, "answered 503"),
        (Fault(drop=True), "could not be reached"),
        (Fault(hang=True), "did not answer in time"),
        (Fault(garbage=True), "no valid answer"),
        (Fault(not_a_completion=True), "no valid answer"),
    ],
)
async def test_what_may_pass_is_transient(
    model: BaseChatModel, mock_openai: MockOpenAI, answer: Answer, said: str
) -> None:
    mock_openai.queue += [answer, '{"n": 1}']
    with pytest.raises(TransientEndpointError, match=said) as caught:
        await ask(model)
    assert not caught.value.rate_limited
    assert (await ask(model))[0] == '{"n": 1}'


async def test_too_many_requests_tells_how_long_to_wait(
    model: BaseChatModel, mock_openai: MockOpenAI
) -> None:
    mock_openai.queue.append(Fault(429, retry_after=7))
    with pytest.raises(TransientEndpointError) as caught:
        await ask(model)
    assert caught.value.rate_limited
    assert caught.value.retry_after == 7


async def test_the_client_itself_retries_and_honours_retry_after(
    endpoint: Settings, mock_openai: MockOpenAI
) -> None:
    mock_openai.queue += [Fault(429, retry_after=0.3), Fault(503, retry_after=0.01), '{"n": 1}']
    assert (await ask(make_chat_model(endpoint)))[0] == '{"n": 1}'
    first, second, _ = (request.at for request in mock_openai.requests)
    assert second - first >= 0.3


@pytest.mark.parametrize(
    "said",
    [
        "max_tokens must be less than or equal to 8192",
        "Invalid max_tokens value, the valid range of max_tokens is [1, 8192]",
        "max_tokens: 9000 > 8192, which is the maximum allowed number of output tokens",
    ],
)
async def test_a_limit_that_is_too_high_is_not_one_of_another_name(
    model: BaseChatModel, mock_openai: MockOpenAI, said: str
) -> None:
    mock_openai.reply = lambda body: Fault(400, message=said)
    with pytest.raises(RequestTooLong):
        await ask(model)
    assert len(mock_openai.chats()) == 1
