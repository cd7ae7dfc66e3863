"""What a chat page makes of a conversation: it shows every message, streams what grows, and draws a form."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.graph.build import build_graph
from finetune_coverage.graph.wording.generation_message import GENERATING
from finetune_coverage.graph.wording.tool_results import MOST_ENTRIES, brief
from finetune_coverage.tools.dataset.importer import import_files
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.store.records import load_records
from langchain_core.messages import ToolMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

pytestmark = pytest.mark.slow


async def streamed(chat: Any, answer: Any) -> tuple[dict[str, str], list[dict[str, str]]]:
    """What a page puts together of the generation's messages, and what is kept of them after each step."""
    grown: dict[str, str] = {}
    kept: list[dict[str, str]] = []
    stream = chat.graph.astream(
        Command(resume=answer), chat.config, stream_mode=["messages", "values"], durability="sync"
    )
    async for mode, event in stream:
        if mode == "values":
            kept.append({m.id: m.text for m in event["messages"] if str(m.id).startswith(GENERATING)})
        elif str(event[0].id).startswith(GENERATING):
            grown[event[0].id] = grown.get(event[0].id, "") + event[0].text
    return grown, kept


async def test_progress_is_one_message_that_grows(chat: Any) -> None:
    await chat.new("do 6 for technical issues with few-shot")
    grown, kept = await streamed(chat, "yes")
    [(message, text)] = grown.items()
    what = '6 for "Technical Issues" (few-shot)'
    assert text.startswith(f"Generating {what}.") and "write a word here" in text
    assert re.search(r"Accepted so far: \d( · \d)+$", text) and text.endswith(" · 6")
    # What a page that is loaded anew shows meanwhile, and what stays.
    assert f"Generating {what}." in next(step[message] for step in kept if step)
    assert kept[-1] == {message: f"Generated 6 of {what}."}
    messages = (await chat.values())["messages"]
    place = next(place for place, said in enumerate(messages) if said.id == message)
    assert messages[place].tool_calls[0]["id"] == messages[place + 1].tool_call_id


async def test_each_part_of_a_plan_has_its_message(chat: Any) -> None:
    await chat.new("2 technical and 1 billing with few-shot")
    grown, kept = await streamed(chat, "yes")
    assert len(grown) == 2 and list(kept[-1]) == list(grown)
    of_two, of_one = kept[-1].values()
    assert of_two.startswith("Generated 2 of 2 for") and re.match(r"Generated [01] of 1 for", of_one)


async def test_tool_results_are_brief(chat: Any) -> None:
    await chat.new("do 1 for technical issues with few-shot")
    await chat.answer("yes")
    await chat.answer("how many technical issues are there?")
    values = await chat.values()
    results = [message.text for message in values["messages"] if isinstance(message, ToolMessage)]
    assert len(results) >= 4 and not any(re.search(r"\d\.\d{5}", result) for result in results)
    assert all(len(result) < 1000 for result in results)
    # The figures that go on from here are exact.
    assert re.search(r"\d\.\d{10}", str(values["coverage_after"]["balance_score_exact"]))


def test_what_is_long_is_cut_and_says_so() -> None:
    assert brief({"ids": list(range(50)), "is": True, "none": None, "usd": 0.000123456}) == {
        "ids": [*range(MOST_ENTRIES), f"… and {50 - MOST_ENTRIES} more"],
        "is": True,
        "usd": 0.0001235,
    }
    assert brief({str(n): n for n in range(1_500)})["…"] == "and 1,488 more"


async def test_the_plan_after_a_round_is_not_one_click_away(chat: Any, services: Services) -> None:
    def records() -> int:
        return sum(1 for _ in load_records(services.store, "wf-1", origin="synthetic"))

    def edit(**args: Any) -> dict[str, Any]:
        action = {"name": "generate_synthetic_data", "args": args}
        return {"decisions": [{"type": "edit", "edited_action": action}]}

    await chat.new("do 1 for technical issues with few-shot")
    asked = await chat.asked()
    assert asked["review_configs"][0]["allowed_decisions"] == ["approve", "edit", "reject"]
    said = await chat.answer({"decisions": [{"type": "approve"}]})
    asked = await chat.asked()
    [action] = asked["action_requests"]
    assert said == action["description"] and said.startswith("**Generation Complete**")
    assert asked["review_configs"][0]["allowed_decisions"] == ["edit", "respond"]
    assert action["name"] == "generate_synthetic_data" and action["args"]["count"] == ""
    assert "fill in how many" in await chat.answer(edit(**action["args"]))
    # A page that still shows the plan before has such a button.
    assert "fill in how many" in await chat.answer({"decisions": [{"type": "approve"}]})
    assert records() == 1
    await chat.answer(edit(**{**action["args"], "count": "2"}))
    assert records() == 3
    asked = await chat.asked()
    assert (
        asked["action_requests"][0]["name"] == "proceed_to_grader"
        and asked["action_requests"][0]["args"] == {}
    )
    assert asked["review_configs"][0]["allowed_decisions"] == ["approve", "respond"]


@pytest.fixture
def two_datasets(services: Services, dataset: Callable[..., Path], make_chat: Callable[..., Any]) -> Any:
    import_files(
        services.store, "wf-2", [dataset({"billing_questions": 10, "technical_issues": 10}, "b.jsonl")]
    )
    return make_chat(build_graph(services, checkpointer=InMemorySaver()))


async def test_a_dataset_is_chosen_from_a_list(two_datasets: Any) -> None:
    said = await two_datasets.new("hello")
    assert "1. `wf-1`: 80 records, 3 topics\n2. `wf-2`: 20 records, 2 topics\n3. the bundled sample" in said
    [config] = (await two_datasets.asked())["review_configs"]
    assert config["args_schema"]["properties"]["workflow_id"] == {"enum": ["wf-1", "wf-2"]}
    chosen = {"name": "choose_workflow", "args": {"workflow_id": "2"}}
    said = await two_datasets.answer({"decisions": [{"type": "edit", "edited_action": chosen}]})
    assert "| Billing Questions | 10 | 50% |" in said


async def test_a_bare_name_needs_no_reading(two_datasets: Any, model: Any) -> None:
    assert "| Billing Questions | 10 | 50% |" in await two_datasets.new("wf-2")
    assert model.history == []
