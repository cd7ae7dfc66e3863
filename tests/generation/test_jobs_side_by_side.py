"""Several jobs on one topic at the same time: what one accepts, the others see."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.tools.coverage.recommendation import PlanItem
from finetune_coverage.tools.generate_synthetic_data import run_approved_item
from finetune_coverage.tools.generation.approvals.approval import approve_plan
from finetune_coverage.tools.generation.approvals.plans import propose_plan
from finetune_coverage.tools.store.records import load_records

from ..mock_openai.server import MockOpenAI
from .test_engine_endpoint import TOPIC, WORDS, WORKFLOW, approved, no_meaning, services_for

pytestmark = pytest.mark.slow

__all__ = ["no_meaning"]


async def test_three_jobs_on_one_topic_accept_nothing_twice(mock_openai: MockOpenAI, tmp_path: Path) -> None:
    """At 89d9892, 22 exact duplicates stood among 63 records."""
    asked = itertools.count()

    def alike(body: dict[str, Any]) -> str:
        """Three answers in a row say the same; each job gets one of them, as from a model that likes its phrases."""
        number, written = divmod(next(asked), 3)
        time.sleep(0.03)
        rng = random.Random(number)
        user = " ".join(rng.choices(WORDS, k=12)).capitalize()
        reply = " ".join(random.Random(f"{number}.{written}").choices(WORDS, k=12)).capitalize()
        exchanges = body["response_format"]["json_schema"]["schema"]["properties"]["exchanges"]["minItems"]
        return json.dumps({"exchanges": [{"user": f"{user}.", "assistant": f"{reply}."}] * exchanges})

    mock_openai.reply = alike
    # Three for each job, which share the places; with one each, they take turns, and one is always too late.
    services = services_for(mock_openai, tmp_path / "home", max_concurrency=9)
    items = [approved(services, 21)]
    for _ in range(2):
        plan = propose_plan(services.store, WORKFLOW, [PlanItem(topic=TOPIC, count=21, strategy="few_shot")])
        items.append((approve_plan(services.store, plan.id, approver="a person", channel="test").id, 0))
    answers = await asyncio.gather(*(run_approved_item(services, *item) for item in items))
    assert [answer["generation"]["accepted"] for answer in answers] == [21, 21, 21]
    said = Counter(
        record.written_text("user") for record in load_records(services.store, WORKFLOW, origin="synthetic")
    )
    assert len(said) == 63 and set(said.values()) == {1}
    assert sum(answer["generation"]["rejected"]["exact_duplicate"] for answer in answers) > 0
