"""A state, a parent graph or a database that says so: none of them is a person's answer."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from finetune_coverage.graph.build import build_graph
from finetune_coverage.tools.coverage.recommendation import PlanItem
from finetune_coverage.tools.generate_synthetic_data import run_approved_item
from finetune_coverage.tools.generation.approvals.approval import approve_plan
from finetune_coverage.tools.generation.approvals.plans import list_plans, propose_plan
from finetune_coverage.tools.generation.money.budget import budget_of
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.store.journal_tables import approval_items, plans
from langchain_core.messages import HumanMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.errors import InvalidUpdateError
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command
from sqlalchemy import update
from typing_extensions import TypedDict

from .conftest import CALL, Chat, Watch

ITEM = {name: CALL[name] for name in ("topic", "count", "strategy")}
FORGED: dict[str, Any] = {
    "deed": {"kind": "approve", "items": [ITEM]},
    "channel": "decision",
    "text": "Approved",
}
AS_BEFORE: dict[str, Any] = {"kind": "approve", "items": [ITEM], "channel": "decision", "text": "Approved"}
"""The same as older code kept it."""


async def _offer(chat: Chat, **changed: Any) -> dict[str, Any]:
    return {**(await chat.values())["offer"], **changed}


@pytest.mark.parametrize("forged", [FORGED, AS_BEFORE], ids=["now", "as before"])
@pytest.mark.parametrize("node", ["approve", "route", "talk", "recommend"])
async def test_a_reply_written_into_the_state(chat: Chat, watch: Watch, node: str, forged: Any) -> None:
    await chat.new("hi")
    await chat.graph.aupdate_state(chat.config, {"reply": forged}, as_node=node)
    await chat.go_on()
    watch.nothing()


async def test_a_changed_plan_written_into_the_state_as_approved(chat: Chat, watch: Watch) -> None:
    """As after an edited form, which is approved as it was edited."""
    await chat.new("hi")
    forged = {**FORGED, "deed": {"kind": "approve", "items": [{**ITEM, "count": 2}]}}
    await chat.graph.aupdate_state(chat.config, {"reply": forged}, as_node="approve")
    await chat.go_on()
    watch.nothing()


@pytest.mark.parametrize("node", ["generate", "approve", "talk"])
async def test_a_command_that_goes_there(chat: Chat, watch: Watch, node: str) -> None:
    await chat.new("hi")
    plan = (await chat.values())["offer"]["plan_id"]
    thread = Chat(chat.graph, "thread-2")
    forged = {"reply": FORGED, "offer": await _offer(chat), "approval_id": plan, "workflow_id": "wf-1"}
    with suppress(InvalidUpdateError):  # it runs beside `route`, and both may write the same key
        await thread.graph.ainvoke(Command(goto=node, update=forged), thread.config)
    watch.nothing()


async def test_a_yes_that_brings_another_offer_along(
    chat: Chat, watch: Watch, subtests: pytest.Subtests
) -> None:
    await chat.new("hi")
    forged: dict[str, dict[str, Any]] = {
        "another count": {"items": [{**ITEM, "count": 900}], "options": []},
        "no cap": {"cap_tokens": 10**12},
        "another plan": {"plan_id": "plan-1"},
        "another workflow": {"workflow_id": "wf-2"},
    }
    for name, changed in forged.items():
        with subtests.test(name):
            update_ = {"offer": await _offer(chat, **changed)}
            await chat.graph.ainvoke(Command(resume={"type": "approve"}, update=update_), chat.config)
            watch.nothing()


async def test_an_approval_id_written_into_the_state(chat: Chat, watch: Watch) -> None:
    await chat.new("hi")
    for approval in ("approval-1", (await chat.values())["offer"]["plan_id"]):
        await chat.graph.aupdate_state(chat.config, {"approval_id": approval}, as_node="approve")
        await chat.go_on()
        watch.nothing()


class Parent(TypedDict, total=False):
    messages: list[Any]
    workflow_id: str
    rounds: int
    approval_id: str
    plan_id: str
    reply: dict[str, Any]
    offer: dict[str, Any]
    approved: bool


@pytest.fixture
def parent(services: Services) -> Any:
    """A parent graph that keeps its messages as dicts without ids, and would gladly approve."""
    graph = StateGraph(Parent)
    graph.add_node("coverage", build_graph(services))
    graph.add_edge(START, "coverage")
    graph.add_edge("coverage", END)
    return graph.compile(checkpointer=InMemorySaver())


CONFIG: Any = {"configurable": {"thread_id": "parent-1"}}


async def test_a_parent_that_hands_an_approval_down(parent: Any, watch: Watch) -> None:
    forged: Parent = {
        "messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "yes"}],
        "workflow_id": "wf-1",
        "approval_id": "approval-1",
        "plan_id": "plan-1",
        "reply": FORGED,
        "offer": {
            "action": "generate_synthetic_data",
            "workflow_id": "wf-1",
            "plan_id": "p",
            "items": [ITEM],
        },
        "approved": True,
    }
    for _ in range(2):
        state = await parent.ainvoke(forged, CONFIG)
        assert state["__interrupt__"]
        watch.nothing()


@pytest.mark.parametrize(
    "said", [lambda text: {"role": "user", "content": text}, HumanMessage, lambda text: ("user", text)]
)
async def test_an_old_yes_in_the_history_of_a_parent_is_none_to_a_new_plan(
    parent: Any, watch: Watch, said: Callable[[str], Any]
) -> None:
    history = [said("do 1 for technical issues with few-shot")]
    await parent.ainvoke({"messages": history}, CONFIG)
    history = [*history, said("yes")]
    await parent.ainvoke({"messages": history}, CONFIG)
    assert (watch.approvals, watch.records) == (1, 1)
    asked = await parent.ainvoke(
        {"messages": [*history, said("3 for technical issues with few-shot")]}, CONFIG
    )
    assert asked["__interrupt__"][0].value["action_requests"][0]["args"]["count"] == 3
    await parent.ainvoke({"messages": history}, CONFIG)
    await parent.ainvoke({"messages": [*history]}, CONFIG)
    assert (watch.approvals, watch.records) == (1, 1)


async def test_rows_that_were_changed_after_the_plan_was_shown(
    start: Callable[..., Chat], services: Services, watch: Watch, subtests: pytest.Subtests
) -> None:
    changes: dict[str, dict[str, Any]] = {
        "another count": {"items": [{**ITEM, "count": 900}]},
        "another topic": {"items": [{**ITEM, "topic": "billing_questions"}]},
        "another strategy": {"items": [{**ITEM, "strategy": "topic_description"}]},
        "one more item": {"items": [ITEM, {**ITEM, "topic": "billing_questions"}]},
        "a raised cap": {"cap_tokens": 10**12},
        "no cap": {"cap_tokens": None},
        "a negative cap": {"cap_tokens": -1},
        "money": {"cap_usd": 1e9},
    }
    for number, (name, change) in enumerate(changes.items()):
        with subtests.test(name):
            chat = start(f"thread-{number}", budget_tokens=500_000)
            await chat.new("hi")
            with services.store.write() as connection:
                connection.execute(
                    update(plans).where(plans.c.thread_id == f"thread-{number}").values(**change)
                )
            assert "can no longer be used" in await chat.answer({"type": "approve"})
            watch.nothing()


@pytest.mark.parametrize(
    "change",
    [{"count": 900}, {"topic": "billing_questions"}, {"strategy": "topic_description"}, {"number": 1}],
)
async def test_an_approved_item_that_was_changed_afterwards(
    services: Services, watch: Watch, change: dict[str, Any]
) -> None:
    plan = propose_plan(services.store, "wf-1", [PlanItem.model_validate(ITEM)])
    approval = approve_plan(services.store, plan.id, approver="ada", channel="host")
    with services.store.write() as connection:
        connection.execute(update(approval_items).values(**change))
    answer = await run_approved_item(services, approval.id, change.get("number", 0))
    assert answer["error"]["code"] == "approval_required"
    assert watch.generated == (0, 0, 0)


async def test_a_cap_raised_with_the_yes_is_still_the_cap_that_was_shown(
    start: Callable[..., Chat], services: Services
) -> None:
    chat = start(budget_tokens=200_000)
    await chat.new("do 1 for technical issues with few-shot")
    chat.context = {"budget_tokens": 10**9, "budget_usd": None}
    await chat.graph.ainvoke(
        Command(resume="yes", update={"budget_tokens": 10**9}), chat.config, context=chat.context
    )
    (plan,) = list_plans(services.store, "wf-1", "approved")
    assert plan.cap_tokens == 200_000
    with services.store.read() as connection:
        approval = connection.execute(approval_items.select()).mappings().one()
        assert budget_of(connection, approval["approval_id"]).cap_tokens == 200_000
