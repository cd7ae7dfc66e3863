"""Embedded in a fine-tune graph: topics → coverage and generation → grader."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import pytest
from finetune_coverage.graph.build import build_graph
from finetune_coverage.tools.dataset.importer import import_files
from finetune_coverage.tools.models.scripted import ScriptedChatModel
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.store.records import load_records
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.types import Command
from typing_extensions import TypedDict

pytestmark = pytest.mark.slow


class Parent(TypedDict, total=False):
    messages: Annotated[list[AnyMessage], add_messages]
    workflow_id: str
    coverage_before: dict[str, Any]
    coverage_after: dict[str, Any]
    rounds: int
    next_step: str
    record_ids: list[str]
    rejected: dict[str, int]
    cost: dict[str, Any]
    graded: bool


def topics(state: Parent) -> Parent:
    return {"messages": [AIMessage("Step 2: topics are assigned.")], "workflow_id": "wf-1"}


def grader(state: Parent) -> Parent:
    return {"graded": True, "messages": [AIMessage("Step 4: the grader.")]}


def route_after_coverage(state: Parent) -> str:
    return "grader" if state["next_step"] == "grader" else END


@pytest.fixture
def parent(services: Services, dataset: Callable[..., Any]) -> Any:
    # A second workflow: the parent has to say which one it means.
    import_files(services.store, "wf-2", [dataset({"billing_questions": 3}, "other.jsonl")])
    graph = StateGraph(Parent)
    graph.add_node("topics", topics)
    graph.add_node("coverage", build_graph(services))
    graph.add_node("grader", grader)
    graph.add_edge(START, "topics")
    graph.add_edge("topics", "coverage")
    graph.add_conditional_edges("coverage", route_after_coverage, ["grader", END])
    graph.add_edge("grader", END)
    return graph.compile(checkpointer=InMemorySaver())


CONFIG: Any = {"configurable": {"thread_id": "parent-1"}}


async def test_the_interrupt_surfaces_and_the_results_come_out(parent: Any, services: Services) -> None:
    state = await parent.ainvoke({"messages": [HumanMessage("go")]}, CONFIG)
    description = state["__interrupt__"][0].value["action_requests"][0]["description"]
    assert "**Coverage Analysis**" in description
    state = await parent.ainvoke(Command(resume="do 4 with few-shot"), CONFIG)
    assert "**Plan**: 4 for" in state["__interrupt__"][0].value["action_requests"][0]["description"]
    state = await parent.ainvoke(Command(resume={"type": "approve"}), CONFIG)
    assert state["__interrupt__"][0].value["action_requests"][0]["name"] == "proceed_to_grader"
    # A second "approve" has to say what it is to: here by the id of its interrupt.
    asked = state["__interrupt__"][0].id
    state = await parent.ainvoke(Command(resume={asked: {"decisions": [{"type": "approve"}]}}), CONFIG)
    assert state["graded"] and state["next_step"] == "grader" and state["rounds"] == 1
    assert len(state["record_ids"]) == 4 and state["cost"]["tokens"] > 0 and state["rejected"] == {}
    assert state["coverage_before"]["total_records"] == 80
    assert state["coverage_after"]["total_records"] == 84


async def test_what_is_typed_as_new_input_reaches_the_pending_plan(parent: Any, services: Services) -> None:
    """The subgraph starts with an empty state then; only the store knows what is pending."""

    def told(state: Any) -> str:
        return str(state["__interrupt__"][0].value["action_requests"][0]["description"])

    await parent.ainvoke({"messages": [HumanMessage("go")]}, CONFIG)
    state = await parent.ainvoke({"messages": [HumanMessage("how many technical issues are there?")]}, CONFIG)
    assert "has 8 records" in told(state) and "Still on the table" in told(state)
    state = await parent.ainvoke({"messages": [HumanMessage("do 4 with few-shot")]}, CONFIG)
    assert "**Plan**: 4 for" in told(state)
    state = await parent.ainvoke({"messages": [HumanMessage("yes")]}, CONFIG)
    assert "Technical Issues: 8 → 12 records" in told(state)
    synthetic = [record.id for record in load_records(services.store, "wf-1", origin="synthetic")]
    assert len(synthetic) == 4
    # Invoked again without a new message: the old yes is no yes to anything.
    state = await parent.ainvoke({"messages": []}, CONFIG)
    assert len(list(load_records(services.store, "wf-1", origin="synthetic"))) == 4
    state = await parent.ainvoke({"messages": [HumanMessage("1")]}, CONFIG)
    assert state["graded"] and state["next_step"] == "grader" and state["rounds"] == 1
    assert sorted(state["record_ids"]) == sorted(synthetic)
    assert state["coverage_before"]["total_records"] == 80


async def test_a_yes_to_a_question_beside_the_plan_is_none_to_it(
    parent: Any, services: Services, model: ScriptedChatModel
) -> None:
    await parent.ainvoke({"messages": [HumanMessage("go")]}, CONFIG)
    model.queue.append(AIMessage("There are none yet. Shall I show the real ones?"))
    await parent.ainvoke({"messages": [HumanMessage("let me read the new ones")]}, CONFIG)
    model.queue.append(AIMessage("Say “show the real ones” for that."))
    await parent.ainvoke({"messages": [HumanMessage("yes")]}, CONFIG)
    assert list(load_records(services.store, "wf-1", origin="synthetic")) == []
    await parent.ainvoke({"messages": [HumanMessage("yes")]}, CONFIG)
    assert list(load_records(services.store, "wf-1", origin="synthetic")), (
        "nothing is asked beside it any more"
    )


async def test_a_review_survives_an_empty_state(parent: Any, services: Services) -> None:
    await parent.ainvoke({"messages": [HumanMessage("go")]}, CONFIG)
    await parent.ainvoke({"messages": [HumanMessage("4")]}, CONFIG)
    await parent.ainvoke({"messages": [HumanMessage("drop 2")]}, CONFIG)
    state = await parent.ainvoke({"messages": [HumanMessage("yes")]}, CONFIG)
    assert "I dropped record 2" in state["__interrupt__"][0].value["action_requests"][0]["description"]
    assert sum(1 for _ in load_records(services.store, "wf-1", topic="technical_issues")) == 7


async def test_leaving_without_the_grader(parent: Any) -> None:
    await parent.ainvoke({"messages": [HumanMessage("go")]}, CONFIG)
    state = await parent.ainvoke(Command(resume="later"), CONFIG)
    assert state["next_step"] == "stopped" and "graded" not in state


def test_a_host_may_call_it_synchronously(parent: Any, services: Services) -> None:
    parent.invoke({"messages": [HumanMessage("do 2 for technical issues with few-shot")]}, CONFIG)
    parent.invoke(Command(resume="yes"), CONFIG)
    assert len(list(load_records(services.store, "wf-1", origin="synthetic"))) == 2
    assert parent.invoke(Command(resume="proceed"), CONFIG)["graded"]
