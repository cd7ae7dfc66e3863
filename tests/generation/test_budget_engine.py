"""The cap on tokens with the real engine: random caps, places and crashes; what the model counted never passes it."""

from __future__ import annotations

import asyncio
import itertools
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from finetune_coverage.tools.coverage.recommendation import PlanItem
from finetune_coverage.tools.dataset.bundled_sample import import_sample
from finetune_coverage.tools.generate_synthetic_data import run_approved_item
from finetune_coverage.tools.generation.approvals.approval import approve_plan
from finetune_coverage.tools.generation.approvals.plans import propose_plan
from finetune_coverage.tools.generation.money.budget import budget_of
from finetune_coverage.tools.models.scripted import ScriptedChatModel
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.settings import Settings
from finetune_coverage.tools.store.workflows import create_workflow
from hypothesis import example, given, settings
from hypothesis import strategies as st

from .test_engine import TOPIC, WORKFLOW, good_answers


class Crash(RuntimeError):
    """The machine dies during a call."""


def play(services: Services, model: ScriptedChatModel, count: int, crashes: list[int]) -> tuple[int, str]:
    """Run a job to its end, dying at the given calls on the way; gives its approval and its status."""
    item = PlanItem.model_validate({"topic": TOPIC, "count": count, "strategy": "topic_description"})
    plan = propose_plan(
        services.store, WORKFLOW, [item], cap_tokens=services.settings.budget_tokens, cap_usd=None
    )
    approval = approve_plan(services.store, plan.id, approver="a person", channel="test").id
    answers, calls = itertools.cycle(good_answers()), itertools.count(1)

    def reply(_: Any) -> str:
        if next(calls) in crashes:
            raise Crash
        return next(answers)

    model.default = reply
    for _ in range(len(crashes) + 1):
        answer = asyncio.run(run_approved_item(services, approval, 0))
        with services.store.read() as connection:
            budget = budget_of(connection, approval)
        assert budget.cap_tokens is not None
        assert budget.spent_tokens + budget.reserved_tokens <= budget.cap_tokens
        if answer["success"]:
            return budget.spent_tokens, str(answer["generation"]["status"])
    raise AssertionError("it neither ended nor died")


def counted(model: ScriptedChatModel) -> int:
    """What the model was sent in all calls, as it counts."""
    return sum(len(message.text) // 4 + 1 for messages in model.history for message in messages)


@pytest.mark.slow
@example(
    cap=15_758, count=1, places=1, crashes=[1]
)  # it dies while the cases are planned, which takes the whole cap
@settings(max_examples=settings.default.max_examples // 10)
@given(
    cap=st.integers(1_000, 40_000),
    count=st.integers(1, 8),
    places=st.integers(1, 4),
    crashes=st.lists(st.integers(1, 10), unique=True, max_size=3),
)
def test_the_cap_holds_through_crashes(cap: int, count: int, places: int, crashes: list[int]) -> None:
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        model = ScriptedChatModel([])
        config = Settings(
            home=Path(folder), max_concurrency=places, budget_tokens=cap, embedding_model="wordllama"
        )
        services = Services(config, make_chat_model=lambda _: model)
        create_workflow(services.store, WORKFLOW)
        import_sample(services.store, WORKFLOW)
        spent, status = play(services, model, count, crashes)
        assert spent <= cap
        assert counted(model) <= cap
        assert status in ("complete", "short")
        services.index.close()
        services.store.close()
