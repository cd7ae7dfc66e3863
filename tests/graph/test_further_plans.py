"""The cheapest plans in conversation: by letters, with score and cost, and shown in full before a yes counts."""

from __future__ import annotations

import re
from typing import Any

import pytest
from finetune_coverage.graph.build import build_graph
from finetune_coverage.tools.generation.approvals.plans import list_plans
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.store.records import load_records
from langgraph.checkpoint.memory import InMemorySaver

pytestmark = pytest.mark.slow

ROW = r"\| Plan (\w) \| ([^|]+) \| ([\d,]+) \| (\d) \| (\d\.\d\d) \| ([^|]+) \|"


async def test_they_stand_beside_the_recommendation(chat: Any) -> None:
    assert "| Plan" not in await chat.new("hi")
    said = await chat.answer("more")
    rows = [tuple(cell.strip() for cell in row) for row in re.findall(ROW, said)]
    assert [row[:5] for row in rows] == [
        ("A", "Cheapest to good (above 0.5)", "3", "1", "0.51"),
        ("B", "All topics at 20 records or more", "12", "1", "0.67"),
        ("C", "Cheapest to excellent (0.8 or more)", "26", "2", "0.81"),
    ]
    assert all(re.fullmatch(r"about [\d,]+ tokens", row[5]) for row in rows), "the price is not known"
    assert "“yes” starts it, and nothing else does" in said


async def test_a_letter_shows_the_plan_and_only_then_a_yes_counts(
    chat: Any, services: Services, writer: Any
) -> None:
    await chat.new("hi")
    said = await chat.answer("plan A")
    assert '**Plan**: 3 for "Technical Issues" (few-shot). That makes Technical Issues 8 → 11' in said
    assert "balance score 0.51" in said
    assert writer.calls == 0
    assert [plan.status for plan in reversed(list_plans(services.store, "wf-1"))] == ["cancelled", "pending"]

    said = await chat.answer("C")
    assert '"Technical Issues" (few-shot)' in said and '"Billing Questions" (few-shot)' in said
    assert "“options” lists what else there is" in await chat.answer("what does it cost?")
    assert list(load_records(services.store, "wf-1", origin="synthetic")) == []
    await chat.answer("yes")
    (approved,) = list_plans(services.store, "wf-1", "approved")
    assert {item.topic: item.count for item in approved.items} == {
        "technical_issues": 21,
        "billing_questions": 5,
    }
    assert writer.calls >= 26


async def test_its_wording_chooses_it_too(chat: Any) -> None:
    await chat.new("hi")
    said = await chat.answer("Cheapest to good (above 0.5)")
    assert '**Plan**: 3 for "Technical Issues"' in said


async def test_after_a_round_they_go_on_from_there(chat: Any) -> None:
    await chat.new("hi")
    await chat.answer("yes")
    said = await chat.answer("details")
    rows = [row[:4] for row in re.findall(ROW, said)]
    assert rows == [("A", "Cheapest to excellent (0.8 or more)", "10", "2")]
    assert said.endswith("; 3 Review the synthetic records.")
    assert "**Plan**" in await chat.answer("Plan A.")


async def test_a_message_has_one_numbered_list_and_each_number_once(chat: Any) -> None:
    await chat.new("hi")
    await chat.answer("generate more")
    for answer in ("options", "plan A", "no", "10 for technical", "yes", "review"):
        said = await chat.answer(answer)
        numbers = [int(number) for number in re.findall(r"^(?:\| )?(\d+)(?:\.| \|) ", said, re.MULTILINE)]
        numbers += [int(number) for number in re.findall(r"(?:^Still open:|;) (\d+) ", said, re.MULTILINE)]
        assert numbers == list(range(1, len(numbers) + 1)) and len(numbers) >= 3, said
        assert not re.search(r"\b[Oo]ption \d", said), "no number is said outside of the list"
        assert "There is no option 7" in await chat.answer("7")
    await chat.answer("4 technical and 2 billing, few-shot")
    assert "name the topic, as in “20 for Technical Issues”" in await chat.answer("20")


async def test_a_plan_after_a_round_is_named_by_no_number(make_chat: Any, services: Services) -> None:
    services.settings.target_score = 0.8
    chat = make_chat(build_graph(services, checkpointer=InMemorySaver()))
    await chat.new("hi")
    said = await chat.answer("4 for technical issues, few-shot")
    said = await chat.answer("yes")
    assert "\n**Plan**: " in said and "Option" not in said
    assert said.endswith(
        "1. Proceed to grader configuration\n"
        "2. Generate more data to further balance\n"
        "3. Review the synthetic records"
    )
