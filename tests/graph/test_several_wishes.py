"""Several wishes in one sentence: done one after the other, and none without the yes that it needs."""

from __future__ import annotations

import json
from typing import Any

import pytest
from finetune_coverage.graph.offers.reply import Several, stored_reply
from finetune_coverage.graph.wording.markdown import escape, topic_title
from finetune_coverage.tools.generation.jobs.ledger import list_jobs
from finetune_coverage.tools.generation.lessons.rules import list_rules
from finetune_coverage.tools.models.scripted import ScriptedChatModel
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.store.records import load_records, topic_counts
from langchain_core.messages import AIMessage

pytestmark = pytest.mark.slow

RENAME = ("MergeTopics", {"merges": [{"topics": ["technical_issues"], "into": "Faults"}]})
TWO = [{"topic": "technical_issues", "count": 2, "strategy": "few_shot"}]


def calls(*named: tuple[str, dict[str, Any]], said: str = "") -> AIMessage:
    return AIMessage(
        said,
        tool_calls=[
            {"name": name, "args": arguments, "id": f"call-{number}"}
            for number, (name, arguments) in enumerate(named)
        ],
    )


def counts(services: Services) -> dict[str | None, int]:
    return {count.topic: count.records for count in topic_counts(services.store, "wf-1")}


async def test_what_asks_nothing_is_done_at_once(
    chat: Any, services: Services, model: ScriptedChatModel
) -> None:
    await chat.new("")
    model.queue.append(
        calls(
            ("StateRule", {"rule": "Never promise refunds."}),
            ("StateRule", {"rule": "Keep it short."}),
            ("ShowRecords", {"topic": "technical_issues", "number": 1}),
            said="Both, and here is one.",
        )
    )
    said = await chat.answer("never promise refunds, keep it short, and show me a technical one")
    assert [rule.value for rule in list_rules(services.store, "wf-1")] == [
        "Never promise refunds.",
        "Keep it short.",
    ]
    parts = ("Both, and here is one.", "rule 1:", "rule 2:", "**Record 1**", "Still on the table")
    assert [said.index(part) for part in parts] == sorted(said.index(part) for part in parts), said
    assert said.count("Would you like") + said.count("Still on the table") == 1, "one list at a time"


async def test_records_that_one_answer_shows_are_on_the_screen_together(
    chat: Any, services: Services, model: ScriptedChatModel
) -> None:
    await chat.new("")
    model.queue.append(
        calls(
            ("ShowRecords", {"topic": "technical_issues", "number": 2}),
            ("ShowRecords", {"order": "shortest", "number": 1}),
        )
    )
    said = await chat.answer("2 technical ones, and the shortest of all")
    shortest = min(
        (sum(len(str(m["content"])) for m in r.messages), r.topic)
        for r in load_records(services.store, "wf-1")
    )
    assert f"**Record 3** · {topic_title(shortest[1] or '')} · real · {shortest[0]} characters" in said
    assert said.count("**Record") == 3 and said.count("Say “drop NUMBER") == 1
    model.queue.append(calls(("NothingAsked", {})))
    await chat.answer("hm")
    card = next(message.text for message in model.history[-1] if "records_shown" in message.text)
    assert all(f'"{number}": {{"topic"' in card for number in (1, 2, 3)), card


async def test_what_was_made_is_shown_after_the_yes(
    chat: Any, services: Services, model: ScriptedChatModel
) -> None:
    await chat.new("")
    model.queue.append(calls(("ProposePlan", {"items": TWO}), ("ShowRecords", {"origin": "synthetic"})))
    said = await chat.answer("2 technical and then show em to me")
    assert (
        "**Plan**: 2 for" in said and "**Record 1**" not in said and list_jobs(services.store, "wf-1") == []
    )
    model.queue.append(calls(("ProposePlan", {"items": [{**TWO[0], "count": 1}]})))
    await chat.answer("hm, 1 is enough")
    said = await chat.answer("yes")
    assert "**Record 1** · Technical Issues · synthetic" in said, "also after the plan was changed"
    assert "**Record 2**" not in said


async def test_no_report_and_no_plan_come_between_two_wishes(
    chat: Any, services: Services, model: ScriptedChatModel
) -> None:
    await chat.new("")
    model.queue.append(
        calls(
            ("SetTargets", {"aims": [{"kind": "factor", "topic": "technical_issues", "value": 2}]}),
            ("ShowRecords", {"topic": "billing_questions", "number": 1}),
        )
    )
    said = await chat.answer("technical counts double, and show me one of billing")
    before = (await chat.state()).values["messages"][-3:]
    assert "**Record 1** · Billing" in said and "Still open: 1 Generate more data" in said
    assert not any("Coverage Analysis" in message.text or "Plan" in message.text for message in before), (
        before
    )
    assert "nothing" in (await chat.answer("yes")).casefold() or list_jobs(services.store, "wf-1") == []
    assert "**Plan**" in await chat.answer("1")


async def test_a_yes_that_is_asked_back_keeps_what_comes_after_it(
    chat: Any, services: Services, model: ScriptedChatModel
) -> None:
    await chat.new("")
    model.queue.append(calls(("ProposePlan", {"items": TWO})))
    await chat.answer("2 technical")
    both = calls(("SoundsLikeAYes", {"to": "the plan"}), ("ShowRecords", {"origin": "synthetic"}))
    model.queue.append(both)
    assert "please answer “yes”" in await chat.answer("yep do that, and after that show em")
    assert list_jobs(services.store, "wf-1") == []
    assert "**Record 2** · Technical Issues · synthetic" in await chat.answer("yes")


async def test_each_question_needs_its_own_yes(
    chat: Any, services: Services, model: ScriptedChatModel
) -> None:
    await chat.new("")
    before = counts(services)
    model.queue.append(
        calls(
            RENAME,
            ("ProposePlan", {"items": [{"topic": "Faults", "count": 2, "strategy": "few_shot"}]}),
        )
    )
    said = await chat.answer("call technical faults and do 2 for it")
    assert said.startswith("After your answer to this: the plan for Faults.\n")
    assert "1. Rename" in said and "**Plan**" not in said and counts(services) == before
    said = await chat.answer("yes")
    assert '**Plan**: 2 for "Faults"' in said, "under the name that it has now"
    assert "Faults" in counts(services) and list_jobs(services.store, "wf-1") == []
    assert "**Generation Complete**" in await chat.answer("yes")


async def test_a_rule_and_another_plan_while_a_pilot_is_asked_for(
    chat: Any, services: Services, model: ScriptedChatModel
) -> None:
    await chat.new("do 4 for technical issues with few-shot")
    model.queue.append(calls(("ProposePilot", {"count": 2})))
    assert "A pilot first: 2 of the 4" in await chat.answer("first show me 2")
    model.queue.append(calls(("StateRule", {"rule": "Keep it short."}), ("ProposePlan", {"items": TWO})))
    said = await chat.answer("keep it short, and just do 2")
    assert said.startswith("From now on: rule 1") and "**Plan**: 2 for" in said
    assert "Rule 1 holds for it." in said


async def test_a_rule_for_another_topic_is_none_for_the_plan(
    chat: Any, services: Services, model: ScriptedChatModel
) -> None:
    await chat.new("")
    other = ("StateRule", {"rule": "Only in Chinese.", "topic": "billing_questions"})
    model.queue.append(
        calls(("StateRule", {"rule": "Keep it short."}), other, ("ProposePlan", {"items": TWO}))
    )
    said = await chat.answer("keep it short, billing in chinese, and do 2 technical")
    assert 'rule 2: “Only in Chinese.” (only "Billing Questions")' in said and "Rule 1 holds for it." in said


async def test_another_wish_puts_the_rest_away(
    chat: Any, services: Services, model: ScriptedChatModel
) -> None:
    await chat.new("")
    model.queue.append(
        calls(
            RENAME,
            ("StateRule", {"rule": "Keep it short."}),
        )
    )
    await chat.answer("call technical faults. and keep it short")
    model.queue.append(calls(("ProposePlan", {"items": TWO})))
    said = await chat.answer("no wait, 2 technical first")
    assert 'No longer waiting for your yes: Rename "technical_issues" to "Faults".' in said
    assert "What was to follow does not come by itself now: the rule “Keep it short.”." in said
    told = str(model.history[-1][1].content)
    assert '"follows_once_the_question_is_answered": "the rule “Keep it short.”"' in told
    await chat.answer("yes")
    assert list_rules(services.store, "wf-1") == [] and "Faults" not in counts(services)


async def test_what_follows_a_plan_is_not_lost_unsaid(
    chat: Any, services: Services, model: ScriptedChatModel
) -> None:
    await chat.new("")
    shown = ("ShowRecords", {"topic": "technical_issues", "number": 1})
    targets = ("SetTargets", {"aims": [{"kind": "factor", "topic": "billing_questions", "value": 2}]})
    for wish in (RENAME, targets):
        model.queue.append(calls(("ProposePlan", {"items": TWO}), shown))
        assert "After your answer to this: the records to show." in await chat.answer(
            "2 technical, then show 1"
        )
        model.queue.append(calls(wish))
        said = await chat.answer("something else first")
        assert "What was to follow does not come by itself now: the records to show." in said, wish
    model.queue.append(calls(("ProposePlan", {"items": TWO}), shown))
    await chat.answer("2 technical, then show 1")
    model.queue.append(calls(("ShowRules", {})))
    assert "does not come" not in await chat.answer("what are the rules?")
    assert "**Record 1**" in await chat.answer("yes")


async def test_no_plan_asks_for_a_yes_between_what_was_asked_for(
    chat: Any, services: Services, model: ScriptedChatModel
) -> None:
    await chat.new("5 billing and 3 accounts with few-shot")
    model.queue.append(
        calls(
            ("LeaveOut", {"topics": ["account_management"]}),
            RENAME,
        )
    )
    said = await chat.answer("leave accounts out and call technical faults")
    told = "\n".join(message.text for message in (await chat.values())["messages"])
    assert 'Left out from now on: "Account Management".' in told
    assert "1. Rename" in said and "1. Generate" not in said, "the yes that follows is one to the new name"
    await chat.answer("yes")
    assert "Faults" in counts(services) and list_jobs(services.store, "wf-1") == []


async def test_after_a_no_the_rest_is_done(chat: Any, services: Services, model: ScriptedChatModel) -> None:
    await chat.new("")
    model.queue.append(
        calls(
            RENAME,
            ("StateRule", {"rule": "Keep it short."}),
        )
    )
    await chat.answer("call technical faults. and keep it short")
    said = await chat.answer("no")
    assert "From now on: rule 1" in said and "Faults" not in counts(services)


async def test_nothing_is_done_here_that_was_meant_for_another_dataset(
    chat: Any, services: Services, model: ScriptedChatModel
) -> None:
    await chat.new("")
    rule = ("StateRule", {"rule": "Keep it short."})
    model.queue.append(calls(("SwitchDataset", {"workflow_id": "shop"}), rule))
    model.queue.append(AIMessage("There is no dataset of that name."))
    said = await chat.answer("in shop: keep it short")
    assert said.startswith("There is no dataset of that name.") and list_rules(services.store, "wf-1") == []
    assert "wf-1" in str(model.history[-1][-2].content), "it is told which there are"
    model.queue.append(calls(("GoBackBefore", {"round": 7}), rule))
    said = await chat.answer("go back before round 7 and keep it short")
    assert (
        said.startswith("Not done: the rule “Keep it short.”.") and list_rules(services.store, "wf-1") == []
    )


async def test_a_yes_that_fits_nothing_here_is_waited_for(
    chat: Any, services: Services, model: ScriptedChatModel
) -> None:
    await chat.new("")
    await chat.answer("show me technical records")
    await chat.answer("drop 1")
    model.queue.append(calls(("SoundsLikeAYes", {"to": "the plan"}), ("ProposePlan", {"items": TWO})))
    said = await chat.answer("yes and 2 technical")
    assert "I am not sure what your yes is to." in said and "No longer waiting" not in said
    said = await chat.answer("1")
    assert "I dropped record 1" in said or "I dropped record 1" in "\n".join(
        message.text for message in (await chat.values())["messages"]
    )
    assert "**Plan**: 2 for" in said and list_jobs(services.store, "wf-1") == []


async def test_records_are_not_named_by_numbers_that_will_be_others(
    chat: Any, services: Services, model: ScriptedChatModel
) -> None:
    await chat.new("")
    await chat.answer("show me technical records")
    move = ("MoveRecords", {"numbers": [1], "topic": "billing_questions"})
    model.queue += [calls(RENAME, move), AIMessage("First the one, then the other.")]
    await chat.answer("call technical faults and move 1 to billing")
    assert counts(services)["technical_issues"] == 8
    assert "no numbers any more" in str(model.history[-1][-1].content)


async def test_what_is_shown_beside_it_has_no_number_yet(
    chat: Any, services: Services, model: ScriptedChatModel
) -> None:
    """A record of another topic was moved: the one that was found got the next number, not the first."""
    await chat.new("")
    await chat.answer("show me technical records")
    sought = next(load_records(services.store, "wf-1", topic="account_management")).user_text
    show = ("ShowRecords", {"containing": sought})
    model.queue += [
        calls(show, ("MoveRecords", {"numbers": [1], "topic": "billing_questions"})),
        calls(show, ("MoveRecords", {"containing": sought.upper(), "topic": "billing_questions"})),
    ]
    said = await chat.answer("find that one and put it in billing")
    assert "has no numbers yet" in str([message.content for message in model.history[-1]])
    assert f'is now "Billing Questions" (“{sought[:20]}' in said and "before in Account Management" in said
    assert counts(services) == {"technical_issues": 8, "account_management": 47, "billing_questions": 25}


async def test_the_one_that_was_looked_at_is_taken_out_by_what_stands_in_it(
    chat: Any, services: Services, model: ScriptedChatModel
) -> None:
    """By its number it took showing it, a sentence more, and the yes."""
    await chat.new("")
    await chat.answer("show me technical records")
    sought = next(load_records(services.store, "wf-1", topic="account_management")).user_text
    model.queue.append(calls(("DropRecords", {"containing": sought, "reason": "never happened"})))
    said = await chat.answer("that account one never happened, out with it")
    number = len((await chat.values())["numbered"])
    assert f"- record {number} · Account Management · real: {sought[:20]}" in said
    assert counts(services)["account_management"] == 48, "a yes is needed"
    await chat.answer("yes")
    assert counts(services)["account_management"] == 47
    model.queue.append(calls(("KeepRecords", {"numbers": [number]})))
    await chat.answer("no, keep it")
    assert counts(services)["account_management"] == 48
    model.queue += [calls(("DropRecords", {"containing": "e"})), AIMessage("Which of them?")]
    await chat.answer("out with the one with the e")
    assert "“e” stands in 80 records." in str(model.history[-1][-1].content)


async def test_what_stands_in_several_records_moves_none(
    chat: Any, services: Services, model: ScriptedChatModel
) -> None:
    await chat.new("")
    before = counts(services)
    move = ("MoveRecords", {"containing": "e", "topic": "billing_questions"})
    model.queue += [calls(move), AIMessage("Which of them?")]
    await chat.answer("put the one with the e in billing")
    assert "“e” stands in 80 records." in str(model.history[-1][-1].content) and counts(services) == before


async def test_facts_come_before_what_is_done(
    chat: Any, services: Services, model: ScriptedChatModel
) -> None:
    await chat.new("")
    model.queue.append(calls(("ExplainTopics", {}), ("ProposePlan", {"items": TWO})))
    model.queue.append(calls(("ProposePlan", {"items": TWO}), said="8 are technical."))
    said = await chat.answer("2 technical. how many are there?")
    assert said.startswith("8 are technical.\n\n**Plan**: 2 for")
    told = [str(message.content) for message in model.history[-1] if message.type == "tool"]
    assert len(told) == 2 and "not_done_yet" in told[1], "one answer for each call"


async def test_what_cannot_be_done_is_corrected_before_anything_is(
    chat: Any, services: Services, model: ScriptedChatModel
) -> None:
    await chat.new("")
    rule = ("StateRule", {"rule": "Keep it short."})
    model.queue.append(calls(rule, ("ShowRecords", {"topic": "weather"})))
    model.queue.append(calls(rule, ("ShowRecords", {"topic": "technical_issues"})))
    said = await chat.answer("keep it short, and show me the technikal ones")
    assert len(list_rules(services.store, "wf-1")) == 1 and "**Record 1** · Technical Issues" in said


async def test_what_was_changed_since_it_began_is_told_to_the_model(
    chat: Any, services: Services, model: ScriptedChatModel
) -> None:
    """Turns fall out of what the model reads: a summary of the day named the rounds only."""
    await chat.new("")
    model.queue.append(calls(("LeaveOut", {"topics": ["billing_questions"]}), RENAME))
    await chat.answer("leave billing out, and call technical faults")
    await chat.answer("yes")
    sought = next(load_records(services.store, "wf-1", topic="account_management")).user_text
    model.queue.append(calls(("MoveRecords", {"containing": sought, "topic": "Faults"})))
    await chat.answer("put that account one there")
    model.queue.append(calls(("DropRecords", {"containing": sought})))
    await chat.answer("no, out with it")
    await chat.answer("no")
    model.queue.append(AIMessage("It had 80 records in 3 topics when we began."))
    assert "80 records in 3 topics" in await chat.answer("what did I change today?")
    state = json.loads(model.history[-1][1].text.split("State:\n")[1].split("\nTurns before")[0])
    first, second, third = state["changed_in_this_conversation"]
    assert (first, second) == ("left out: billing_questions", "technical_issues → Faults")
    assert third == f"“{escape(sought)}” → Faults"
    assert state["when_it_began"] == {"balance_score": 0.45, "records": 80, "number_of_topics": 3}


async def test_what_waits_still_waits_where_a_yes_is_asked_back(
    chat: Any, services: Services, model: ScriptedChatModel
) -> None:
    await chat.new("")
    model.queue.append(calls(RENAME, ("StateRule", {"rule": "Keep it short."})))
    await chat.answer("call technical faults, and keep it short")
    yes = ("SoundsLikeAYes", {"to": "what the question asks"})
    model.queue.append(calls(yes, ("ShowRecords", {"topic": "billing_questions", "number": 1})))
    said = await chat.answer("guess yes, and show me one of billing")
    assert "After your answer to this: the rule “Keep it short.”; the records to show." in said
    said = await chat.answer("1")
    assert "rule 1" in said and "**Record 1** · Billing" in said
    assert len(list_rules(services.store, "wf-1")) == 1


async def test_a_topic_that_there_is_in_other_capitals_keeps_them(
    chat: Any, services: Services, model: ScriptedChatModel
) -> None:
    await chat.new("")
    merge = {"topics": ["technical_issues"], "into": "Billing_Questions"}
    model.queue.append(calls(("MergeTopics", {"merges": [merge]})))
    said = await chat.answer("technical is Billing_Questions")
    assert '1. Merge "technical_issues" into "billing_questions"' in said
    assert '"billing_questions" (32 records then)' in said


async def test_more_after_a_record_was_named_but_not_shown_is_the_details(
    chat: Any, services: Services, model: ScriptedChatModel
) -> None:
    await chat.new("")
    sought = next(load_records(services.store, "wf-1", topic="account_management")).user_text
    model.queue.append(calls(("DropRecords", {"containing": sought})))
    await chat.answer("out with the account one")
    await chat.answer("no")
    assert "**Record" not in await chat.answer("more")


def test_a_stored_reply_with_several_deeds_is_read_back() -> None:
    deed = {"kind": "several", "deeds": [{"kind": "show_records"}, {"kind": "show_rules"}]}
    reply = stored_reply({"deed": deed})
    assert reply is not None and isinstance(reply.deed, Several)
    assert [one.kind for one in reply.deed.deeds] == ["show_records", "show_rules"]
