"""Which dataset a conversation is about."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.graph.build import build_graph
from finetune_coverage.tools.dataset.importer import import_files
from finetune_coverage.tools.generation.approvals.plans import list_plans
from finetune_coverage.tools.generation.jobs.ledger import list_jobs
from finetune_coverage.tools.models.scripted import ScriptedChatModel
from finetune_coverage.tools.services import Services
from langchain_core.messages import AIMessage
from langgraph.checkpoint.memory import InMemorySaver


@pytest.fixture
def two(services: Services, dataset: Callable[..., Path]) -> Services:
    sizes = {"billing_questions": 10, "technical_issues": 10}
    import_files(services.store, "wf-2", [dataset(sizes, "second.jsonl")])
    return services


@pytest.fixture
def chat_two(two: Services, make_chat: Callable[..., Any]) -> Any:
    return make_chat(build_graph(two, checkpointer=InMemorySaver()))


async def test_without_any_dataset_the_sample_is_offered(
    empty_services: Services, make_chat: Callable[..., Any]
) -> None:
    chat = make_chat(build_graph(empty_services, checkpointer=InMemorySaver()))
    said = await chat.new("hello")
    assert "finetune-coverage import" in said and "sample" in said
    assert "I do not know that dataset" in await chat.answer("hmm")
    said = await chat.answer("yes, the sample")
    assert "I imported the bundled sample as `sample` (150 records)." in said
    assert "**Balance Score:** 0.45 (Poor)" in said
    assert (await chat.values())["workflow_id"] == "sample"


async def test_several_are_listed(chat_two: Any) -> None:
    said = await chat_two.new("hello")
    assert "1. `wf-1`: 80 records, 3 topics\n2. `wf-2`: 20 records, 2 topics" in said
    assert "I do not know that dataset" in await chat_two.answer("wf-3")
    assert "| Billing Questions | 10 | 50% |" in await chat_two.answer("2")


@pytest.mark.parametrize("text", ["wf-2", "use wf-2 please"])
async def test_the_question_is_answered_by_new_input_too(chat_two: Any, text: str) -> None:
    await chat_two.new("hello")
    assert "| Billing Questions | 10 | 50% |" in await chat_two.new(text)


async def test_an_id_in_the_message_the_input_or_the_context(
    two: Services, make_chat: Callable[..., Any]
) -> None:
    graph = build_graph(two, checkpointer=InMemorySaver())
    assert "| 10 | 50% |" in await make_chat(graph, "a").new("analyze wf-2")
    assert "| 10 | 50% |" in await make_chat(graph, "b").new("hi", workflow_id="wf-2")
    assert "| 10 | 50% |" in await make_chat(graph, "c", workflow_id="wf-2").new("hi")
    assert "| 24 | 30% |" in await make_chat(graph, "d", workflow_id="wf-2").new("hi", workflow_id="wf-1")


async def test_another_dataset_takes_the_plan_back(chat_two: Any, two: Services) -> None:
    await chat_two.new("analyze wf-1")
    assert len(list_plans(two.store, "wf-1", "pending")) == 1
    assert "nothing to compare with" in await chat_two.answer("compare")
    assert len(list_plans(two.store, "wf-1", "pending")) == 1
    assert "| Billing Questions | 10 | 50% |" in await chat_two.answer("wf-2 열어 줘")
    assert list_plans(two.store, "wf-1", "pending") == []
    assert (await chat_two.values())["workflow_id"] == "wf-2"


async def test_what_is_asked_with_the_name_of_another_dataset_is_read_there(
    chat_two: Any, two: Services, model: ScriptedChatModel
) -> None:
    def switch(to: str, then: str) -> AIMessage:
        return AIMessage(
            "",
            tool_calls=[{"name": "SwitchDataset", "args": {"workflow_id": to, "then": then}, "id": "call-1"}],
        )

    await chat_two.new("analyze wf-1")
    model.queue.append(switch("wf-2", "show me the worst three"))
    assert "The lowest first" in await chat_two.answer("the smaller one please, show me the worst three")
    told = [message.text for message in (await chat_two.values())["messages"]]
    assert any("`wf-1` stays as it is, and the plan that lay there is put away" in one for one in told)
    assert '"wf-1": {"records": 80, "number_of_topics": 3' in model.history[-1][1].text
    assert (await chat_two.tool_calls())[-1] == "inspect_topics"
    for then in (
        "yes",
        "go on with wf-1 then",
    ):  # neither a yes to what is not seen, nor from one to the next for ever
        model.queue += [switch("wf-1", then), switch("wf-2", then)]
        await chat_two.answer("go on with wf-1 then")
        model.queue.clear()
        assert list_jobs(two.store, "wf-1") == list_jobs(two.store, "wf-2") == []
        await chat_two.answer("wf-2 열어 줘")


async def test_an_unknown_id_is_said_and_asked(chat: Any) -> None:
    said = await chat.new("hi", workflow_id="nope")
    assert "nope" in said and "1. `wf-1`" in said
    assert "0.45 (Poor)" in await chat.answer("wf-1")
