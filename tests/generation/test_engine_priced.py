"""Jobs with a priced model whose answers take unequal time: what people pay for."""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.tools.dataset.bundled_sample import import_sample
from finetune_coverage.tools.generate_synthetic_data import run_approved_item
from finetune_coverage.tools.generation.jobs.ledger import list_attempts
from finetune_coverage.tools.generation.money.amounts import PICODOLLARS
from finetune_coverage.tools.generation.money.budget import budget_of

from ..mock_openai.server import MockOpenAI
from .test_engine_endpoint import WORKFLOW, approved, no_meaning, services_for, texts

pytestmark = pytest.mark.slow

__all__ = ["no_meaning"]

SENT, CACHED, WRITTEN = 0.4, 0.1, 1.6
"""USD per million tokens, as gpt-4.1-mini costs."""


def priced(endpoint: MockOpenAI, folder: Path, **more: Any) -> Any:
    prices = folder / "prices.yaml"
    line = f"mock-model: {{input: {SENT}, cached_input: {CACHED}, output: {WRITTEN}}}"
    prices.write_text(f"endpoints: {{'{endpoint.url}': {{{line}}}}}")
    return services_for(endpoint, folder / "home", prices=prices, **more)


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
async def test_unequal_answers_of_a_priced_model_are_settled_to_the_picodollar(
    mock_openai: MockOpenAI, tmp_path: Path, database: str, request: pytest.FixtureRequest
) -> None:
    good, rng = texts(), random.Random(1)

    def slowly(body: dict[str, Any]) -> str:
        time.sleep(0.05 * rng.uniform(0.2, 1.8))
        return good(body)

    mock_openai.reply = slowly
    url = request.getfixturevalue("postgresql_url") if database == "postgresql" else None
    services = priced(mock_openai, tmp_path, budget_usd=0.5, database_url=url)
    if url is not None:
        import_sample(services.store, WORKFLOW)
    item = approved(services, 41)
    answer = await run_approved_item(services, *item)
    assert answer["success"], answer
    generation = answer["generation"]
    assert (generation["status"], generation["accepted"]) == ("complete", 41)
    with services.store.read() as connection:
        budget = budget_of(connection, item[0])
    attempts = list_attempts(services.store, generation["job_id"])
    exact = sum(4 * one.prompt_tokens + 16 * one.completion_tokens for one in attempts) * PICODOLLARS // 10**7
    assert budget.spent_picodollars == exact == round(generation["cost"]["usd"] * PICODOLLARS)
    assert (budget.reserved_tokens, budget.reserved_picodollars) == (0, 0)


@pytest.mark.parametrize("total_tells", [False, True])
async def test_hidden_and_cached_tokens_are_paid_as_the_endpoint_reports_them(
    mock_openai: MockOpenAI, tmp_path: Path, total_tells: bool
) -> None:
    """Some endpoints count hidden tokens as part of the completion, some only in the total."""
    good = texts()
    mock_openai.reply = lambda body: {
        "content": good(body),
        "usage": {
            "prompt_tokens": 1_000,
            "completion_tokens": 100 if total_tells else 400,
            "total_tokens": 1_400,
            "prompt_tokens_details": {"cached_tokens": 600},
            **({} if total_tells else {"completion_tokens_details": {"reasoning_tokens": 300}}),
        },
    }
    services = priced(mock_openai, tmp_path)
    generation = (await run_approved_item(services, *approved(services, 3)))["generation"]
    calls = len(mock_openai.chats())
    usd = (400 * SENT + 600 * CACHED + 400 * WRITTEN) / 1_000_000
    assert generation["cost"]["usd"] == pytest.approx(calls * usd)
    assert generation["cost"]["tokens"] == calls * 1_400
    attempts = list_attempts(services.store, generation["job_id"])
    assert {(one.cached_tokens, one.reasoning_tokens) for one in attempts} == {(600, 300)}
