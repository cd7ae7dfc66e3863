"""How long a yes holds: it is used once, it can be taken back, and it does not hold for ever."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from finetune_coverage.tools.errors import InvalidInput
from finetune_coverage.tools.generate_synthetic_data import generate_synthetic_data, run_approved_item
from finetune_coverage.tools.generation.approvals.approval import approval_of, revoke_plan
from finetune_coverage.tools.generation.approvals.approved_items import open_items
from finetune_coverage.tools.generation.approvals.plans import list_plans
from finetune_coverage.tools.generation.jobs.ledger import list_jobs
from finetune_coverage.tools.models.scripted import ScriptedChatModel
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.store.journal_tables import approvals
from sqlalchemy import update

from .test_engine import TOPIC, WORKFLOW, good_answers

pytestmark = pytest.mark.slow

Approve = Callable[..., tuple[str, int]]


def age(services: Services, days: float) -> None:
    """The approval was given so many days ago."""
    then = (datetime.now(UTC) - timedelta(days=days)).isoformat()
    with services.store.write() as connection:
        connection.execute(update(approvals).values(created_at=then))


async def both_ways(services: Services, item: tuple[str, int]) -> list[dict[str, Any]]:
    """The item carried out by its number, and looked for by its shape."""
    return [
        await run_approved_item(services, *item),
        await generate_synthetic_data(services, WORKFLOW, TOPIC, 2, "topic_description"),
    ]


@pytest.mark.parametrize(("days", "set_to"), [(7.1, 7), (1.1, 1)])
async def test_a_yes_that_nobody_used_expires(
    services: Services, approved: Approve, model: ScriptedChatModel, days: float, set_to: float
) -> None:
    services.settings.approval_days = set_to
    item = approved(TOPIC, 2, "topic_description")
    assert open_items(services.store, item[0], days=set_to) == [0]
    age(services, days)
    for answer in await both_ways(services, item):
        assert answer["error"]["code"] == "approval_required"
    assert "has expired" in (await run_approved_item(services, *item))["error"]["message"]
    assert open_items(services.store, item[0], days=set_to) == []
    assert model.history == []


async def test_a_job_that_has_begun_goes_on_however_old_its_yes_is(
    services: Services, approved: Approve, model: ScriptedChatModel
) -> None:
    item, supply = approved(TOPIC, 2, "topic_description"), good_answers()

    def die(_: Any) -> str:
        raise RuntimeError("the machine dies here")

    model.default = die
    assert not (await run_approved_item(services, *item))["success"]
    age(services, 30)
    model.default = lambda _: next(supply)
    assert (await run_approved_item(services, *item))["generation"]["accepted"] == 2


async def test_a_yes_can_be_taken_back(
    services: Services, approved: Approve, model: ScriptedChatModel
) -> None:
    item = approved(TOPIC, 2, "topic_description")
    (plan,) = list_plans(services.store)
    assert revoke_plan(services.store, plan.id, by="ada") == []
    answers = await both_ways(services, item)
    assert [answer["error"]["code"] for answer in answers] == ["approval_required"] * 2
    assert "was revoked on" in answers[0]["error"]["message"] and "by ada" in answers[0]["error"]["message"]
    assert model.history == [] and list_jobs(services.store) == []
    assert list_plans(services.store)[0].status == "revoked"
    given = approval_of(services.store, plan.id)
    assert given is not None and given.revoked_by == "ada"
    with pytest.raises(InvalidInput, match="was revoked on"):
        revoke_plan(services.store, plan.id, by="ada")


async def test_a_job_that_has_begun_is_named_and_goes_on(
    services: Services, approved: Approve, model: ScriptedChatModel
) -> None:
    item, supply = approved(TOPIC, 2, "topic_description"), good_answers()
    model.queue.append("no json")
    model.default = lambda _: next(supply)
    (plan,) = list_plans(services.store)
    # Begun and cut off before its first call.
    from finetune_coverage.tools.generation.approvals.approved_items import take_item

    job = take_item(services.store, *item, days=7, model="m", coverage_before={})
    assert revoke_plan(services.store, plan.id, by="ada") == [job.id]
    assert (await run_approved_item(services, *item))["generation"]["accepted"] == 2


def test_only_a_yes_that_was_given_can_be_taken_back(services: Services) -> None:
    from finetune_coverage.tools.coverage.recommendation import PlanItem
    from finetune_coverage.tools.generation.approvals.plans import propose_plan

    item = PlanItem(topic=TOPIC, count=2, strategy="topic_description")
    plan = propose_plan(services.store, WORKFLOW, [item])
    with pytest.raises(InvalidInput, match="is pending"):
        revoke_plan(services.store, plan.id, by="ada")
    with pytest.raises(InvalidInput, match="no plan"):
        revoke_plan(services.store, "plan-9", by="ada")
