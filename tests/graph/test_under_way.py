"""A generation that is looked at from outside: how it stands, and that it is stopped for good."""

from __future__ import annotations

from typing import Any

import pytest
from finetune_coverage.tools.generation.approvals.approval import revoke_plan
from finetune_coverage.tools.generation.approvals.plans import list_plans
from finetune_coverage.tools.generation.attempts.journal import request_cancel
from finetune_coverage.tools.generation.jobs.ledger import get_job, list_jobs
from finetune_coverage.tools.generation.jobs.measured import worth_so_far
from finetune_coverage.tools.inspection.under_way import under_way, worth_until_now
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.store.records import load_records

pytestmark = pytest.mark.slow


def proposed(offer: dict[str, Any], *items: dict[str, Any]) -> dict[str, Any]:
    """What the page sends of a table in which these were filled in."""
    action = {"name": "generate_synthetic_data"}
    return {
        "plan_id": offer["plan_id"],
        "decisions": [{"type": "propose", "edited_action": {**action, "args": item}} for item in items],
    }


async def test_a_plan_changed_in_its_table_is_what_a_typed_yes_is_to(chat: Any, services: Services) -> None:
    await chat.new()
    offer = (await chat.values())["offer"]
    changed = {**offer["items"][0], "count": 3, "strategy": "few_shot", "pilot": 2}
    said = await chat.answer(proposed(offer, changed))
    assert "**Plan**: 3 for" in said and list_jobs(services.store) == [], "it is no yes"
    heard = [message.text for message in (await chat.values())["messages"] if message.type == "human"]
    assert heard == ["Changed in the table of the plan: 3 for technical_issues by few-shot, 2 of them first."]
    said = await chat.answer(proposed(offer, changed))
    assert "an answer to another plan" in said, "the table of before is none of this one"
    await chat.answer("yes")
    (approved,) = list_plans(services.store, status="approved")
    assert [item.model_dump() for item in approved.items] == [changed]


async def test_how_it_stands_and_what_it_is_worth(chat: Any, services: Services) -> None:
    await chat.new("do 2 for technical issues with few-shot")
    await chat.answer("yes")
    (job,) = list_jobs(services.store)
    standing = under_way(services, "wf-1", job.id)
    assert standing.owed == 0 and standing.used.tokens == job.tokens
    assert standing.told_tokens and standing.told_tokens > 0
    assert {record.id for record in standing.latest} == {
        record.id for record in load_records(services.store, "wf-1", origin="synthetic")
    }
    known = worth_until_now(services, standing.parts)
    assert known is not None and known == worth_so_far(services, get_job(services.store, job.id))


async def test_stopped_for_good_what_is_written_counts_and_nothing_more_is_begun(
    chat: Any, services: Services, model: Any, writer: Any
) -> None:
    await chat.new("2 technical and 2 billing, few-shot")

    def write(messages: Any) -> Any:
        plan = list_plans(services.store)[0]
        if plan.status == "approved":
            for job_id in revoke_plan(services.store, plan.id, by="tester"):
                request_cancel(services.store, job_id)
        return writer(messages)

    model.default = write
    said = await chat.answer("yes")
    (job,) = list_jobs(services.store)
    assert (job.topic, job.status) == ("technical_issues", "short")
    assert "Generation Ended Short" in said and "It was cancelled" in said
    assert (await chat.asked())["action_requests"][0]["name"] != "resume_generation"


async def test_the_rest_of_a_sample_stays_when_its_number_is_changed_in_the_table(
    chat: Any, services: Services
) -> None:
    await chat.new("do 6 for technical issues with few-shot")
    await chat.answer("just 2 first")
    offer = (await chat.values())["offer"]
    said = await chat.answer(proposed(offer, {**offer["items"][0], "count": 1}))
    assert "the remaining 5 need another yes" in said
    (changed,) = (await chat.values())["offer"]["onward"]
    assert changed["count"] == 5
