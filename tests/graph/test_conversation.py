"""The specification's conversation, and what people do instead of following it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from finetune_coverage.tools.generation.approvals.plans import list_plans
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.store.records import load_records
from langchain_core.messages import ToolMessage


async def test_the_example_of_the_specification(chat: Any, services: Services) -> None:
    said = await chat.new("Please check my dataset")
    assert said.startswith(
        "**Coverage Analysis**  \n**Balance Score:** 0.45 (Poor)  \n**Topic Distribution:**\n"
    )
    assert "| Billing Questions | 24 | 30% |  |" in said
    assert "| Technical Issues | 8 | 10% | ⚠️ Under-represented |" in said
    assert (
        'The "Technical Issues" topic only has 8 records, which may cause the model to underperform' in said
    )
    assert (
        '**Plan**: 16 for "Technical Issues" (few-shot): 8 → 24 records, score 0.72. About 14 of 16 new ('
        in said
    )
    assert said.endswith(
        "Would you like me to (“more” shows the details):\n"
        '1. Generate synthetic data for "Technical Issues"\n'
        "2. Generate for all under-represented topics\n"
        "3. Skip generation and proceed to grader config\n"
        "4. Review existing records first"
    )
    asked = await chat.asked()
    assert asked is not None
    assert [action["args"] for action in asked["action_requests"]] == [
        {"workflow_id": "wf-1", "topic": "technical_issues", "count": 16, "strategy": "few_shot"}
    ]
    assert asked["action_requests"][0]["description"] == said
    assert list(load_records(services.store, "wf-1", origin="synthetic")) == []

    said = await chat.answer("1")
    assert said.startswith(
        '**Generation Complete**  \nI\'ve generated 16 new synthetic records for "Technical Issues".'
    )
    assert "- Balance Score: 0.45 → 0.72 ✓\n- Technical Issues: 8 → 24 records" in said
    assert "| Technical Issues | 24 | 25% | ✓ Improved |" in said
    assert said.endswith(
        "The dataset is now better balanced. Would you like to:\n"
        "1. Proceed to grader configuration\n"
        "2. Generate more data to further balance\n"
        "3. Review the synthetic records"
    )
    assert (await chat.asked())["action_requests"][0]["name"] == "proceed_to_grader"
    progress = [e for mode, e in chat.events if mode == "custom" and e["type"] == "progress"]
    assert progress[-1]["accepted"] == progress[-1]["requested"] == 16

    said = await chat.answer("1")
    assert "96 records" in said and "0.72 (Good)" in said
    values = await chat.values()
    assert values["next_step"] == "grader"
    assert values["rounds"] == 1
    assert values["coverage_before"]["balance_score"] == 0.45
    assert values["coverage_after"]["balance_score"] == 0.72
    synthetic = {record.id for record in load_records(services.store, "wf-1", origin="synthetic")}
    assert set(values["record_ids"]) == synthetic and len(synthetic) == 16
    assert values["cost"]["tokens"] > 0
    assert await chat.tool_calls() == ["analyze_coverage", "generate_synthetic_data", "analyze_coverage"]


async def test_a_question_keeps_the_plan(chat: Any, services: Services) -> None:
    await chat.new("hi")
    plan = list_plans(services.store, "wf-1", "pending")[0]
    for question, expected in [
        ("how many technical issues are there?", '"Technical Issues" has 8 records, 10% of all'),
        ("what is scenario expansion?", "Expand edge cases and variations"),
        ("which strategies are there?", "| Message Variation | Multi-turn conversations |"),
        ("what does it cost?", "model calls"),
        ("what does the score mean?", "0.45 (Poor)"),
        ("what was rejected?", "No draft was rejected"),
        ("what would the score be if you do 8?", "Technical Issues 8 → 16"),
    ]:
        said = await chat.answer(question)
        assert expected in said, question
        assert "Still on the table: 16 for" in said
        assert said == (await chat.asked())["action_requests"][0]["description"]
    assert [p.id for p in list_plans(services.store, "wf-1", "pending")] == [plan.id]
    assert "Generation Complete" in await chat.answer("yes")


async def test_a_typed_change_is_shown_and_asked_again(chat: Any, services: Services) -> None:
    await chat.new("hi")
    said = await chat.answer("do 4 for tecnical isues with topic description")
    assert '**Plan**: 4 for "Technical Issues" (topic description).' in said
    assert "Technical Issues 8 → 12" in said
    assert list(load_records(services.store, "wf-1", origin="synthetic")) == []
    said = await chat.answer("yes")
    assert "Technical Issues: 8 → 12 records" in said
    statuses = sorted(plan.status for plan in list_plans(services.store, "wf-1"))
    assert statuses == ["approved", "cancelled"]


@pytest.mark.parametrize(
    ("text", "step"), [("skip", "grader"), ("later", "stopped"), ("I'll review it myself", "review")]
)
async def test_leaving_takes_the_plan_back(chat: Any, services: Services, text: str, step: str) -> None:
    await chat.new("hi")
    await chat.answer(text)
    assert (await chat.values())["next_step"] == step
    assert [plan.status for plan in list_plans(services.store, "wf-1")] == ["cancelled"]
    assert await chat.asked() is None


async def test_a_no_asks_what_else_and_a_yes_afterwards_starts_nothing(
    chat: Any, services: Services, writer: Any
) -> None:
    await chat.new("hi")
    assert "What would you like instead?" in await chat.answer("no")
    assert [plan.status for plan in list_plans(services.store, "wf-1")] == ["declined"]
    assert "I am not sure what your yes is to" in await chat.answer("yes")
    assert writer.calls == 0
    assert "**Plan**" in await chat.answer("5 for technical, few-shot")
    await chat.answer("yes")
    assert len(list(load_records(services.store, "wf-1", origin="synthetic"))) == 5


async def test_a_reply_typed_as_new_input_reaches_the_pending_plan(chat: Any, services: Services) -> None:
    await chat.new("hi")
    assert "has 8 records" in await chat.new("how many technical issues?")
    assert "**Plan**" in await chat.new("make it 6")
    assert "Technical Issues: 8 → 14 records" in await chat.new("yes")
    assert len((await chat.values())["record_ids"]) == 6


async def test_an_old_yes_is_never_read_a_second_time(chat: Any, services: Services, writer: Any) -> None:
    await chat.new("hi")
    await chat.answer("do 2 with few-shot")
    await chat.new("yes")
    calls = writer.calls
    assert await chat.asked() is not None
    await chat.new()  # no new message: the last one of the person is still "yes"
    assert writer.calls == calls
    assert len(list(load_records(services.store, "wf-1", origin="synthetic"))) == 2


async def test_structured_answers(chat: Any, services: Services) -> None:
    await chat.new("hi")
    edit = {"name": "generate_synthetic_data", "args": {"workflow_id": "wf-1", "topic": "Technical Issues",
            "count": "3", "strategy": "few-shot"}}  # fmt: skip
    said = await chat.answer({"decisions": [{"type": "edit", "edited_action": edit}]})
    assert "I've generated 3 new synthetic records" in said
    assert (await chat.values())["record_ids"]


@pytest.mark.slow
@pytest.mark.parametrize("bad", [{"count": "many"}, {"count": "0"}, {"topic": "cooking"}, {"strategy": "magic"},
                                 {"workflow_id": "wf-2"}])  # fmt: skip
async def test_an_edit_that_cannot_be_used_is_asked_again(
    chat: Any, writer: Any, bad: dict[str, str]
) -> None:
    await chat.new("hi")
    args = {"workflow_id": "wf-1", "topic": "technical_issues", "count": "3", "strategy": "few_shot"} | bad
    edit = {"name": "generate_synthetic_data", "args": args}
    said = await chat.answer({"decisions": [{"type": "edit", "edited_action": edit}]})
    assert "The plan still stands" in said
    assert writer.calls == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    "answer", [{"type": "approve"}, [{"type": "accept"}], {"decisions": [{"type": "approve"}]}]
)
async def test_every_form_of_approval(chat: Any, services: Services, answer: Any) -> None:
    await chat.new("do 2 for technical issues with few-shot")
    await chat.answer(answer)
    assert len(list(load_records(services.store, "wf-1", origin="synthetic"))) == 2


async def test_an_answer_of_no_known_shape_is_refused_and_can_be_given_again(chat: Any) -> None:
    await chat.new("hi")
    with pytest.raises(ValueError, match="validation error"):
        await chat.answer({"foo": "bar"})
    assert await chat.asked() is not None
    assert "0.45 (Poor)" in await chat.answer("what is the score?")


async def test_review_and_drop(chat: Any, services: Services) -> None:
    await chat.new("hi")
    said = await chat.answer("4")
    assert (
        "**Record 1** · Technical Issues · real" in said
        and "> user: This device fault worries me: my camera" in said
    )
    assert "**Record 4**" not in said and "**Record 6**" in await chat.answer("next")
    assert "**Record 8**" in await chat.answer("more")
    assert "no record 20" in await chat.answer("drop 20")
    said = await chat.answer("drop 1 and 99")
    assert "There is no record 99 on the screen." in said and "Take record 1 out" in said
    await chat.answer("no")
    said = await chat.answer("drop 1 and 6")
    assert "- record 1 · Technical Issues · real: This device fault worries me" in said
    said = await chat.answer("yes")
    assert "I dropped records 1, 6" in said and "| Technical Issues | 6 |" in said
    await chat.answer("drop 3")
    assert "This takes record 2 out" in await chat.answer("drop 2, please")
    assert "1. Take record 2 out" in await chat.answer("how many technical issues are there?")
    assert "I dropped record 2;" in await chat.answer("yes")
    await chat.answer("drop 3")
    assert "nothing was changed" in await chat.answer("no")
    assert sum(1 for _ in load_records(services.store, "wf-1", topic="technical_issues")) == 5
    assert "The plan still stands" in await chat.answer("back")


async def test_after_generation_generate_more_shows_a_plan_first(
    chat: Any, services: Services, writer: Any
) -> None:
    await chat.new("hi")
    await chat.answer("yes")
    calls = writer.calls
    said = await chat.answer("2")
    assert said.startswith("**Plan**") and writer.calls == calls
    assert len(list_plans(services.store, "wf-1", "pending")) == 1


async def test_the_end_of_a_conversation_is_not_its_death(chat: Any) -> None:
    await chat.new("hi")
    await chat.answer("skip")
    assert "0.45 (Poor)" in await chat.new("what is the score?")
    assert "You can ask about the figures" in await chat.new("thanks!")
    assert (await chat.values())["next_step"] == "grader"
    assert "**Plan**" in await chat.new("generate more")
    assert (await chat.values())["next_step"] is None


async def test_a_stale_plan_is_analyzed_again(chat: Any, services: Services, writer: Any) -> None:
    from finetune_coverage.tools.store.records import set_status

    await chat.new("hi")
    first = next(load_records(services.store, "wf-1", topic="technical_issues"))
    set_status(services.store, "wf-1", [first.id], "rejected")
    said = await chat.answer("yes")
    assert "can no longer be used" in said and "| Technical Issues | 7 |" in said
    set_status(services.store, "wf-1", [first.id], "active")
    said = await chat.new("yes")
    assert "The dataset has changed" in said and "| Technical Issues | 8 |" in said
    assert writer.calls == 0


async def test_messages_show_each_tool_call_with_its_result(chat: Any) -> None:
    await chat.new("hi")
    messages = (await chat.values())["messages"]
    result = next(m for m in messages if isinstance(m, ToolMessage))
    assert result.name == "analyze_coverage" and re.search(r'"balance_score": 0\.45', str(result.content))
