"""Records that a page lists beside the conversation, and a dataset that was changed there."""

from __future__ import annotations

from typing import Any

from finetune_coverage.graph.context import LISTED_BESIDE, NUMBERED_BESIDE
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.store.records import load_records, set_status


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
