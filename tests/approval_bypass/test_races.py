"""Answers at the same moment, from threads, conversations and processes: exactly one is taken."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.tools.coverage.recommendation import PlanItem
from finetune_coverage.tools.errors import InvalidInput
from finetune_coverage.tools.generate_synthetic_data import generate_synthetic_data
from finetune_coverage.tools.generation.approvals.approval import approval_of, approve_plan
from finetune_coverage.tools.generation.approvals.plans import (
    Plan,
    cancel_plan,
    decline_plan,
    get_plan,
    propose_plan,
)
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.store.journal_tables import approvals
from langgraph.types import Command
from sqlalchemy import select

from ..forked import Forked
from .conftest import Chat, Watch

pytestmark = pytest.mark.slow

ITEM = {"topic": "technical_issues", "count": 2, "strategy": "few_shot"}

ANSWER = """
import sys, time
from pathlib import Path
from finetune_coverage import InvalidInput, Store, approve_plan
store = Store.open(sys.argv[1])
print("ready", flush=True)
while not Path(sys.argv[4]).exists():
    time.sleep(0.001)
try:
    approve_plan(store, sys.argv[2], approver=sys.argv[3], channel="host")
    print("taken")
except InvalidInput:
    print("refused")
"""


def propose(services: Services) -> Plan:
    return propose_plan(services.store, "wf-1", [PlanItem.model_validate(ITEM)])


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """What they return, begun at the same moment in a thread each; a refusal is `None`."""
    barrier = threading.Barrier(len(works))

    def run(work: Callable[[], Any]) -> Any:
        barrier.wait()
        try:
            return work()
        except InvalidInput:
            return None

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def test_five_answers_from_threads(services: Services, watch: Watch) -> None:
    for _ in range(5):
        plan = propose(services)

        def answer(plan_id: str = plan.id) -> Any:
            return approve_plan(services.store, plan_id, approver="ada", channel="host")

        taken = [approval for approval in at_once(*[answer] * 5) if approval is not None]
        assert len(taken) == 1
    assert watch.approvals == 5


def test_five_answers_from_processes(services: Services, watch: Watch, tmp_path: Path) -> None:
    plan, go = propose(services), tmp_path / "go"
    programs = [
        Forked.of_text(tmp_path, ANSWER, services.settings.store_url, plan.id, f"person-{number}", str(go))
        for number in range(5)
    ]
    for program in programs:
        assert next(program.lines()) == "ready"
    go.touch()
    said = [program.communicate(timeout=60)[0].split()[-1] for program in programs]
    assert sorted(said) == ["refused"] * 4 + ["taken"]
    assert watch.approvals == 1


@pytest.mark.parametrize("end", [decline_plan, cancel_plan])
def test_a_yes_and_a_no_at_once(services: Services, end: Any) -> None:
    for _ in range(5):
        plan = propose(services)
        yes, _no = at_once(
            lambda plan=plan: approve_plan(services.store, plan.id, approver="ada", channel="host"),
            lambda plan=plan: end(services.store, plan.id),
        )
        status = get_plan(services.store, plan.id).status
        assert (
            (status == "approved") == (yes is not None) == (approval_of(services.store, plan.id) is not None)
        )


async def test_five_answers_in_one_conversation(chat: Chat, services: Services, watch: Watch) -> None:
    await chat.new("do 2 for technical issues with few-shot")
    answers: list[Any] = ["yes", "1", {"type": "approve"}, {"decisions": [{"type": "approve"}]}, "yes please"]
    await asyncio.gather(
        *(chat.graph.ainvoke(Command(resume=answer), chat.config, durability="sync") for answer in answers),
        return_exceptions=True,
    )
    assert (watch.approvals, *watch.generated[:2]) == (1, 1, 2)


async def test_a_yes_elsewhere_while_the_plan_is_changed_here(
    chat: Chat, services: Services, watch: Watch
) -> None:
    from finetune_coverage.tools.generation.approvals.plans import pending_plan

    await chat.new("hi")
    old = pending_plan(services.store, "thread-1", "wf-1")
    assert old is not None

    def elsewhere() -> bool:
        try:
            approve_plan(services.store, old.id, approver="ada", channel="cli")
        except InvalidInput:
            return False
        return True

    _, taken = await asyncio.gather(chat.answer("do 900 with few-shot"), asyncio.to_thread(elsewhere))
    with services.store.read() as connection:
        approved = connection.execute(select(approvals.c.plan_id)).scalars().all()
    # Whoever came first: the plan of 900 is approved by neither.
    assert approved == ([old.id] if taken else [])
    assert watch.generated == (0, 0, 0)


async def test_five_callers_with_one_approval(
    services: Services, open_services: Callable[[], Services], watch: Watch
) -> None:
    plan = propose(services)
    approve_plan(services.store, plan.id, approver="ada", channel="host")
    callers = [services, *(open_services() for _ in range(4))]
    answers = await asyncio.gather(
        *(generate_synthetic_data(caller, workflow_id="wf-1", **ITEM) for caller in callers)
    )
    codes = {answer["error"]["code"] for answer in answers if not answer["success"]}
    assert codes <= {"busy", "approval_required"}
    assert watch.generated[:2] == (1, 2)
