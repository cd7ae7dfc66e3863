"""Topics for records that have none, in the conversation: found or given after a yes, and taken back."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from finetune_coverage.graph.actions import topics as action
from finetune_coverage.graph.build import build_graph
from finetune_coverage.tools.dataset.importer import import_files
from finetune_coverage.tools.errors import EndpointError
from finetune_coverage.tools.models.scripted import ScriptedChatModel
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.store.records import topic_counts
from finetune_coverage.tools.store.workflows import list_topics
from langchain_core.messages import AIMessage
from langgraph.checkpoint.memory import InMemorySaver

pytestmark = pytest.mark.slow

SIZES = {"billing_questions": 24, "technical_issues": 8, "account_management": 48}


def asks(name: str, **arguments: Any) -> AIMessage:
    return AIMessage("", tool_calls=[{"name": name, "args": arguments, "id": "call-1"}])


def counts(services: Services) -> dict[str | None, int]:
    return {count.topic: count.records for count in topic_counts(services.store, "wf-1")}


@pytest.fixture
def unlabelled(
    empty_services: Services, writing: ModuleType, tmp_path: Path, make_chat: Callable[..., Any]
) -> Callable[..., Any]:
    """A conversation about 80 records, of which every so many keep their topic."""

    def begin(keep_every: int | None = None) -> Any:
        path = tmp_path / "unlabelled.jsonl"
        records = [writing.record(topic, number) for topic, size in SIZES.items() for number in range(size)]
        for number, record in enumerate(records):
            if keep_every is None or number % keep_every:
                del record["topic"]
        path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
        import_files(empty_services.store, "wf-1", [path])
        return make_chat(build_graph(empty_services, checkpointer=InMemorySaver()))

    return begin


async def test_topics_are_found_shown_and_given_after_a_yes(
    unlabelled: Any, empty_services: Services, model: ScriptedChatModel
) -> None:
    chat = unlabelled()
    said = await chat.new()
    assert "1. Find topics in the records without one" in said
    model.queue.append(asks("GiveTopics", how="find", count=3))
    said = await chat.answer("find topics pls, 3 or so")
    assert "The 80 records without a topic of their own fall into 3 groups" in said
    assert "1. Give the records these topics\n2. The same, named by the model: one call of about " in said
    assert counts(empty_services) == {None: 80}, "nothing is written before the yes"
    shown = {
        int(size)
        for line in said.splitlines()
        if line.startswith("| ")
        for size in [line.split(" | ")[1]]
        if size.isdigit()
    }
    assert "80 records have a topic now, 3 topics in all." in await chat.answer("yes")
    assert set(counts(empty_services).values()) == shown and len(counts(empty_services)) == 3

    model.queue.append(asks("GiveTopics", how="take_back"))
    assert "This takes back the topics that were found: 80 records get" in await chat.answer(
        "undo the topics"
    )
    assert "80 records have the topic that they had before" in await chat.answer("1")
    assert counts(empty_services) == {None: 80}
    model.queue.append(asks("GiveTopics", how="take_back"))
    assert "nothing to take back" in await chat.answer("undo the topics")


async def test_the_model_names_what_was_found_where_that_is_chosen(
    unlabelled: Any, empty_services: Services, model: ScriptedChatModel
) -> None:
    chat = unlabelled()
    await chat.new()
    await chat.answer("1")
    model.queue.append(EndpointError("The endpoint refused the key.", hint="Set OPENAI_API_KEY."))
    said = await chat.answer("2")
    assert "refused the key" in said and counts(empty_services) == {None: 80}
    assert (await chat.asked())["action_requests"][0]["name"] == "give_topics", "it is still asked"
    topics = [{"group": 1, "name": "Lost Parcels", "description": "Parcels that did not come."}]
    model.queue.append(json.dumps({"topics": topics}))
    said = await chat.answer("2")
    assert "80 records have a topic now" in said and "| Lost Parcels |" in said
    asked = model.history[-1][-1].text
    assert "Group 2" in asked and "billing" not in asked.split("Group 1")[0]
    named = {info.name: info.description for info in list_topics(empty_services.store, "wf-1")}
    assert named["lost_parcels"] == "Parcels that did not come."
    assert len(named) == len(counts(empty_services)) > 1, "of the others the words are the names"
    assert (await chat.values())["reading_used"]["prompt_tokens"] > 0


async def test_by_its_number_and_left_as_it_is(unlabelled: Any, empty_services: Services) -> None:
    chat = unlabelled()
    await chat.new()
    said = await chat.answer("1")
    assert "groups" in said and (await chat.asked())["action_requests"][0]["name"] == "give_topics"
    assert "nothing was changed" in await chat.answer("no")
    assert counts(empty_services) == {None: 80}


async def test_the_rest_gets_the_topics_that_there_are(
    unlabelled: Any, empty_services: Services, model: ScriptedChatModel
) -> None:
    chat = unlabelled(keep_every=4)
    assert "5. Sort the records without a topic into these" in await chat.new()
    said = await chat.answer("5")
    assert "60 records have no topic. Each would get the one of the 3 topics" in said
    assert counts(empty_services)[None] == 60
    said = await chat.answer("ja")
    given = 60 - counts(empty_services).get(None, 0)
    assert given > 30 and f"{given} of 60 records got a topic, of which about" in said
    model.queue.append(asks("GiveTopics", how="take_back"))
    await chat.answer("undo the topics")
    await chat.answer("yes")
    assert counts(empty_services)[None] == 60


async def test_what_cannot_be_done_is_said_with_what_can(
    unlabelled: Any, model: ScriptedChatModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat = unlabelled()
    await chat.new()
    model.queue.append(asks("GiveTopics", how="sort"))
    said = await chat.answer("sort them into the topics")
    assert "fewer than two topics" in said and "find topics" in said
    monkeypatch.setattr(action, "MOST_RECORDS", 79)
    said = await chat.answer("1")
    assert "Reading 80 records takes minutes" in said and "finetune-coverage topics discover -w wf-1" in said
    assert (await chat.asked())["action_requests"][0]["name"] == "choose_next_step"


async def test_another_dataset_by_the_time_of_the_yes_is_shown_anew(
    unlabelled: Any, empty_services: Services, writing: ModuleType, tmp_path: Path
) -> None:
    chat = unlabelled()
    await chat.new()
    assert "The 80 records" in await chat.answer("1")
    more = tmp_path / "more.jsonl"
    records = [writing.record("technical_issues", number) for number in range(100, 120)]
    for record in records:
        del record["topic"]
    more.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    import_files(empty_services.store, "wf-1", [more])
    assert "The 100 records" in await chat.answer("yes")
    assert counts(empty_services) == {None: 100}
    assert "100 records have a topic now" in await chat.answer("yes")


async def test_a_merge_is_taken_back_too(chat: Any, services: Services, model: ScriptedChatModel) -> None:
    await chat.new()
    before = counts(services)
    model.queue.append(
        asks("MergeTopics", merges=[{"topics": ["technical_issues"], "into": "account_management"}])
    )
    await chat.answer("technical and account is the same thing, merge them")
    await chat.answer("yes")
    model.queue.append(asks("GiveTopics", how="take_back"))
    assert "This takes back the merge of topics: 8 records get" in await chat.answer("split them again")
    assert "Under-represented" in await chat.answer("yes")
    assert counts(services) == before


async def test_a_small_model_need_not_read_what_is_said_as_it_is_told(
    unlabelled: Any, empty_services: Services, model: ScriptedChatModel
) -> None:
    empty_services.settings.model_profile = "small"
    chat = unlabelled(keep_every=2)
    await chat.new()
    before = counts(empty_services)
    assert "Each would get the one of the 3 topics" in await chat.answer("sort the records into the topics")
    assert counts(empty_services) == before, "nothing is written before the yes"
    await chat.answer("no")
    assert "40 records without a topic of their own fall into" in await chat.answer("Find topics")
    await chat.answer("yes")
    assert None not in counts(empty_services)
    assert "This takes back the topics that were found" in await chat.answer("take the topics back")
    assert "had before" in await chat.answer("yes")
    assert counts(empty_services) == before and model.history == []


async def test_finding_topics_is_named_where_a_small_model_has_no_wish_for_it(
    unlabelled: Any, empty_services: Services, model: ScriptedChatModel
) -> None:
    empty_services.settings.model_profile = "small"
    chat = unlabelled()
    await chat.new()
    read = {"english": "find some topics", "action": "other", "topics": [], "numbers": [], "strategy": ""}
    model.queue.append(json.dumps(read))
    assert "“find topics”" in await chat.answer("encuentra temas")
    assert counts(empty_services) == {None: 80}
    assert "find_topics" not in model.history[0][0].text, "a line more would cost other readings"
