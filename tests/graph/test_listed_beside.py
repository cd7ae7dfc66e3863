"""Records that a page lists beside the conversation, and a dataset that was, or has to be, changed elsewhere."""

from __future__ import annotations

from typing import Any

import pytest
from finetune_coverage.graph.context import LISTED_BESIDE, NUMBERED_BESIDE
from finetune_coverage.tools.generation.approvals.plans import list_plans
from finetune_coverage.tools.models.scripted import ScriptedChatModel
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.store.records import load_records, set_status
from finetune_coverage.tools.topics.discover import merge_topics
from langchain_core.messages import AIMessage

pytestmark = pytest.mark.slow


async def test_a_number_is_that_of_the_list_that_the_person_sees(chat: Any, services: Services) -> None:
    ids = [record.id for record in load_records(services.store, "wf-1", limit=5)]
    await chat.new()
    chat.config["configurable"][LISTED_BESIDE] = ids
    said = await chat.answer("drop 3")
    assert "This takes record 3 out of the dataset" in said
    set_status(services.store, "wf-1", [ids[0]], "rejected")  # done beside: the numbers stay
    await chat.answer("yes")
    assert {record.id for record in load_records(services.store, "wf-1", status="rejected")} == {
        ids[0],
        ids[2],
    }
    said = await chat.new("drop 2 and 4")
    assert "record 2 ·" in said and "record 4 ·" in said, "after the analysis that the change made due too"


async def test_a_record_keeps_its_number_in_another_list(chat: Any, services: Services) -> None:
    ids = [record.id for record in load_records(services.store, "wf-1", limit=5)]
    await chat.new()
    chat.config["configurable"] |= {LISTED_BESIDE: [ids[4], ids[1]], NUMBERED_BESIDE: ids}
    assert "This takes record 5 out of the dataset" in await chat.answer("drop 5")
    await chat.answer("yes")
    assert [record.id for record in load_records(services.store, "wf-1", status="rejected")] == [ids[4]]
    said = await chat.new("review existing records")
    assert "**Record 6**" in said and "**Record 1**" not in said
    assert (await chat.values())["numbered"][:5] == ids


async def test_a_choice_goes_by_the_present_figures_too(chat: Any, services: Services) -> None:
    await chat.new()
    await chat.answer("no")
    assert (await chat.asked())["action_requests"][0]["name"] == "choose_next_step"
    ids = [record.id for record in load_records(services.store, "wf-1", topic="technical_issues", limit=2)]
    set_status(services.store, "wf-1", ids, "rejected")
    await chat.new("generate more")
    said = "\n".join(message.text for message in (await chat.values())["messages"])
    assert "has changed since I asked that" in said and "8 → 6 records" in said


async def test_what_is_typed_is_read_by_the_topics_that_there_are_now(
    chat: Any, services: Services, model: ScriptedChatModel
) -> None:
    await chat.new()
    merge_topics(services, "wf-1", {"technical_issues": "Faults"})  # on the command line, meanwhile
    model.queue.append(
        AIMessage("", tool_calls=[{"name": "ShowRecords", "args": {"topic": "Faults"}, "id": "call-1"}])
    )
    shown = await chat.answer("lemme see the faults")
    assert "**Record 1** · Faults" in shown, "a topic that nobody knew when the question was asked"
    said = "\n".join(message.text for message in (await chat.values())["messages"])
    assert said.count("has changed since I asked that") == 1 and "| Faults | 8 |" in said
    assert not list_plans(services.store, "wf-1", status="approved")
    await chat.answer("what is the score?")
    said = "\n".join(message.text for message in (await chat.values())["messages"])
    assert said.count("has changed since I asked that") == 1, "nothing changed after that"
