"""A program that dies after a verifier has answered: nothing is paid for twice, and no cost is forgotten."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from finetune_coverage.tools.generate_synthetic_data import run_approved_item
from finetune_coverage.tools.generation.attempts.open_attempt import Open
from finetune_coverage.tools.generation.attempts.stages import AttemptWork
from finetune_coverage.tools.models.usage import TokenUsage
from finetune_coverage.tools.services import Services

from ..mock_openai.server import Fault, MockOpenAI
from .test_answer_spool import lose_the_journal
from .test_engine_endpoint import approved, endpoint, no_meaning
from .test_verifier import VERIFIER, asked, budget, decided, judged

pytestmark = pytest.mark.slow

__all__ = ["endpoint", "judged", "no_meaning"]


@pytest.mark.parametrize("keeps", ["the journal", "the spool"])
@pytest.mark.parametrize("dies_at", ["the checks", "the verdict"])
async def test_a_crash_pays_for_nothing_twice(
    endpoint: MockOpenAI,
    judged: Callable[..., Services],
    monkeypatch: pytest.MonkeyPatch,
    dies_at: str,
    keeps: str,
) -> None:
    services = judged(max_concurrency=1)
    item = approved(services, 1)
    judge, write_down = AttemptWork.judge, AttemptWork.write_down

    def crash(work: AttemptWork, answered: Any, failed: Any = ()) -> Any:
        if any((one.verdict is not None) == (dies_at == "the verdict") for one in answered):
            raise RuntimeError("the machine dies here")
        return judge(work, answered, failed)

    def lose(work: AttemptWork, answered: Any) -> Any:
        return crash(work, answered) if answered and keeps == "the spool" else write_down(work, answered)

    with monkeypatch.context() as patch:
        patch.setattr(AttemptWork, "judge", crash)
        patch.setattr(AttemptWork, "write_down", lose)
        assert (await run_approved_item(services, *item))["error"]["code"] == "internal"
    generation = (await run_approved_item(services, *item))["generation"]
    assert (generation["accepted"], generation["rejected"]) == (1, {})
    assert (asked(endpoint, "mock-model"), asked(endpoint, VERIFIER)) == (1, 1)
    assert budget(services, item).reserved_tokens == 0
    assert budget(services, item).spent_tokens == generation["cost"]["tokens"]


@pytest.mark.parametrize("counts", [True, False])
async def test_a_kill_after_the_verdict_changes_nothing_in_the_budget(
    endpoint: MockOpenAI, judged: Callable[..., Services], monkeypatch: pytest.MonkeyPatch, counts: bool
) -> None:
    """The first call to the verifier is lost, and may have been charged; the endpoint counts tokens, or does not."""
    calls, add_verdict = itertools.count(), Open.add_verdict
    services = judged(lambda body: decided(body) if next(calls) % 2 else Fault(500), max_concurrency=1)
    if not counts:
        monkeypatch.setattr(
            Open, "add_verdict", lambda one, verdict, _: add_verdict(one, verdict, TokenUsage(0, 0))
        )
    budgets = []
    for is_killed in (False, True):
        item = approved(services, 1)
        vars(services).pop("counted_prompts", None)  # the second job knows no more than the first
        if is_killed:
            with monkeypatch.context() as patch:
                lose_the_journal(patch, lambda one: one.verdict is not None)
                assert not (await run_approved_item(services, *item))["success"]
        assert (await run_approved_item(services, *item))["generation"]["accepted"] == 1
        budgets.append(budget(services, item))
    left, killed = budgets  # two prompts, not quite of one length
    assert killed.reserved_tokens == pytest.approx(left.reserved_tokens, rel=0.2) and left.reserved_tokens > 0
    assert killed.spent_tokens == pytest.approx(left.spent_tokens, rel=0.2)
