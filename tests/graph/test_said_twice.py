"""What people met in conversations: said twice, said without a plan, or said without being told why."""

from __future__ import annotations

from typing import Any

import pytest
from finetune_coverage.tools.analyze_coverage import analyze
from finetune_coverage.tools.generation.approvals.plans import list_plans
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.store.workflows import list_topics

pytestmark = pytest.mark.slow


def share(services: Services, topic: str) -> float | None:
    return next(one.target for one in analyze(services, "wf-1").topics if one.name == topic)


async def test_twice_as_much_said_twice_is_done_once(chat: Any, services: Services) -> None:
    await chat.new("hi")
    await chat.answer("twice as much billing")
    assert share(services, "billing_questions") == 0.5
    said = await chat.answer("twice as much billing")
    assert "That was just done, and I do not do it twice: Billing Questions 50%." in said
    assert share(services, "billing_questions") == 0.5
    await chat.answer("all topics should be equal")
    await chat.answer("twice as much billing")
    assert share(services, "billing_questions") == 0.5, "after another wish it is a new one"


async def test_generate_more_says_which_plan_it_takes_the_place_of(chat: Any) -> None:
    await chat.new("hi")
    assert "That is the plan on the table already" in await chat.answer("generate more")
    await chat.answer("do 3 for billing with few-shot")
    said = await chat.answer("generate more")
    assert 'This takes the place of the plan on the table: 3 for "Billing Questions" (few-shot).' in said
    assert '**Plan**: 16 for "Technical Issues"' in said


async def test_a_limit_named_without_a_plan_is_that_of_the_next_one(chat: Any, services: Services) -> None:
    await chat.new("hi")
    await chat.answer("too expensive")
    said = await chat.answer("no more than 90,000 tokens")
    assert "There is no plan on the table; the next one has this limit: at most 90,000 tokens." in said
    await chat.answer("do 3 for billing with few-shot")
    assert [plan.cap_tokens for plan in list_plans(services.store, "wf-1", "pending")] == [90_000]
    await chat.answer("yes")
    assert (await chat.values())["limits"] is None, "it was the limit of that plan"


async def test_a_topic_is_described_in_the_conversation(chat: Any, services: Services) -> None:
    await chat.new("hi")
    words = "technical is about faults of devices, never of invoices"
    said = await chat.answer(words)
    assert '"Technical Issues" is described now: “Faults of devices, never of invoices.”.' in said
    known = {topic.name: topic.description for topic in list_topics(services.store, "wf-1")}
    assert known["technical_issues"] == "Faults of devices, never of invoices."
    assert "That is the description" in await chat.answer(words)


async def test_what_was_moved_is_why_the_figures_are_others(chat: Any) -> None:
    await chat.new("hi")
    await chat.answer("show me technical records")
    said = await chat.answer("record 2 is about billing")
    assert 'The topic of record 2 is now "Billing Questions" (“' in said
    assert "”, before in Technical Issues). So I measured again: " in said
    assert "Billing Questions: 24 → 25 records" in said and "Technical Issues: 8 → 7 records" in said


async def test_answers_about_rounds_say_worth_topic_and_origin(chat: Any) -> None:
    await chat.new("do 3 for technical issues with few-shot")
    await chat.answer("yes")
    assert "are worth" in await chat.answer("what did the last round add?")
    assert "**Technical Issues** · synthetic" in await chat.answer("are they any good?")
