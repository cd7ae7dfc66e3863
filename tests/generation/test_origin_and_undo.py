"""Why a record is there, taking a round back, and what a short job says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from finetune_coverage.tools.analyze_coverage import analyze_coverage
from finetune_coverage.tools.errors import Busy, InvalidInput
from finetune_coverage.tools.generate_synthetic_data import run_approved_item
from finetune_coverage.tools.generation.approvals.approved_items import take_item
from finetune_coverage.tools.generation.jobs.origin import origin_of
from finetune_coverage.tools.generation.jobs.shortfall import advice, stop_words
from finetune_coverage.tools.generation.jobs.undo_jobs import undo_job
from finetune_coverage.tools.models.scripted import ScriptedChatModel
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.store.records import get_record, load_records

from .test_engine import TOPIC, WORKFLOW, good_answers

Approve = Callable[..., tuple[str, int]]


@pytest.fixture
async def generation(services: Services, approved: Approve, model: ScriptedChatModel) -> dict[str, Any]:
    supply = good_answers()
    model.default = lambda messages: next(supply)
    answer = await run_approved_item(services, *approved(TOPIC, 3, "few_shot"))
    done: dict[str, Any] = answer["generation"]
    return done


async def test_the_origin_of_a_record_is_what_really_led_to_it(
    services: Services, generation: dict[str, Any], model: ScriptedChatModel
) -> None:
    record_id = generation["record_ids"][0]
    origin = origin_of(services, WORKFLOW, record_id)
    assert origin["prompt_is_exact"]
    sent = [(m.type.replace("human", "user").replace("ai", "assistant"), m.text) for m in model.history[0]]
    # The scripted model has no response_format, so the schema stands in the system prompt that it got.
    assert [tuple(turn) for turn in origin["prompt"][0]][1:] == sent[1:]
    assert origin["answer"] == next(good_answers())
    assert origin["approved"]["approver"] == "tester"
    assert origin["job"] == generation["job_id"]
    assert "topic" in origin["scores"]
    for seed, body in zip(origin["seeds"], origin["parents"], strict=True):
        assert get_record(services.store, WORKFLOW, seed).body == body


async def test_a_real_record_has_no_origin_to_show(services: Services) -> None:
    real = next(load_records(services.store, WORKFLOW))
    with pytest.raises(InvalidInput, match="imported"):
        origin_of(services, WORKFLOW, real.id)


async def test_a_round_is_undone_once(services: Services, generation: dict[str, Any]) -> None:
    removed = undo_job(services.store, generation["job_id"])
    assert set(removed) == set(generation["record_ids"])
    coverage = analyze_coverage(services, WORKFLOW)["coverage"]
    assert coverage["topic_distribution"][TOPIC] == 15
    assert list(load_records(services.store, WORKFLOW, origin="synthetic")) == []
    assert get_record(services.store, WORKFLOW, removed[0]).provenance is not None
    with pytest.raises(InvalidInput, match="undone before"):
        undo_job(services.store, generation["job_id"])


async def test_a_job_that_has_not_ended_is_not_undone(services: Services, approved: Approve) -> None:
    item = approved(TOPIC, 2, "few_shot")
    job = take_item(services.store, *item, days=7, model="m", coverage_before={})
    with pytest.raises(Busy, match="has not ended"):
        undo_job(services.store, job.id)


def test_a_short_job_says_what_would_help() -> None:
    said = advice({"near_duplicate": 8, "parse": 1, "topic": 3}, {"topic": "reads like 'billing_questions'"})
    assert said[0].startswith("8 of 12 refused by near_duplicate: ") and len(said) == 2
    assert said[1].startswith("3 of 12 refused by topic (“reads like 'billing_questions'”): ")
    assert "labelled wrongly" in said[1] and "the check is wrong" in said[1]
    assert "the check is wrong" in advice({"one of later": 1}, {})[0], "also of one that nothing is known of"
    assert "a fault of this program" in advice({"check_failed": 1}, {})[0]
    assert stop_words("cancelled", {}, {}) == "cancelled"
