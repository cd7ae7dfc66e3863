"""A model that does not answer costs a typed sentence two calls and a minute at most, and the person is told."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from finetune_coverage.graph.offers.offer import Offer, Option
from finetune_coverage.graph.reading import by_small_model as model_reading
from finetune_coverage.graph.reading.by_small_model import LONGEST_WAIT, read_by_model
from finetune_coverage.tools.coverage.recommendation import PlanItem
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.settings import Settings

from ..mock_openai.server import Fault, MockOpenAI

SENTENCE = "could you perhaps rather do somewhat fewer of the technical ones"


def services_at(endpoint: MockOpenAI, home: Path) -> Services:
    settings = Settings(
        home=home,
        openai_base_url=endpoint.url,
        openai_api_key=endpoint.key,
        model="mock-model",  # type: ignore[arg-type]
    )
    return Services(settings)


def offer() -> Offer:
    items = [PlanItem(topic="technical", count=30, strategy="few_shot")]
    return Offer(
        action="generate_synthetic_data",
        workflow_id="wf-1",
        plan_id="plan-1",
        items=items,
        topics=["technical"],
        options=[Option(label="Generate", effect="generate", items=items)],
    )


@pytest.mark.parametrize(
    "fault", [Fault(500), Fault(429, retry_after=9), Fault(drop=True), Fault(garbage=True)]
)
async def test_a_failing_endpoint_is_told_after_two_calls_at_most(
    mock_openai: MockOpenAI, tmp_path: Path, fault: Fault
) -> None:
    mock_openai.reply = lambda body: fault
    began = time.monotonic()
    reply, _ = await read_by_model(SENTENCE, offer(), services_at(mock_openai, tmp_path))
    assert time.monotonic() - began < 10
    assert len(mock_openai.chats()) <= 2
    assert reply is not None and reply.kind == "unclear"
    assert "the language model does not answer" in reply.note


async def test_a_hanging_endpoint_is_waited_for_a_minute_at_most(
    mock_openai: MockOpenAI, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert LONGEST_WAIT == 60
    monkeypatch.setattr(model_reading, "LONGEST_WAIT", 0.5)
    mock_openai.reply = lambda body: Fault(hang=True)
    reply, _ = await read_by_model(SENTENCE, offer(), services_at(mock_openai, tmp_path))
    assert reply is not None and "longer than" in reply.note
    assert len(mock_openai.chats()) == 1
