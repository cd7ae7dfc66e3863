"""A pilot within a plan: one yes to the whole, and another only where its first records fall short."""

from __future__ import annotations

from typing import Any

import pytest
from finetune_coverage.graph.build import build_graph
from finetune_coverage.tools.generate_synthetic_data import generate_synthetic_data, run_approved_item
from finetune_coverage.tools.generation import expected_worth
from finetune_coverage.tools.generation.approvals.approval import approval_of, approve_plan
from finetune_coverage.tools.generation.approvals.plans import list_plans
from finetune_coverage.tools.generation.approvals.proposal import propose
from finetune_coverage.tools.generation.expected_worth import Measured
from finetune_coverage.tools.generation.jobs import job
from finetune_coverage.tools.generation.jobs.ledger import list_jobs
from finetune_coverage.tools.generation.jobs.measured import Measured as JobMeasured
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.store.records import load_records
from langgraph.checkpoint.memory import InMemorySaver

from .test_pilot import PlanItem, items, synthetic

pytestmark = pytest.mark.slow


@pytest.fixture
def expect(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Says what records of few-shot are worth, as if it had been measured once."""

    def said(of_ten: float) -> None:
        monkeypatch.setitem(expected_worth.ONCE["full"], "few_shot", Measured(10, of_ten))

    return said


async def planned(chat: Any, pilot: int = 3) -> str:
    await chat.new("do 8 for technical issues with few-shot")
    said: str = await chat.answer(f"first {pilot}, then the rest if they are good")
    return said


async def test_where_it_holds_one_yes_is_enough(chat: Any, services: Services, expect: Any) -> None:
    expect(1.0)
    said = await planned(chat)
    assert '8 for "Technical Issues" (few-shot, 3 of them first)' in said
    assert "About 1 of 8 new (measured on other data)." in said
    assert (
        "First come 3: if they are worth 0.2 real ones or more, the rest follows without asking; if less"
        in said
    )
    assert said.count("\n") < 22, "it fits on a screen"
    asked = await chat.asked()
    assert asked["action_requests"][0]["args"]["pilot"] == 3

    said = await chat.answer("yes")
    assert "**Generation Complete**" in said and "8 new synthetic records" in said
    assert 'The rest of "Technical Issues" followed: the first 3 are worth' in said
    assert [one.count for one in list_jobs(services.store, "wf-1")][::-1] == [3, 5]
    assert items(services, "approved") == [("technical_issues", 8)] and synthetic(services) == 8
    assert (await chat.values())["rounds"] == 1


async def test_where_it_falls_short_the_rest_needs_its_own_yes(
    chat: Any, services: Services, expect: Any
) -> None:
    expect(10.0)
    services.settings.budget_tokens = 400_000
    await planned(chat)
    services.settings.budget_tokens = None
    with pytest.MonkeyPatch.context() as patch:
        _worth(patch, 0.5)
        said = await chat.answer("yes")
    assert "**The Pilot Fell Short**" in said and synthetic(services) == 3
    assert "are worth 0.5, the plan said about 3, and that the rest would wait below 2" in said
    assert "1. Go on with the remaining 5" in said and "**Record 1**" in said
    (approved,) = list_plans(services.store, "wf-1", "approved")
    (rest,) = list_plans(services.store, "wf-1", "pending")
    assert [(item.count, item.pilot) for item in rest.items] == [(5, None)]
    assert rest.cap_tokens and approved.cap_tokens and rest.cap_tokens < approved.cap_tokens

    # Nobody comes to the rest by the first yes: not the tool, not a program, not a resumption.
    answer = await generate_synthetic_data(services, "wf-1", "technical_issues", 5, "few_shot")
    assert answer["error"]["code"] == "approval_required"
    first_yes = approval_of(services.store, approved.id)
    assert first_yes is not None
    assert (await run_approved_item(services, first_yes.id, 1))["error"]["code"] == "approval_required"
    assert synthetic(services) == 3

    assert "**Generation Complete**" in await chat.answer("1")
    assert synthetic(services) == 8
    assert items(services, "approved") == [("technical_issues", 5), ("technical_issues", 8)]


async def test_a_message_to_an_empty_state_finds_the_rest_waiting(
    chat: Any, services: Services, expect: Any, make_chat: Any
) -> None:
    expect(10.0)
    await planned(chat)
    with pytest.MonkeyPatch.context() as patch:
        _worth(patch, 0.0)
        await chat.answer("yes")
    later = make_chat(build_graph(services, checkpointer=InMemorySaver()))
    await later.new("hello")
    assert "5 for" in str(await later.asked()) and synthetic(services) == 3


async def test_killed_in_the_middle_it_goes_on_where_it_was(services: Services, expect: Any) -> None:
    """Each step has a job of its own: what is finished gives its result again, and the rest waits for the first."""
    expect(1.0)
    item = PlanItem(topic="technical_issues", count=8, strategy="few_shot", pilot=3)
    plan = propose(services, "wf-1", [item], "")
    approval = approve_plan(services.store, plan.id, approver="tester", channel="test").id
    early = await run_approved_item(services, approval, 1)
    assert early["error"]["code"] == "approval_required" and synthetic(services) == 0
    first = await run_approved_item(services, approval, 0)
    again = await run_approved_item(services, approval, 0)
    assert first["generation"]["record_ids"] == again["generation"]["record_ids"]
    rest = await run_approved_item(services, approval, 1)
    assert rest["generation"]["accepted"] == 5 and synthetic(services) == 8
    assert (await run_approved_item(services, approval, 2))["error"]["code"] == "approval_required"


async def test_the_form_can_change_and_take_away_a_pilot(chat: Any, services: Services, expect: Any) -> None:
    expect(1.0)
    await planned(chat)
    form = (await chat.asked())["action_requests"][0]

    def edited(pilot: Any) -> dict[str, Any]:
        action = {"name": form["name"], "args": {**form["args"], "pilot": pilot}}
        return {"decisions": [{"type": "edit", "edited_action": action}]}

    assert "The pilot 'some' cannot be used" in await chat.answer(edited("some"))
    assert synthetic(services) == 0
    await chat.answer(edited(""))
    assert items(services, "approved") == [("technical_issues", 8)] and synthetic(services) == 8
    assert [one.count for one in list_jobs(services.store, "wf-1")] == [8]


async def test_without_vectors_the_rest_always_waits(chat: Any, services: Services, expect: Any) -> None:
    expect(1.0)
    services.settings.checks = services.settings.checks.model_copy(update={"semantic": False})
    assert "What they will be worth is not known, so the rest waits for another yes" in await planned(chat)
    assert "**The Pilot Fell Short**" in await chat.answer("yes")
    assert sum(1 for _ in load_records(services.store, "wf-1", origin="synthetic")) == 3


def _worth(patch: pytest.MonkeyPatch, worth: float) -> None:
    """Measures this, whatever was written."""
    patch.setattr(job, "measure_job", lambda *_: JobMeasured(worth=worth))
