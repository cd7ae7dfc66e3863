"""Thin cells of a topic are what its next prompts ask for, and the provenance says so."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from finetune_coverage.tools.coverage.space.cells import Cell
from finetune_coverage.tools.coverage.strategy_choice import StrategyName
from finetune_coverage.tools.dataset.record import Record
from finetune_coverage.tools.generation.attempts.draft import TopicContext
from finetune_coverage.tools.generation.jobs.job import run_item
from finetune_coverage.tools.generation.jobs.notes import noted_wanted
from finetune_coverage.tools.generation.jobs.origin import origin_of
from finetune_coverage.tools.generation.missing_cells import Wanted, wanted_of
from finetune_coverage.tools.generation.strategies import make_strategy
from finetune_coverage.tools.models.scripted import ScriptedChatModel
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.store.records import get_record

from .conftest import WORKFLOW

MakeContext = Callable[..., TopicContext]
LONG = Wanted("length", "a user message of more than 50 words")
TURNS = Wanted("turns", "3 or 4 user turns")
SPANISH = Wanted("language", "Spanish")


def task_of(name: StrategyName, context: TopicContext, attempt: int = 0) -> tuple[str, dict[str, Any]]:
    draft = make_strategy(name).draft(context, attempt, random.Random(0))
    return draft.requests[0].prompt[-1][1], draft.details


@pytest.mark.parametrize("name", ["few_shot", "topic_description", "scenario_expansion"])
def test_prompts_ask_for_the_thin_cell(name: StrategyName, context: MakeContext) -> None:
    area = Wanted("sub_area", 'sync, "album"')
    topic = context(wanted=[LONG, SPANISH, area])
    task, details = task_of(name, topic)
    assert "about 60 words" in task
    assert details["asked_for"] == "length: a user message of more than 50 words" and "length" not in details
    assert "Spanish" in task_of(name, topic, 1)[0]
    assert json.dumps(area.value) in task_of(name, topic, 2)[0]  # quoted: it is text of the dataset
    plain, unasked = task_of(name, topic, 3)
    assert (plain, unasked) == task_of(name, context(), 3)
    assert "asked_for" not in unasked


@pytest.mark.parametrize("name", ["few_shot", "topic_description"])
def test_the_missing_number_of_turns_is_written(name: StrategyName, context: MakeContext) -> None:
    draft = make_strategy(name).draft(context(wanted=[TURNS]), 0, random.Random(0))
    assert draft.requests[0].schema["properties"]["exchanges"]["minItems"] == 3
    assert draft.details["exchanges"] == 3


def test_a_long_message_has_room_where_real_ones_are_short(context: MakeContext) -> None:
    def room(**changes: Any) -> int:
        draft = make_strategy("few_shot").draft(context(**changes), 0, random.Random(0))
        pair = draft.requests[0].schema["properties"]["exchanges"]["items"]["properties"]
        longest: int = pair["user"]["maxLength"]
        return longest

    short = [Record("a", json.dumps({"messages": [
        {"role": "user", "content": "It is slow"}, {"role": "assistant", "content": "Restart."}]}), "t")]  # fmt: skip
    assert room(seeds=short) < 60 * 5 <= room(seeds=short, wanted=[LONG])


def test_records_of_a_thin_group_are_the_seeds(context: MakeContext, seeds: Any) -> None:
    record = next(one for one in seeds("technical_issues")[7:] if not one.uses_tools)
    topic = context(wanted=[Wanted("sub_area", "sync", (record.id,))])
    for name in ("few_shot", "scenario_expansion"):
        assert make_strategy(name).draft(topic, 0, random.Random(0)).seeds == [record]


def test_tool_chains_take_the_thin_tool_up(context: MakeContext) -> None:
    def call(tool: str, number: int) -> Record:
        declared = [
            {"type": "function", "function": {"name": name, "parameters": {
                "type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]}}}
            for name in ("look_up", "cancel_booking")
        ]  # fmt: skip
        messages = [
            {"role": "user", "content": f"Please do it for booking B{number}77, thank you very much."},
            {"role": "assistant", "content": "", "tool_calls": [{"id": "1", "type": "function", "function": {
                "name": tool, "arguments": json.dumps({"id": f"B{number}77"})}}]},
            {"role": "tool", "tool_call_id": "1", "content": '{"status": "done"}'},
            {"role": "assistant", "content": "It is done."},
        ]  # fmt: skip
        return Record(f"{tool}{number}", json.dumps({"messages": messages, "tools": declared}), "t")

    records = [call("look_up", number) for number in range(8)] + [call("cancel_booking", 9)]
    wanted = [Wanted("tool", "cancel_booking")] * 3 + [Wanted("tool", "unseen")]
    topic = context(profile="full", seeds=records, wanted=wanted)
    for attempt in range(3):
        draft = make_strategy("tool_chain").draft(topic, attempt, random.Random(attempt))
        assert "the assistant calls cancel_booking" in draft.requests[0].prompt[-1][1]
        assert draft.details["asked_for"] == "tool: cancel_booking"
    # Nothing shows how a tool is called that no record declares.
    assert "asked_for" not in make_strategy("tool_chain").draft(topic, 3, random.Random(0)).details


def cell(facet: Any, value: str, count: int, expected: float) -> Cell:
    return Cell(facet=facet, value=value, count=count, of=40, expected=expected, is_thin=True)


def test_cells_come_in_turn_as_often_as_they_lack_records() -> None:
    thin = [
        cell("language", "Spanish", 0, 6.0),
        cell("turns", "more than 12 user turns", 0, 9.0),  # longer than what is written
        cell("turns", "2 user turns", 1, 4.0),
    ]
    values = [each.value for each in wanted_of(thin, 10)]
    assert values == ["Spanish", "2 user turns", "Spanish", "Spanish"]
    assert [each.value for each in wanted_of(thin, 2)] == ["Spanish", "2 user turns"]


@pytest.mark.slow
def test_a_job_measures_once_and_notes_what_it_asked_for(
    services: Services, model: ScriptedChatModel, approved: Callable[..., tuple[str, int]]
) -> None:
    turns = [
        ("The upload of my holiday album stops at 40 percent every evening. What is wrong with it?",
         "Switch the phone to a wired or 5 GHz network for the upload, since it stops when the link is weak."),
        ("I did that and it now gets to 80 percent before it stops.",
         "Then exclude the largest video for the moment: hold it in the queue and choose Later."),
        ("That worked, how do I get the large video up as well?",
         "Open Settings > Uploads and turn on Split large files; the video then goes up in parts."),
    ]  # fmt: skip
    answer = {"exchanges": [{"user": user, "assistant": reply} for user, reply in turns]}
    model.queue.append(json.dumps(answer))
    made = asyncio.run(run_item(services, *approved("technical_issues", 1, "few_shot")))
    assert made["accepted"] == 1
    noted = noted_wanted(services.store, made["job_id"])
    assert noted and noted[0]["value"] == "3 or 4 user turns"
    assert "with 3 exchanges" in model.history[-1][-1].text
    (record_id,) = made["record_ids"]
    provenance = get_record(services.store, WORKFLOW, record_id).provenance or {}
    assert provenance["drawn"]["asked_for"] == "turns: 3 or 4 user turns"
    # Although the record itself changed what is thin, the job's prompts stay what they were.
    assert origin_of(services, WORKFLOW, record_id)["prompt_is_exact"]
