"""Topics merged in the conversation: asked first, then done, and analyzed again."""

from __future__ import annotations

from typing import Any

from finetune_coverage.tools.models.scripted import ScriptedChatModel
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.store.records import topic_counts
from langchain_core.messages import AIMessage


def merge(*topics: str, into: str) -> AIMessage:
    arguments = {"topics": list(topics), "into": into}
    return AIMessage("", tool_calls=[{"name": "MergeTopics", "args": arguments, "id": "call-1"}])


def counts(services: Services) -> dict[str | None, int]:
    return {count.topic: count.records for count in topic_counts(services.store, "wf-1")}


async def test_topics_are_merged_after_a_yes(chat: Any, services: Services, model: ScriptedChatModel) -> None:
    await chat.new()
    before = counts(services)
    model.queue.append(merge("Technical Issues", into="account_management"))
    said = await chat.answer("technical and account is the same thing, merge them")
    assert '"Technical Issues" (8 records) the topic "Account Management"' in said
    assert '1. Merge into "Account Management"\n2. Leave it as it is' in said
    assert counts(services) == before
    said = await chat.answer("yes")
    assert (
        '8 records have the topic "Account Management" now' in said and "| Account Management | 56 |" in said
    )
    assert counts(services) == {"billing_questions": 24, "account_management": 56}


async def test_a_no_leaves_them(chat: Any, services: Services, model: ScriptedChatModel) -> None:
    await chat.new()
    before = counts(services)
    model.queue.append(merge("billing_questions", into="Invoices"))
    assert 'Merge into "Invoices"' in await chat.answer("call billing invoices instead")
    assert "nothing was changed" in await chat.answer("no")
    assert counts(services) == before


async def test_every_round_is_taken_back_at_once(
    chat: Any, services: Services, model: ScriptedChatModel
) -> None:
    await chat.new("do 2 for technical issues with few-shot")
    await chat.answer("yes")
    await chat.answer("do 1 for technical issues with few-shot")
    await chat.answer("yes")
    call = {"name": "UndoRound", "args": {"every": True}, "id": "call-1"}
    model.queue.append(AIMessage("", tool_calls=[call]))
    said = await chat.answer("rewind everything")
    assert "Taking rounds 1, 2 back" in said and "3 records leave" in said
    said = await chat.answer("yes")
    assert "Rounds 1, 2 are taken back" in said
    assert counts(services)["technical_issues"] == 8


async def test_what_was_made_is_judged_by_facts(chat: Any, model: ScriptedChatModel) -> None:
    await chat.new("do 2 for technical issues with few-shot")
    await chat.answer("yes")
    model.queue.append(AIMessage("", tool_calls=[{"name": "ExplainQuality", "args": {}, "id": "call-1"}]))
    said = await chat.answer("any good?")
    assert "2 synthetic records passed every check" in said and "> user: " in said
