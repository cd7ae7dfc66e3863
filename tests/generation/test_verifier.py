"""The verifier at a real HTTP endpoint: what it refuses, what it costs, and what a crash or its silence leaves."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.graph.build import build_graph
from finetune_coverage.tools.dataset.bundled_sample import import_sample
from finetune_coverage.tools.errors import BudgetExceeded
from finetune_coverage.tools.generate_synthetic_data import run_approved_item
from finetune_coverage.tools.generation.jobs.ledger import list_attempts, list_jobs
from finetune_coverage.tools.generation.money.amounts import PICODOLLARS
from finetune_coverage.tools.generation.money.budget import Budget, budget_of
from finetune_coverage.tools.generation.money.estimate import estimate_plan
from finetune_coverage.tools.generation.money.prices import require_keepable_cap
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.store.records import load_records
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver

from ..mock_openai.bodies import Truncated
from ..mock_openai.server import Fault, MockOpenAI
from .test_engine_endpoint import TOPIC, WORKFLOW, approved, endpoint, no_meaning, services_for

pytestmark = pytest.mark.slow

__all__ = ["endpoint", "no_meaning"]

VERIFIER = "judge-model"
Verdict = Callable[[dict[str, Any]], Any]


def decided(body: dict[str, Any], *, fails: str | None = None, quote: str = "") -> str:
    """A verdict in the form that is asked for; every criterion passes but the one that fails."""
    criteria = body["response_format"]["json_schema"]["schema"]["properties"]
    return json.dumps(
        {
            name: {"quote": quote if name == fails else "", "finding": "it is so", "passes": name != fails}
            for name in criteria
        }
    )


@pytest.fixture
def judged(endpoint: MockOpenAI, tmp_path: Path) -> Callable[..., Services]:
    """Services whose records are judged by another model at the same endpoint, as a function says."""

    def make(verdict: Verdict = decided, **more: Any) -> Services:
        write = endpoint.reply
        endpoint.models.append(VERIFIER)
        endpoint.reply = lambda body: (verdict if body["model"] == VERIFIER else write)(body)
        return services_for(endpoint, tmp_path / "home", **{"verifier_model": VERIFIER, **more})

    return make


def asked(endpoint: MockOpenAI, model: str) -> int:
    return sum(body["model"] == model for body in endpoint.chats())


def budget(services: Services, item: tuple[str, int]) -> Budget:
    with services.store.read() as connection:
        return budget_of(connection, item[0])


async def test_every_record_is_judged_last_and_says_so(
    endpoint: MockOpenAI, judged: Callable[..., Services]
) -> None:
    services = judged()
    item = approved(services, 5)
    generation = (await run_approved_item(services, *item))["generation"]
    assert (generation["status"], generation["accepted"]) == ("complete", 5)
    assert asked(endpoint, VERIFIER) == 5
    for record in load_records(services.store, WORKFLOW, origin="synthetic"):
        assert record.provenance is not None
        assert record.provenance["checks"][-1] == "verifier"
        assert record.provenance["scores"]["verifier"] == 1.0
        assert record.provenance["verifier"]["model"].startswith(VERIFIER)
        assert {"topic", "new_case"} <= set(record.provenance["verifier"]["passed"])
    attempts = list_attempts(services.store, generation["job_id"])
    of_verifier = sum(one.verifier_prompt_tokens + one.verifier_completion_tokens for one in attempts)
    of_model = sum(one.prompt_tokens + one.completion_tokens for one in attempts)
    assert of_verifier > 0
    assert generation["cost"]["tokens"] == of_verifier + of_model == budget(services, item).spent_tokens
    assert budget(services, item).reserved_tokens == 0


async def test_what_it_refuses_is_refilled_and_its_quote_is_the_evidence(
    endpoint: MockOpenAI, judged: Callable[..., Services]
) -> None:
    calls = itertools.count()

    def verdict(body: dict[str, Any]) -> str:
        number = next(calls)
        if number == 0:
            written = body["messages"][1]["content"].split("Written, to be checked: ")[1].split("\n")[0]
            return decided(body, fails="natural", quote=json.loads(written)[0]["text"][:40].upper())
        return decided(body, fails="answers", quote="nobody said this") if number == 1 else decided(body)

    services = judged(verdict)
    generation = (await run_approved_item(services, *approved(services, 4)))["generation"]
    assert generation["accepted"] == 4
    assert generation["rejected"] == {"verifier": 2}
    refused = [one for one in list_attempts(services.store, generation["job_id"]) if one.check == "verifier"]
    evidence = sorted(str(one.evidence) for one in refused)
    assert evidence[0] == "answers: it is so: 'nobody said this' (which stands nowhere in the record)"
    assert evidence[1].startswith("natural: it is so: ") and "nowhere" not in evidence[1]
    assert all(one.verdict for one in refused)


async def test_what_a_check_refuses_is_not_judged(
    endpoint: MockOpenAI, judged: Callable[..., Services]
) -> None:
    good, calls = endpoint.reply, itertools.count()
    endpoint.reply = lambda body: "no json" if next(calls) == 0 else good(body)
    services = judged()
    generation = (await run_approved_item(services, *approved(services, 3)))["generation"]
    assert generation["rejected"] == {"parse": 1}
    assert asked(endpoint, VERIFIER) == 3


async def test_a_verdict_that_cannot_be_read_passes_nothing(
    judged: Callable[..., Services],
) -> None:
    services = judged(lambda body: '{"topic": "yes"}')
    generation = (await run_approved_item(services, *approved(services, 1)))["generation"]
    assert (generation["status"], generation["rejected"]) == ("short", {"verifier": 8})
    first = list_attempts(services.store, generation["job_id"])[0]
    assert "cannot be read" in str(first.evidence)


async def test_a_verifier_that_refuses_for_good_stops_the_job_and_nothing_written_is_lost(
    endpoint: MockOpenAI, judged: Callable[..., Services]
) -> None:
    verdicts: list[Any] = [Fault(401, message="wrong key")]
    services = judged(lambda body: verdicts[0] if verdicts else decided(body))
    item = approved(services, 6)
    error = (await run_approved_item(services, *item))["error"]
    assert error["code"] == "endpoint_error"
    assert error["message"].startswith("The verifier cannot be asked: ") and "wrong key" in error["message"]
    assert "FINETUNE_COVERAGE_VERIFIER_MODEL" in error["hint"]
    written = asked(endpoint, "mock-model")
    verdicts.clear()
    generation = (await run_approved_item(services, *item))["generation"]
    assert (generation["status"], generation["accepted"], generation["rejected"]) == ("complete", 6, {})
    assert asked(endpoint, "mock-model") == max(6, written)


async def test_a_verifier_that_fails_now_and_then_is_asked_again(
    endpoint: MockOpenAI, judged: Callable[..., Services]
) -> None:
    calls = itertools.count()
    faults = {0: Fault(500), 2: Fault(429, retry_after=0.05), 4: Fault(drop=True)}
    services = judged(lambda body: faults.pop(next(calls), None) or decided(body), max_concurrency=2)
    item = approved(services, 5)
    generation = (await run_approved_item(services, *item))["generation"]
    assert (generation["accepted"], generation["rejected"]) == (5, {})
    assert asked(endpoint, "mock-model") == 5
    assert asked(endpoint, VERIFIER) == 5 + 3
    assert budget(services, item).reserved_tokens > 0, "the lost calls may have been charged"


async def test_without_the_verifier_a_job_goes_on(
    endpoint: MockOpenAI, judged: Callable[..., Services]
) -> None:
    services = judged(lambda body: Fault(403))
    item = approved(services, 2)
    assert not (await run_approved_item(services, *item))["success"]
    services.settings.verifier_share = 0
    del services._verifier_model
    generation = (await run_approved_item(services, *item))["generation"]
    assert generation["accepted"] == 2
    record = next(load_records(services.store, WORKFLOW, origin="synthetic"))
    assert record.provenance is not None and "verifier" not in record.provenance


async def test_the_cap_holds_with_a_judge(endpoint: MockOpenAI, judged: Callable[..., Services]) -> None:
    services = judged(budget_tokens=40_000)
    item = approved(services, 300)
    generation = (await run_approved_item(services, *item))["generation"]
    assert generation["status"] == "short" and "budget" in generation["stop_reason"]
    assert generation["accepted"] > 5
    assert generation["cost"]["tokens"] == budget(services, item).spent_tokens <= 40_000
    assert budget(services, item).reserved_tokens == 0


async def test_batches_are_judged_directly(endpoint: MockOpenAI, judged: Callable[..., Services]) -> None:
    calls = itertools.count()

    def verdict(body: dict[str, Any]) -> Any:
        return {0: Fault(500), 1: decided(body, fails="topic")}.get(next(calls), decided(body))

    services = judged(verdict, use_batch_api=True, max_concurrency=1)
    item = approved(services, 3)
    endpoint.batches.looks = 0
    generation = (await run_approved_item(services, *item))["generation"]
    assert (generation["accepted"], generation["rejected"]) == (3, {"verifier": 1})
    assert asked(endpoint, "mock-model") == 0 and asked(endpoint, VERIFIER) == 5


async def test_a_verifier_elsewhere_never_gets_the_models_key(
    endpoint: MockOpenAI, judged: Callable[..., Services]
) -> None:
    other = MockOpenAI()
    other.key, other.models, other.reply = "sk-judge", [VERIFIER], decided
    services = judged(verifier_base_url=other.url, verifier_api_key="sk-judge")
    generation = (await run_approved_item(services, *approved(services, 3)))["generation"]
    other.close()
    assert generation["accepted"] == 3
    assert (asked(endpoint, VERIFIER), asked(other, VERIFIER)) == (0, 3)
    assert {request.key for request in other.requests} == {"sk-judge"}


def test_its_calls_and_its_price_are_in_the_estimate(
    judged: Callable[..., Services], endpoint: MockOpenAI, tmp_path: Path
) -> None:
    from finetune_coverage.tools.coverage.recommendation import PlanItem

    prices = tmp_path / "prices.yaml"
    prices.write_text(f"endpoints: {{'{endpoint.url}': {{mock-model: {{input: 0, output: 0}}}}}}")
    services = judged(prices=prices)
    approved(services, 1)
    item = [PlanItem(topic=TOPIC, count=12, strategy="few_shot")]
    known = estimate_plan(services, WORKFLOW, item)
    assert known.calls == 30 + 15, "12 of 40% accepted, of 80% that pass the verifier"
    assert known.usd is None and "price of the verifier not known" in known.note
    services.settings.budget_usd = 1.0
    with pytest.raises(BudgetExceeded, match=VERIFIER) as refused:
        require_keepable_cap(services.settings)
    assert "set FINETUNE_COVERAGE_VERIFIER_MODEL to a model whose price is known" in refused.value.hint
    both = f"mock-model: {{input: 0, output: 0}}, {VERIFIER}: {{input: 1, output: 2}}"
    prices.write_text(f"endpoints: {{'{endpoint.url}': {{{both}}}}}")
    priced = estimate_plan(services, WORKFLOW, item)
    assert priced.usd is not None and 0 < priced.usd < 1
    services.settings.verifier_share = 0
    assert estimate_plan(services, WORKFLOW, item).calls == 30


async def test_money_is_counted_at_the_judges_price(
    endpoint: MockOpenAI, judged: Callable[..., Services], tmp_path: Path
) -> None:
    prices = tmp_path / "prices.yaml"
    both = f"mock-model: {{input: 0, output: 0}}, {VERIFIER}: {{input: 1, output: 2}}"
    prices.write_text(f"endpoints: {{'{endpoint.url}': {{{both}}}}}")
    services = judged(prices=prices, budget_usd=1.0)
    item = approved(services, 3)
    generation = (await run_approved_item(services, *item))["generation"]
    attempts = list_attempts(services.store, list_jobs(services.store)[0].id)
    usd = sum(one.verifier_prompt_tokens + 2 * one.verifier_completion_tokens for one in attempts) / 1e6
    assert generation["cost"]["usd"] == pytest.approx(usd)
    assert budget(services, item).spent_picodollars == round(usd * PICODOLLARS)


async def test_a_conversation_costs_what_its_jobs_cost(
    endpoint: MockOpenAI, judged: Callable[..., Services], tmp_path: Path
) -> None:
    prices = tmp_path / "prices.yaml"
    both = f"mock-model: {{input: 2, output: 8}}, {VERIFIER}: {{input: 1, output: 2}}"
    prices.write_text(f"endpoints: {{'{endpoint.url}': {{{both}}}}}")
    services = judged(prices=prices, model_profile="small")  # plans are read without a call
    import_sample(services.store, WORKFLOW)
    graph = build_graph(services, checkpointer=InMemorySaver())
    config: RunnableConfig = {"configurable": {"thread_id": "one"}}
    for said in ("2 for technical issues and 1 for billing questions, few-shot", "yes"):
        state = await graph.ainvoke({"messages": [("user", said)], "workflow_id": WORKFLOW}, config)
    done = list_jobs(services.store)
    attempts = [one for job in done for one in list_attempts(services.store, job.id)]
    usd = sum(
        2 * one.prompt_tokens
        + 8 * one.completion_tokens
        + one.verifier_prompt_tokens
        + 2 * one.verifier_completion_tokens
        for one in attempts
    )
    assert len(done) == 2 and usd > 0
    assert state["cost"]["usd"] == pytest.approx(usd / 1e6)
    prices.write_text(f"endpoints: {{'{endpoint.url}': {{mock-model: {{input: 2, output: 8}}}}}}")
    for said in ("1 for technical issues, few-shot", "yes"):
        state = await graph.ainvoke({"messages": [("user", said)], "workflow_id": WORKFLOW}, config)
    assert len(list_jobs(services.store)) == 3
    assert state["cost"]["usd"] is None, "the verifier's price is not known any more"


async def test_a_verdict_that_was_cut_off_costs_what_the_endpoint_counted(
    endpoint: MockOpenAI, judged: Callable[..., Services]
) -> None:
    """At 3270628 the worst case of each stayed set aside for ever, though its use was known."""
    calls = itertools.count()
    services = judged(lambda body: decided(body) if next(calls) % 2 else Truncated('{"fits_topic": {"quo'))
    item = approved(services, 4)
    generation = (await run_approved_item(services, *item))["generation"]
    assert generation["accepted"] == 4
    left = budget(services, item)
    assert left.reserved_tokens == 0 and left.spent_tokens == generation["cost"]["tokens"]
    attempts = list_attempts(services.store, generation["job_id"])
    assert sum(one.tokens for one in attempts) == left.spent_tokens
    assert (generation["cost"]["lost_calls"], generation["cost"]["uncounted_calls"]) == (0, 0)
