"""Topics merged in the conversation: asked first, then done, and analyzed again."""

from __future__ import annotations

from typing import Any

from finetune_coverage.tools.models.scripted import ScriptedChatModel
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.store.records import topic_counts
from langchain_core.messages import AIMessage


def merge(*topics: str, into: str) -> AIMessage:
    arguments = {"merges": [{"topics": list(topics), "into": into}]}
    return AIMessage("", tool_calls=[{"name": "MergeTopics", "args": arguments, "id": "call-1"}])


def counts(services: Services) -> dict[str | None, int]:
    return {count.topic: count.records for count in topic_counts(services.store, "wf-1")}


async def test_topics_are_merged_after_a_yes(chat: Any, services: Services, model: ScriptedChatModel) -> None:
    await chat.new()
    before = counts(services)
    model.queue.append(merge("Technical Issues", into="account_management"))
    said = await chat.answer("technical and account is the same thing, merge them")
    assert '"Technical Issues" (8 records) the topic "Account Management"' in said
    assert '1. Merge "Technical Issues" into "Account Management"\n2. Leave it as it is' in said
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
    assert 'Rename "Billing Questions" to "Invoices"' in await chat.answer("call billing invoices instead")
    assert "nothing was changed" in await chat.answer("no")
    assert counts(services) == before


async def test_several_are_renamed_and_merged_by_one_yes_and_taken_back_by_one(
    chat: Any, services: Services, model: ScriptedChatModel
) -> None:
    await chat.new()
    before = counts(services)
    merges = [
        {"topics": ["billing_questions"], "into": "Invoices"},
        {"topics": ["technical_issues", "account_management"], "into": "Help"},
    ]
    model.queue.append(
        AIMessage("", tool_calls=[{"name": "MergeTopics", "args": {"merges": merges}, "id": "call-1"}])
    )
    said = await chat.answer("billing is invoices, the others are help")
    assert '- "Billing Questions" (24 records) → "Invoices"' in said
    assert '- "Technical Issues" (8 records), "Account Management" (48 records) → "Help"' in said
    said = await chat.answer("yes")
    assert '80 records have the topics "Invoices", "Help" now. Balance score: 0.45 → ' in said
    assert "“Undo the topics” takes it back." in said
    assert counts(services) == {"Invoices": 24, "Help": 56}
    take_back = {"name": "GiveTopics", "args": {"how": "take_back"}, "id": "call-2"}
    model.queue.append(AIMessage("", tool_calls=[take_back]))
    assert "This takes back the merge of topics: 80 records" in await chat.answer("undo that")
    await chat.answer("yes")
    assert counts(services) == before


async def test_a_topic_that_is_left_out_stays_out_under_a_new_name(
    chat: Any, model: ScriptedChatModel
) -> None:
    await chat.new()
    await chat.answer("ignore technical")
    model.queue.append(merge("technical_issues", into="Faults"))
    await chat.answer("call technical faults instead")
    assert 'Left out, as you said: "Faults".' in await chat.answer("yes")


async def test_a_change_that_another_takes_the_place_of_is_named(chat: Any, model: ScriptedChatModel) -> None:
    await chat.new()
    merged = 'No longer waiting for your yes: Merge "Technical Issues" into "Account Management".'
    asks = merge("technical_issues", into="account_management")
    model.queue.append(asks)
    await chat.answer("technical and account is the same thing, merge them")
    model.queue.append(merge("technical_issues", into="account_management").model_copy())
    assert "No longer waiting" not in await chat.answer("i said merge technical into account"), (
        "it is the same"
    )
    assert "No longer waiting" not in await chat.answer("what is the score?"), "it still waits"
    assert (await chat.answer("do 2 for technical issues with few-shot")).startswith(f"{merged}\n\n**Plan**")
    assert (await chat.asked())["action_requests"][0]["description"].startswith(merged)
    await chat.answer("yes")
    model.queue.append(asks)
    await chat.answer("technical and account is the same thing, merge them")
    assert (await chat.answer("undo the last round")).startswith(merged)
    said = await chat.answer("twice as much billing")
    assert said.startswith("No longer waiting for your yes: Take round 1 back. The targets are now")


async def test_more_records_to_take_out_are_no_other_question(chat: Any) -> None:
    await chat.new()
    await chat.answer("show me technical records")
    await chat.answer("drop 1")
    assert "No longer waiting" not in await chat.answer("drop 1 and 2")
    assert "No longer waiting for your yes: Take records 1, 2 out." in await chat.answer("drop 3")
    await chat.answer("show me technical records")
    await chat.answer("drop 1 because it should never mention the hotline")
    await chat.answer("yes")
    said = await chat.answer("undo the last round")
    assert "There is no round to take back" in said and "No longer waiting" not in said, "the question stays"
    rule = "No longer waiting for your yes: the rule “it should never mention the hotline”."
    assert rule in await chat.answer("do 2 for technical issues with few-shot")


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
