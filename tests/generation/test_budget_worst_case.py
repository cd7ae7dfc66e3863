"""The worst case of a call is no less than what is sent, in whatever form the endpoint takes it."""

from __future__ import annotations

import json

import pytest
from finetune_coverage.tools.generation.attempts.draft import Request
from finetune_coverage.tools.generation.money.amounts import PICODOLLARS
from finetune_coverage.tools.generation.money.prices import Price
from finetune_coverage.tools.generation.money.spending import Spending
from finetune_coverage.tools.generation.money.worst_case import overrun
from finetune_coverage.tools.models.chat import make_chat_model
from finetune_coverage.tools.models.structured import structured_json
from finetune_coverage.tools.settings import Settings
from hypothesis import given
from hypothesis import strategies as st

from ..mock_openai.server import MockOpenAI

SCHEMA = {
    "type": "object",
    "properties": {"größe": {"type": "string", "enum": ["groß", "klein"]}},
    "required": ["größe"],
    "additionalProperties": False,
}


def request(*texts: str, max_tokens: int = 200) -> Request:
    return Request(prompt=[("user", text) for text in texts], schema=SCHEMA, text_tokens=max_tokens)


@given(st.lists(st.text(max_size=200), min_size=1, max_size=5), st.integers(1, 10_000))
def test_every_byte_of_every_message_counts(texts: list[str], max_tokens: int) -> None:
    prompt, completion = request(*texts, max_tokens=max_tokens).worst_case
    assert prompt >= sum(len(text.encode()) for text in texts) + len(json.dumps(SCHEMA).encode())
    assert completion == max_tokens


def test_a_sign_that_a_tokenizer_may_spell_out_counts_as_spelled_out() -> None:
    """U+FDFA has 3 bytes; normalised, it is a phrase of 18 letters."""
    few, many = request("").worst_case, request("\ufdfa" * 10).worst_case
    assert many[0] - few[0] >= 10 * 33


@pytest.mark.parametrize("refused", [set(), {"response_format"}])
async def test_it_covers_what_is_really_sent(mock_openai: MockOpenAI, refused: set[str]) -> None:
    mock_openai.refused = refused
    mock_openai.reply = lambda body: '{"größe": "klein"}'
    model = make_chat_model(
        Settings.model_validate(
            {"OPENAI_BASE_URL": mock_openai.url, "OPENAI_API_KEY": mock_openai.key, "model": "mock-model"}
        )
    )
    asked = request("Wie groß ist die Kiste? 📦")
    await structured_json(
        model, list(asked.prompt), asked.schema, name="size", max_tokens=asked.max_tokens, temperature=0.5
    )
    body = mock_openai.chats()[-1]
    sent = sum(len(message["content"].encode()) for message in body["messages"])
    sent += len(json.dumps(body.get("response_format", "")).encode())
    prompt, completion = asked.worst_case
    assert ("response_format" in body) == (not refused)
    assert sent <= prompt
    assert body["max_tokens"] == completion


def test_its_cost_takes_nothing_for_cached() -> None:
    price = Price(input=1, cached_input=0.1, output=4, batch_discount=0.5)
    asked = request("Hello.", max_tokens=1_000)
    prompt, _ = asked.worst_case
    money = (prompt + 4_000) * PICODOLLARS // 1_000_000
    assert Spending("a", price).worst_case_of(asked).picodollars == money
    assert Spending("a", price, in_batches=True).worst_case_of(asked).picodollars == money // 2


def test_a_reply_beyond_its_maximum_is_found_behind_a_short_prompt() -> None:
    worst = request("word " * 400, max_tokens=100).worst_case
    assert overrun(worst, (450, 100)) is None
    assert sum(worst) > 450 + 101
    assert "The reply of a call took 101 tokens and could take 100 at most" in str(overrun(worst, (450, 101)))
    assert "The prompt" in str(overrun(worst, (worst[0] + 1, 0)))
