"""How long a plan takes is told by what is written for it, refused drafts included, and not by its count."""

from __future__ import annotations

from finetune_coverage.tools.coverage.plans import PlanItem
from finetune_coverage.tools.generation.money.estimate import estimate_plan
from finetune_coverage.tools.services import Services

from .conftest import WORKFLOW
from .earlier_jobs import TOPIC, job

TEN_MINUTES = {"created_at": "2026-01-20T10:00:00+00:00", "ended_at": "2026-01-20T10:10:00+00:00"}


def seconds(services: Services, strategy: str) -> float | None:
    item = PlanItem.model_validate({"topic": TOPIC, "count": 20, "strategy": strategy})
    return estimate_plan(services, WORKFLOW, [item]).seconds


def test_more_to_write_takes_longer(services: Services) -> None:
    assert seconds(services, "few_shot") is None, "before any job nobody knows"
    job(services, accepted=20, tokens=(1_000, 300), strategy="topic_description", **TEN_MINUTES)
    job(services, accepted=5, rejected=15, tokens=(1_000, 300), strategy="few_shot", model="another")
    few, varied = seconds(services, "few_shot"), seconds(services, "message_variation")
    assert few is not None and varied is not None and few != varied
    # As many records by the strategy of that job, of which none was refused: about as long as it took.
    known = seconds(services, "topic_description")
    assert known is not None and 300 < known < 1_200


def test_where_the_endpoint_counts_nothing_records_tell(services: Services) -> None:
    job(services, accepted=10, strategy="few_shot", **TEN_MINUTES)
    assert seconds(services, "few_shot") == seconds(services, "message_variation") == 1_200
