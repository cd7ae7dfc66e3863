"""Review in the conversation: reasons, confirmed rules, labels, edits; and what the next round makes of them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from finetune_coverage.tools.generation.approvals.plans import list_plans
from finetune_coverage.tools.generation.checks.verifier.rubric import rubric_of
from finetune_coverage.tools.generation.lessons.rules import list_rules
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.store.records import get_record, load_records

pytestmark = pytest.mark.slow


def records(services: Services, **wanted: Any) -> list[Any]:
    return list(load_records(services.store, "wf-1", **wanted))


@pytest.fixture
async def reviewing(chat: Any) -> Any:
    """A conversation after a round of two records, which are shown."""
    await chat.new("do 2 for technical issues with few-shot")
    await chat.answer("yes")
    await chat.answer("show me the synthetic records")
    return chat


async def test_a_rejection_is_an_example_in_the_next_round_s_prompts(
    reviewing: Any, services: Services, model: Any
) -> None:
    said = await reviewing.answer("drop 1, it sounds like a robot")
    assert "This takes record 1 out of the dataset:\n- record 1 · Technical Issues · synthetic: " in said
    assert "1. Take record 1 out\n2. Leave it as it is" in said
    assert records(services, origin="synthetic", status="rejected") == [], (
        "a number beside a word is asked back"
    )
    said = await reviewing.answer("yes")
    assert "I dropped record 1;" in said and "“it sounds like a robot”" in said
    (dropped,) = records(services, origin="synthetic", status="rejected")
    await reviewing.answer("1 for technical issues with few-shot")
    model.history.clear()
    await reviewing.answer("yes")
    prompts = [str(messages[0].content) for messages in model.history]
    assert prompts and all('"why": "it sounds like a robot"' in prompt for prompt in prompts)
    assert all(json.dumps(dropped.messages[-1]["content"]) in prompt for prompt in prompts)
    newest = records(services, origin="synthetic")[-1]
    assert newest.provenance["drawn"]["lessons"] == [dropped.id]


async def test_other_records_that_are_shown_meanwhile_are_not_taken_out(
    reviewing: Any, services: Services
) -> None:
    (first, *_) = (await reviewing.values())["offer"]["review"]["records"]
    await reviewing.answer("drop 1")
    await reviewing.answer("review existing records")
    review = (await reviewing.values())["offer"]["review"]
    assert review["records"][0] == first and min(review["on_screen"]) > 2, "a number is that of one record"
    await reviewing.answer("yes")
    assert [record.id for record in records(services, status="rejected")] == [first]


async def test_a_rejected_record_does_not_come_back(
    reviewing: Any, services: Services, model: Any, writing: Any
) -> None:
    await reviewing.answer("drop 1")
    await reviewing.answer("yes")
    (dropped,) = records(services, origin="synthetic", status="rejected")
    user, assistant = (message["content"] for message in dropped.messages[-2:])
    model.queue.append(writing.whole_record(user, assistant))
    await reviewing.answer("1 for technical issues with few-shot")
    said = await reviewing.answer("yes")
    assert "1 the same as another record" in said or "1 too like another record" in said
    assert [record.body for record in records(services, origin="synthetic")].count(dropped.body) == 0


async def test_a_reason_becomes_a_rule_only_when_it_is_confirmed(
    reviewing: Any, services: Services, model: Any, writing: Any
) -> None:
    await reviewing.answer("drop 1 because it should never mention the hotline")
    said = await reviewing.answer("1")
    assert "“it should never mention the hotline”" in said
    assert '1. Make it a rule for all topics\n2. Only for "Technical Issues"\n3. No rule' in said
    assert list_rules(services.store, "wf-1") == [] and list_plans(services.store, "wf-1", "pending") == []
    said = await reviewing.answer("2")
    assert "From now on: rule 1:" in said and "**Coverage Analysis**" in said
    (rule,) = list_rules(services.store, "wf-1")
    assert (rule.words, rule.is_in_words, rule.topic) == (
        "it should never mention the hotline",
        True,
        "technical_issues",
    )
    said = await reviewing.answer("list rules")
    assert "rule 1: “it should never mention the hotline”" in said and "No verifier runs" in said
    await reviewing.answer("1 for technical issues with few-shot")
    assert "not judged by review_rule: no verifier runs" in await reviewing.answer("yes")
    assert "1. Take rule 1 out" in await reviewing.answer("remove rule 1")
    assert len(list_rules(services.store, "wf-1")) == 1
    assert "Removed: rule 1" in await reviewing.answer("yes")
    assert "There is no rule 1" in await reviewing.answer("remove rule 1")
    assert "There are no rules" in await reviewing.answer("which rules apply?")


async def test_a_rule_in_words_goes_into_the_prompts_and_the_verifier_judges_by_it(
    chat: Any, services: Services, model: Any, writing: Any
) -> None:
    services.settings.verifier_share = 1
    await chat.new("do 2 for technical issues with few-shot")
    await chat.answer("yes")
    said = await chat.answer("规则: 回答不要超过两句")
    assert "From now on: rule 1: “回答不要超过两句”" in said and "nothing judges" not in said
    passes = {"quote": "", "finding": "", "passes": True}
    breaks = {"quote": "For the router", "finding": "three sentences", "passes": False}
    verdict = dict.fromkeys([*rubric_of("few_shot").criteria, "case_kept"], passes) | {"rule_1": breaks}
    model.queue.append(writing.whole_record(*writing.exchange("technical_issues", 300)))
    model.queue.append(json.dumps(verdict))
    await chat.answer("1 for technical issues with few-shot")
    model.history.clear()
    assert "1 the second model found fault with it" in await chat.answer("yes")
    prompts = [str(message.content) for messages in model.history for message in messages]
    assert any("keeps to these rules" in prompt and "回答不要超过两句" in prompt for prompt in prompts)
    said = await chat.answer("what was rejected and why?")
    assert "breaks the rule “回答不要超过两句”: three sentences" in said


async def test_a_phrase_that_must_not_occur_is_compared_letter_by_letter(
    reviewing: Any, services: Services, model: Any, writing: Any
) -> None:
    said = await reviewing.answer("never say “hotline” in technical issues")
    assert "rule 1: no reply of the assistant may say “hotline” (only" in said
    bad = ("My kettle hums since yesterday evening.", "Then ring the hotline at once.")
    model.queue.append(writing.whole_record(*bad))
    await reviewing.answer("1 for technical issues with few-shot")
    assert "1 against one of your rules" in await reviewing.answer("yes")
    assert not any("hotline" in record.body for record in records(services, origin="synthetic")[-1:])


@pytest.mark.parametrize("answer", ["no", "3", {"type": "reject"}])
async def test_a_no_to_the_rule(reviewing: Any, services: Services, answer: Any) -> None:
    await reviewing.answer("drop 1 because one should never promise so much")
    await reviewing.answer("yes")
    assert "No rule then" in await reviewing.answer(answer)
    assert list_rules(services.store, "wf-1") == []


async def test_a_yes_to_the_rule(reviewing: Any, services: Services) -> None:
    await reviewing.answer("drop 1: never be curt")
    await reviewing.answer("yes")
    await reviewing.answer("yes")
    (rule,) = list_rules(services.store, "wf-1")
    assert (rule.words, rule.is_in_words, rule.topic) == ("never be curt", True, None)


async def test_taken_back_in_moved_and_edited(reviewing: Any, services: Services) -> None:
    await reviewing.answer("drop 1")
    await reviewing.answer("yes")
    assert "Record 1 counts as before" in await reviewing.answer("keep 1")
    assert len(records(services, origin="synthetic")) == 2
    assert 'is now "Billing Questions"' in await reviewing.answer("record 2 is about billing")
    assert sum(r.topic == "billing_questions" for r in records(services, origin="synthetic")) == 1
    said = await reviewing.answer("edit the reply of 1: Switch the camera off and on again.")
    assert "I changed the last reply of record 1; the record as it was is kept aside.\n" in f"{said}\n"
    changed = next(r for r in records(services, origin="synthetic") if "off and on again" in r.body)
    assert changed.messages[-1]["content"] == "Switch the camera off and on again."
    was = get_record(services.store, "wf-1", changed.provenance["edited_from"])
    assert was.messages[0] == changed.messages[0]
    said = await reviewing.answer("edit the question of 1: What about my camera?")
    assert "Its reply is as it was written for the old one: edit the reply too, or drop the record." in said
    said = await reviewing.answer("are they any good?")
    assert "1 synthetic record passed every check; " in said
    assert "1 record you edited, and no check has seen the new text." in said
    assert any("What about my camera?" in r.body for r in records(services)), "1 is now the edited one"
