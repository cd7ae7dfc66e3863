"""A decision counts for the plan that was on the table when it was sent: the same one again is none to the next."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from finetune_coverage.graph.build import build_graph
from finetune_coverage.tools.generation.approvals.plans import pending_plan
from finetune_coverage.tools.services import Services
from langchain_core.messages import HumanMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command

from ..mock_openai.server import Fault
from .conftest import Chat, Endpoint, Watch
from .test_states import CONFIG, Parent

pytestmark = pytest.mark.slow

APPROVE = {"decisions": [{"type": "approve"}]}
SENT = "__request_start_time_ms__"
ASKED_BACK = "You gave that same answer to something before"


def now() -> int:
    return int(time.time() * 1000)


@pytest.fixture
async def second(chat: Chat, watch: Watch) -> Chat:
    """A conversation in which one bare "approve" was carried out, and another plan waits."""
    await chat.new("do 2 for technical issues with few-shot")
    await chat.answer(APPROVE)
    assert (watch.approvals, watch.records) == (1, 2)
    await chat.answer("do 3 for technical issues with few-shot")
    return chat


@pytest.mark.parametrize(
    "again", [APPROVE, {"type": "approve"}, [{"type": "accept"}], {"decisions": [{"type": "accept"}]}]
)
async def test_the_same_approval_again(second: Chat, watch: Watch, again: Any) -> None:
    for _ in range(3):
        said = await second.answer(again)
        assert ASKED_BACK in said and "The plan still stands: 3 for" in said
        assert (watch.approvals, watch.records) == (1, 2)
    # It is not lost: named, it counts.
    asked = await second.asked()
    assert asked is not None
    await second.answer({**APPROVE, "plan_id": asked["plan_id"]})
    assert (watch.approvals, watch.records) == (2, 5)


async def test_sent_twice_with_nothing_in_between(chat: Chat, watch: Watch, services: Services) -> None:
    await chat.new("do 2 for technical issues with few-shot")
    for _ in range(2):
        await chat.graph.ainvoke(Command(resume=APPROVE), chat.config, durability="sync")
    assert (watch.approvals, watch.records) == (1, 2)
    assert pending_plan(services.store, "thread-1", "wf-1") is not None, "the plan made after it still waits"


@pytest.mark.parametrize("how", ["typed", "by the interrupt's id", "edited"])
async def test_what_names_its_question_counts_at_once(second: Chat, watch: Watch, how: str) -> None:
    (waiting,) = (await second.state()).interrupts
    edit = {"name": "generate_synthetic_data", "args": {"count": "3"}}
    answer: dict[str, Any] = {
        "typed": "yes",
        "by the interrupt's id": {waiting.id: APPROVE},
        "edited": {"decisions": [{"type": "edit", "edited_action": edit}]},
    }
    await second.answer(answer[how])
    assert (watch.approvals, watch.records) == (2, 5)


async def test_the_same_edit_again(chat: Chat, watch: Watch) -> None:
    edit = {"name": "generate_synthetic_data", "args": {"count": "2"}}
    edited = {"decisions": [{"type": "edit", "edited_action": edit}]}
    await chat.new("hi")
    await chat.answer(edited)
    await chat.answer("do 3 for technical issues with few-shot")
    assert ASKED_BACK in await chat.answer(edited)
    assert (watch.approvals, watch.records) == (1, 2)


@pytest.mark.parametrize("question", ["proceed_to_grader", "undo_round"])
async def test_it_is_none_to_another_question_either(chat: Chat, watch: Watch, question: str) -> None:
    await chat.new("do 16 for technical issues with few-shot")
    await chat.answer(APPROVE)
    if question == "undo_round":
        await chat.answer("undo the last round")
    asked = await chat.asked()
    assert asked is not None and asked["action_requests"][0]["name"] == question
    assert ASKED_BACK in await chat.answer(APPROVE)
    assert (watch.records, (await chat.values())["next_step"]) == (16, None)
    (waiting,) = (await chat.state()).interrupts
    await chat.answer({waiting.id: APPROVE})
    assert await chat.asked() is None or question == "undo_round"


async def test_an_approval_of_the_plan_does_not_resume_it(
    chat: Chat, watch: Watch, services: Services, endpoint: Endpoint
) -> None:
    await chat.new("do 2 for technical issues with few-shot")
    asked = await chat.asked()
    assert asked is not None
    named = {**APPROVE, "plan_id": asked["plan_id"]}
    writes, endpoint.server.reply = endpoint.server.reply, lambda body: Fault(401, message="wrong key")
    await chat.answer(named)
    waiting = await chat.asked()
    assert waiting is not None and waiting["action_requests"][0]["name"] == "resume_generation"
    endpoint.server.reply = writes
    calls = endpoint.generations
    assert "answer to another plan" in await chat.answer(named)
    assert (watch.records, endpoint.generations) == (0, calls)


async def test_on_a_server_a_person_clicks_once_more(second: Chat, watch: Watch) -> None:
    second.config["configurable"][SENT] = now()
    said = await second.answer(APPROVE)
    assert ASKED_BACK in said and "give it once more" in said
    # What was sent before that was said is still the old click.
    assert ASKED_BACK in await second.answer(APPROVE)
    second.config["configurable"][SENT] = now() + 1
    await second.answer(APPROVE)
    assert (watch.approvals, watch.records) == (2, 5)


async def test_a_plan_is_still_approved_by_the_first_click_of_its_conversation(
    start: Callable[..., Chat], watch: Watch
) -> None:
    for number in (1, 2):
        chat = start(f"thread-{number}")
        await chat.new("do 2 for technical issues with few-shot")
        await chat.answer(APPROVE)
    assert (watch.approvals, watch.records) == (2, 4)


@pytest.fixture
def parent(services: Services) -> Any:
    graph = StateGraph(Parent)
    graph.add_node("coverage", build_graph(services))
    graph.add_edge(START, "coverage")
    graph.add_edge("coverage", END)
    return graph.compile(checkpointer=InMemorySaver())


async def test_in_a_subgraph_also_after_new_input(parent: Any, watch: Watch) -> None:
    """A new message starts the subgraph with an empty state: what was decided is known from the store."""
    first = [HumanMessage("do 2 for technical issues with few-shot")]
    await parent.ainvoke({"messages": first, "workflow_id": "wf-1"}, CONFIG)
    await parent.ainvoke(Command(resume=APPROVE), CONFIG)
    assert (watch.approvals, watch.records) == (1, 2)
    await parent.ainvoke(Command(resume=APPROVE), CONFIG)
    assert (watch.approvals, watch.records) == (1, 2)
    more = [*first, HumanMessage("do 3 for technical issues with few-shot")]
    await parent.ainvoke({"messages": more, "workflow_id": "wf-1"}, CONFIG)
    state = await parent.ainvoke(Command(resume=APPROVE), CONFIG)
    assert (watch.approvals, watch.records) == (1, 2)
    (waiting,) = state["__interrupt__"]
    await parent.ainvoke(Command(resume={waiting.id: APPROVE}), CONFIG)
    assert (watch.approvals, watch.records) == (2, 5)


@pytest.mark.parametrize("answer", ["yes", APPROVE], ids=["typed", "decided"])
async def test_around_a_subgraph_an_answer_is_not_handed_on_to_the_next_question(
    parent: Any, watch: Watch, answer: Any
) -> None:
    """LangGraph gives what a parent was resumed with to each later question of that step, when it is called again."""
    first = {"messages": [HumanMessage("do 2 for technical issues with few-shot")], "workflow_id": "wf-1"}
    await parent.ainvoke(first, CONFIG)
    await parent.ainvoke(Command(resume=answer), CONFIG)
    assert (watch.approvals, watch.records) == (1, 2)
    (waiting,) = (await parent.aget_state(CONFIG)).interrupts
    await parent.ainvoke(Command(resume={waiting.id: "do 3 for technical issues with few-shot"}), CONFIG)
    for _ in range(3):
        state = await parent.ainvoke(None, CONFIG)
        assert state["__interrupt__"][0].value["action_requests"][0]["args"]["count"] == 3
        assert (watch.approvals, watch.records) == (1, 2)
    await parent.ainvoke(Command(resume="1"), CONFIG)
    assert (watch.approvals, watch.records) == (2, 5)
