"""What the tests of generation share: services over the bundled sample, with a scripted model."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.tools.coverage.recommendation import PlanItem
from finetune_coverage.tools.dataset.record import Record
from finetune_coverage.tools.generation.approvals.approval import approve_plan
from finetune_coverage.tools.generation.approvals.plans import propose_plan
from finetune_coverage.tools.generation.attempts.draft import Candidate, Draft, TopicContext
from finetune_coverage.tools.models.scripted import ScriptedChatModel
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.settings import Settings
from finetune_coverage.tools.store.records import load_records

from ..prepared import WORKFLOW, sample_folder

__all__ = ["WORKFLOW"]


@pytest.fixture
def model() -> ScriptedChatModel:
    """Answers with what a test puts into its queue."""
    return ScriptedChatModel([])


@pytest.fixture
def services(tmp_path: Path, model: ScriptedChatModel) -> Services:
    """The bundled sample in a store of its own; real index, real embeddings, scripted model."""
    settings = Settings(home=tmp_path / "home", max_concurrency=1, model="embedded")
    sample_folder(settings.home)
    return Services(settings, make_chat_model=lambda _: model)


@pytest.fixture
def approved(services: Services) -> Callable[..., tuple[str, int]]:
    """Proposes a plan of one item and has it approved; gives approval id and item number."""

    def approve(topic: str, count: int, strategy: Any) -> tuple[str, int]:
        item = PlanItem(topic=topic, count=count, strategy=strategy)
        plan = propose_plan(services.store, WORKFLOW, [item])
        return approve_plan(services.store, plan.id, approver="tester", channel="test").id, 0

    return approve


@pytest.fixture
def seeds(services: Services) -> Callable[[str], list[Record]]:
    """The usable real records of a topic."""
    return lambda topic: list(load_records(services.store, WORKFLOW, topic=topic, usable_only=True))


@pytest.fixture
def context(seeds: Callable[[str], list[Record]]) -> Callable[..., TopicContext]:
    """What a strategy knows of a topic."""

    def make(topic: str = "technical_issues", count: int = 5, **changes: Any) -> TopicContext:
        values = {
            "topic": topic,
            "description": "Crashes, sync errors and slow pages. Does not include invoices.",
            "neighbours": {"billing_questions": "Charges and invoices."},
            "seeds": seeds(topic),
            "count": count,
            "profile": "small",
        } | changes
        return TopicContext(**values)

    return make


@pytest.fixture
def candidate() -> Callable[..., Candidate]:
    """A candidate of given messages, by a strategy that copies nothing."""

    def make(
        *messages: dict[str, Any], tools: Any = None, strategy: Any = "few_shot", seeds: Any = ()
    ) -> Candidate:
        draft = Draft(strategy=strategy, topic="technical_issues", requests=[], seeds=list(seeds))
        source: dict[str, Any] = {"messages": list(messages), "topic": "technical_issues"}
        if tools is not None:
            source["tools"] = tools
        return Candidate(source=source, draft=draft)

    return make


def exchange(user: str, assistant: str) -> str:
    """The answer of a model that writes a conversation of one exchange."""
    return json.dumps({"exchanges": [{"user": user, "assistant": assistant}]})
