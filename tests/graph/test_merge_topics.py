"""Topics merged in the conversation: asked first, then done, and analyzed again."""

from __future__ import annotations

from typing import Any

import pytest
from finetune_coverage.tools.models.scripted import ScriptedChatModel
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.store.records import load_records, set_topic, topic_counts
from langchain_core.messages import AIMessage

pytestmark = pytest.mark.slow


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
    assert '"technical_issues" (8 records) the topic "account_management" (56 records then)' in said
    assert "3 topics become 2." in said
    assert '1. Merge "technical_issues" into "account_management"\n2. Leave it as it is' in said
    assert counts(services) == before
    said = await chat.answer("yes")
    assert '8 records have the topic "account_management" now, of 2 topics in all.' in said
    assert "| Account Management | 56 |" in said
    assert counts(services) == {"billing_questions": 24, "account_management": 56}


async def test_names_that_differ_in_capitals_only_are_told_apart(
    chat: Any, services: Services, model: ScriptedChatModel
) -> None:
    first, *others = list(load_records(services.store, "wf-1", topic="account_management"))[:3]
    set_topic(services.store, "wf-1", first.id, "help")
    for record in others:
        set_topic(services.store, "wf-1", record.id, "Help")
    await chat.new()
    model.queue.append(merge("help", into="Help"))
    said = await chat.answer("make help Help")
    assert '"help" (1 record) the topic "Help" (3 records then)' in said, said


async def test_a_no_leaves_them(chat: Any, services: Services, model: ScriptedChatModel) -> None:
    await chat.new()
    before = counts(services)
    model.queue.append(merge("billing_questions", into="Invoices"))
    assert 'Rename "billing_questions" to "Invoices"' in await chat.answer("call billing invoices instead")
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
    assert '- "billing_questions" (24 records) → "Invoices" (24 records then)' in said
    ended = '"technical_issues" (8 records), "account_management" (48 records)'
    assert f'- {ended} → "Help" (56 records then)' in said and "3 topics become 2." in said
    said = await chat.answer("yes")
    assert (
        '80 records have the topics "Invoices", "Help" now, of 2 topics in all. Balance score: 0.45 → '
        in said
    )
    assert "“Undo the topics” takes it back." in said
    assert counts(services) == {"Invoices": 24, "Help": 56}
    take_back = {"name": "GiveTopics", "args": {"how": "take_back"}, "id": "call-2"}
    model.queue.append(AIMessage("", tool_calls=[take_back]))
    assert "This takes back the merge of topics: 80 records" in await chat.answer("undo that")
    await chat.answer("yes")
    assert counts(services) == before


def take_back(*topics: str) -> AIMessage:
    arguments = {"how": "take_back", "topics": list(topics)}
    return AIMessage("", tool_calls=[{"name": "GiveTopics", "args": arguments, "id": "call-2"}])


async def merged_and_renamed(chat: Any, model: ScriptedChatModel) -> str:
    merges = [
        {"topics": ["billing_questions"], "into": "账单"},
        {"topics": ["technical_issues", "account_management"], "into": "Help"},
    ]
    model.queue.append(
        AIMessage("", tool_calls=[{"name": "MergeTopics", "args": {"merges": merges}, "id": "call-1"}])
    )
    await chat.new()
    await chat.answer("billing is 账单, the others are help")
    return str(await chat.answer("yes"))


async def test_one_of_several_merges_is_taken_back_and_the_rest_stays(
    chat: Any, services: Services, model: ScriptedChatModel
) -> None:
    said = await merged_and_renamed(chat, model)
    score = said.split("Balance score: 0.45 → ")[1].split(" ")[0].rstrip(".")
    model.queue.append(take_back("help"))
    said = await chat.answer("wait no undo just the help merge, keep the rest")
    back = '"technical_issues", "account_management" → "Help"'
    assert f"This takes back {back}: 56 records get the topic that they had before." in said
    assert 'The rest stays: "billing_questions" → "账单".' in said
    assert f"1. Take {back} back\n2. Leave it as it is" in said
    assert counts(services) == {"账单": 24, "Help": 56}, "nothing is changed before the yes"
    said = await chat.answer("yes")
    assert (
        f"56 records have the topic that they had before, or none again. Balance score: {score} → 0.45"
        in said
    )
    assert "| 账单 | 24 |" in said
    assert counts(services) == {"账单": 24, "technical_issues": 8, "account_management": 48}
    model.queue.append(take_back())
    assert "This takes back the merge of topics: 24 records" in await chat.answer("undo the topics")
    await chat.answer("yes")
    assert counts(services)["billing_questions"] == 24


async def test_what_else_was_asked_for_comes_after_the_part_that_is_taken_back(
    chat: Any, services: Services, model: ScriptedChatModel
) -> None:
    await merged_and_renamed(chat, model)
    halved = {"aims": [{"kind": "factor", "topic": "Help", "value": 0.5}]}
    calls = [
        {"name": "GiveTopics", "args": {"how": "take_back", "topics": ["账单"]}, "id": "call-2"},
        {"name": "SetTargets", "args": halved, "id": "call-3"},
    ]
    model.queue.append(AIMessage("", tool_calls=calls))
    said = await chat.answer("撤销“账单”这个改名，其余保留；help 只要一半")
    assert 'Take "billing_questions" → "账单" back' in said
    assert "Help 33% (was 50%)" in await chat.answer("1")
    assert counts(services) == {"billing_questions": 24, "Help": 56}


async def test_a_record_that_was_moved_again_stays_and_is_said(
    chat: Any, services: Services, model: ScriptedChatModel
) -> None:
    await merged_and_renamed(chat, model)
    first = next(iter(load_records(services.store, "wf-1", topic="账单")))
    set_topic(services.store, "wf-1", first.id, "Help")
    model.queue.append(take_back("账单"))
    said = await chat.answer("undo just 账单")
    assert "23 records get the topic that they had before. The rest stays:" in said
    assert "1 record was moved again since and left there." in said
    assert "1 record was moved again since and left there." in await chat.answer("yes")
    assert counts(services) == {"billing_questions": 23, "Help": 57}


async def test_what_was_not_merged_last_is_given_back_to_the_model(
    chat: Any, services: Services, model: ScriptedChatModel
) -> None:
    await merged_and_renamed(chat, model)
    before = counts(services)
    model.queue.append(take_back("smalltalk"))
    model.queue.append(AIMessage("Which of the two do you mean?"))
    assert "Which of the two do you mean?" in await chat.answer("undo the smalltalk merge")
    assert "'smalltalk' is not among what was last done to topics" in model.history[-1][-1].text
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
    merged = 'No longer waiting for your yes: Merge "technical_issues" into "account_management".'
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
