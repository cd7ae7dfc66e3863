"""What a topic's records offer to the strategies: what is proposed can run, and which tool defines a topic."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.tools.coverage.recommendation import PlanItem
from finetune_coverage.tools.coverage.strategy_choice import choose_strategy
from finetune_coverage.tools.dataset.record import Record
from finetune_coverage.tools.errors import InvalidInput
from finetune_coverage.tools.generation.money.estimate import check_items, estimate_plan
from finetune_coverage.tools.generation.topic_context import defining_tool, topic_context
from finetune_coverage.tools.generation.topic_profiles import topic_profiles
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.settings import Settings
from finetune_coverage.tools.store.records import NewRecord, insert_records, set_status, set_topic
from finetune_coverage.tools.store.workflows import create_workflow, delete_workflow
from sqlalchemy import Engine, event

from .earlier_jobs import job
from .full_records import LANGUAGES, TRACK, call, parcels, result

WORKFLOW = "wf-1"


def services_with(home: Path, records: Sequence[Record], profile: str) -> Services:
    services = Services(
        Settings.model_validate({"home": home, "model_profile": profile, "model": "embedded"})
    )
    create_workflow(services.store, WORKFLOW)
    with services.store.write() as connection:
        insert_records(connection, WORKFLOW, [NewRecord(one) for one in records])
    return services


def said(number: int, messages: list[dict[str, Any]], topic: str = "parcels", **more: Any) -> Record:
    return Record(f"{topic}-{number}", json.dumps({"messages": messages, **more}), topic)


@pytest.mark.parametrize(
    ("earlier", "is_refused"),
    [
        ([{"rejected": 10}], True),
        ([{"rejected": 9}], False),
        ([{"rejected": 9, "failed": 9}], False),
        ([{"rejected": 30, "accepted": 1}], False),
        ([{"rejected": 5}, {"rejected": 5}], True),
        ([{"accepted": 10}, {"rejected": 10}], True),
        ([{"accepted": 10}, {"rejected": 9}], False),
        ([{"rejected": 10}, {"accepted": 1}], False),
        ([{"rejected": 10, "model": "another"}], False),
        ([{"rejected": 10, "topic": "orders"}], False),
        ([{"rejected": 10, "strategy": "tool_chain"}], False),
    ],
)
def test_what_brought_nothing_lately(tmp_path: Path, earlier: list[dict[str, Any]], is_refused: bool) -> None:
    services = services_with(tmp_path, [talks(number) for number in range(9)], "full")
    for one in earlier:
        job(services, **{"topic": "parcels", **one})
    refused = topic_profiles(services, WORKFLOW)["parcels"].refused
    assert ("few_shot" in refused) == is_refused
    if is_refused:
        assert refused["few_shot"].check == "verifier" and "finds fault" in refused["few_shot"].cause


def talks(number: int) -> Record:
    """A conversation that ends with the user's second message: nobody answers what is said there."""
    return said(
        number,
        [
            {"role": "user", "content": f"Where does parcel number {number} lie since Monday?"},
            {"role": "assistant", "content": "It lies at the depot and comes to you tomorrow morning."},
            {"role": "user", "content": "And could it be brought in the evening in its place?"},
        ],
    )


def calls_undeclared(number: int) -> Record:
    return said(
        number,
        [
            {"role": "user", "content": f"Where is my parcel with the number PK-{number}, please?"},
            call(f"PK-{number}"),
            result("on the van"),
            {"role": "assistant", "content": "It is on the van and comes today between two and four."},
        ],
    )


@pytest.mark.parametrize("profile", ["full", "small"])
@pytest.mark.parametrize("code", LANGUAGES)
def test_what_is_proposed_can_run_in_every_language(tmp_path: Path, code: str, profile: str) -> None:
    services = services_with(tmp_path / "home", parcels(code), profile)
    found = topic_profiles(services, WORKFLOW)["parcels"]
    assert "tool_chain" not in found.unusable
    # All that is said a second time is a number: something else can be said there, but it cannot be reworded.
    assert ("message_variation" in found.unusable) == (profile == "small")
    strategy, _ = choose_strategy(found)
    assert strategy == "tool_chain"
    check_items(services, WORKFLOW, [PlanItem(topic="parcels", count=2, strategy=strategy)])


def test_a_conversation_that_nobody_answers_is_not_varied(tmp_path: Path) -> None:
    services = services_with(tmp_path / "home", [talks(number) for number in range(9)], "full")
    found = topic_profiles(services, WORKFLOW)["parcels"]
    assert found.multi_turn == 9 and {"message_variation", "tool_chain"} <= found.unusable
    strategy, _ = choose_strategy(found)
    assert strategy == ("few_shot" if found.usable_seeds >= 8 else "topic_description")
    check_items(services, WORKFLOW, [PlanItem(topic="parcels", count=2, strategy=strategy)])
    with pytest.raises(InvalidInput, match="speaks again"):
        check_items(services, WORKFLOW, [PlanItem(topic="parcels", count=2, strategy="message_variation")])


def test_tools_that_are_called_and_not_declared_make_no_chain(tmp_path: Path) -> None:
    services = services_with(tmp_path / "home", [calls_undeclared(number) for number in range(9)], "full")
    found = topic_profiles(services, WORKFLOW)["parcels"]
    assert found.uses_tools == 9 and "tool_chain" in found.unusable
    strategy, _ = choose_strategy(found)
    assert strategy == "few_shot"
    check_items(services, WORKFLOW, [PlanItem(topic="parcels", count=2, strategy=strategy)])


def test_a_topic_without_records_is_described(tmp_path: Path) -> None:
    services = services_with(tmp_path / "home", parcels("en")[:0], "full")
    assert topic_profiles(services, WORKFLOW) == {}


def calling(number: int, *tools: str, topic: str = "parcels") -> Record:
    """A record that calls these tools one after the other."""
    messages: list[dict[str, Any]] = [{"role": "user", "content": f"Request {number}"}]
    for place, tool in enumerate(tools):
        one = call(str(number), f"call_{place}")
        one["tool_calls"][0]["function"]["name"] = tool
        messages += [one, result("done", f"call_{place}")]
    return said(number, [*messages, {"role": "assistant", "content": "Done."}], topic, tools=[TRACK])


def test_the_tool_that_defines_a_topic_is_the_one_that_others_do_not_call() -> None:
    here = [calling(number, "log_in", "track_parcel") for number in range(4)]
    elsewhere = [calling(number, "log_in", "refund", topic="returns") for number in range(4)]
    assert defining_tool(here, elsewhere) == "track_parcel"
    assert defining_tool(elsewhere, here) == "refund"


def test_a_tool_that_is_called_as_often_elsewhere_defines_nothing() -> None:
    here = [calling(number, "log_in") for number in range(4)]
    assert defining_tool(here, [calling(number, "log_in", topic="returns") for number in range(9)]) is None
    assert defining_tool(here, []) == "log_in", "there is nothing that it would not tell apart"


def test_a_tool_that_few_records_call_defines_nothing() -> None:
    rare = [calling(0, "track_parcel"), *(calling(number) for number in range(1, 4))]
    assert defining_tool(rare, []) is None
    assert defining_tool(rare[:3], []) == "track_parcel", "a third of them do"
    assert defining_tool([], [calling(1, "refund")]) is None


def test_a_tool_counts_once_a_record() -> None:
    here = [calling(0, *["log_in"] * 5), *(calling(number, "track_parcel") for number in range(1, 3))]
    assert defining_tool(here, []) == "track_parcel"


MOSTLY_TRACK = [calling(0, "log_in"), *(calling(number, "log_in", "track_parcel") for number in range(1, 4))]
LOG_IN = [calling(number, "log_in", topic="returns") for number in range(4)]


def add(services: Services, records: Sequence[Record]) -> None:
    with services.store.write() as connection:
        insert_records(connection, WORKFLOW, [NewRecord(one) for one in records])


def imported(services: Services) -> None:
    add(services, [calling(number, "track_parcel", topic="claims") for number in range(8)])


def taken_out(services: Services) -> None:
    set_status(services.store, WORKFLOW, [one.id for one in LOG_IN], "rejected")


def moved(services: Services) -> None:
    for one in LOG_IN:
        set_topic(services.store, WORKFLOW, one.id, "parcels")


def made_anew(services: Services) -> None:
    delete_workflow(services.store, WORKFLOW)
    create_workflow(services.store, WORKFLOW)
    add(services, MOSTLY_TRACK)
    add(services, [calling(number, "track_parcel", topic="returns") for number in range(4)])


@pytest.mark.parametrize("change", [imported, taken_out, moved, made_anew])
def test_a_change_of_the_dataset_is_seen_although_it_was_read_before(
    tmp_path: Path, change: Callable[[Services], None]
) -> None:
    services = services_with(tmp_path / "home", [*MOSTLY_TRACK, *LOG_IN], "full")

    def tool() -> str | None:
        return topic_context(services, WORKFLOW, "parcels", 3, spread=False).defining_tool

    assert (tool(), tool()) == ("track_parcel", "track_parcel")
    change(services)
    assert tool() == "log_in"


def test_the_estimate_of_a_plan_reads_each_topic_a_few_times(tmp_path: Path) -> None:
    names = [f"topic {number}" for number in range(60)]
    records = [calling(number, f"tool_{name[6:]}", topic=name) for name in names for number in range(6)]
    services = services_with(tmp_path / "home", records, "full")
    items = [PlanItem(topic=name, count=2, strategy="few_shot") for name in names[:20]]
    reads: list[str] = []

    def note(*what: Any) -> None:
        reads.extend(said for said in what[2:3] if "FROM records" in said)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        estimate_plan(services, WORKFLOW, items)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert len(names) < len(reads) < 2 * len(names) + 4 * len(items), "not every topic for every item"
