"""Questions on the data: answered by tools, every number from a result, whatever the model says."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import typer
from finetune_coverage.agent.cli import app
from finetune_coverage.graph.actions.number_check import unsupported_numbers
from finetune_coverage.graph.actions.questions import OUTSIDE
from finetune_coverage.tools.models.scripted import ScriptedChatModel
from langchain_core.messages import AIMessage, ToolMessage

from ..readings import READS

pytestmark = pytest.mark.slow

TOPICS = ["billing_questions", "technical_issues", "account_management"]


async def last_turn(chat: Any) -> tuple[list[ToolMessage], list[dict[str, Any]], str]:
    """The tool results since the last question, all arguments and results, and the answer."""
    messages = (await chat.values())["messages"]
    start = max(number for number, message in enumerate(messages) if message.type == "human")
    results = [message for message in messages[start:] if isinstance(message, ToolMessage)]
    calls = [
        call for message in messages[start:] if isinstance(message, AIMessage) for call in message.tool_calls
    ]
    assert [call["id"] for call in calls] == [result.tool_call_id for result in results]
    held = [json.loads(str(result.content)) for result in results] + [call["args"] for call in calls]
    return results, held, await chat.said()


QUESTIONS = [
    ("show me the worst three", ["inspect_topics"], "| Technical Issues ⚠️ | 8 | 10% | 33% |"),
    (
        "why is technical low",
        ["inspect_topics", "inspect_rejections"],
        '"Technical Issues" has 8 records, 10% of all',
    ),
    ("what do billing records look like", ["inspect_records"], '"Billing Questions" has 24 records'),
    ("what did the last round add", ["inspect_rounds"], "There was no round of generation yet"),
    ("why was this rejected", ["inspect_rejections"], "No draft was rejected so far"),
    ("what would 0.8 cost", ["plan_for_score"], "The fewest records that bring the score to 0.8 are"),
    ("what does the score mean?", ["inspect_topics", "inspect_plan"], "0.45 (Poor)"),
    ("how much is it?", ["inspect_plan", "inspect_rounds"], "model calls"),
    ("how many records are there?", ["inspect_topics"], "There are 80 records in 3 topics"),
    ("what is the plan?", ["inspect_plan"], "A yes starts exactly this: 16 for"),
    ("why few-shot?", ["inspect_strategies"], "I suggest few-shot"),
]


async def test_questions_are_answered_by_tools(chat: Any) -> None:
    await chat.new("hi")
    for question, tools, expected in QUESTIONS:
        await chat.answer(question)
        results, held, said = await last_turn(chat)
        assert [result.name for result in results] == tools, question
        assert expected in said, question
        plain = said.split("\n\nStill on the table")[0]
        facts = "\n".join(line for line in plain.split("\n") if not line.startswith(">"))
        facts = facts.partition("To see it as a plan, answer ")[0]  # the number of an option
        facts = facts.partition("Reading what you typed took")[0]  # counted in the conversation, by no tool
        if "few-shot" not in question:  # what a strategy is, is no figure of the dataset
            assert unsupported_numbers(facts, held, TOPICS) == [], question


async def test_how_to_go_on_is_said_once(chat: Any, model: Any) -> None:
    await chat.new("hi")
    call = {"name": "PlanForScore", "args": {"score": 0.8}, "id": "call-1"}
    model.queue += [
        AIMessage("", tool_calls=[call]),
        AIMessage("It takes few. Say “plan for 0.8” to see it."),
    ]
    said = await chat.answer("and what about 0.8 then?")
    assert said.startswith("It takes few. Say “plan for 0.8” to see it.\n\nStill on the table")
    assert "To see it as a plan, answer" in model.history[-1][-1].text


async def test_questions_after_a_round(chat: Any) -> None:
    await chat.new("hi")
    await chat.answer("do 2 for technical with few-shot")
    await chat.answer("yes")
    said = await chat.answer("what did the last round add?")
    assert '**Round 1** added 2 records: 2 of 2 for "Technical Issues" (few-shot).' in said
    assert "Balance score 0.45 → 0.49" in said
    results, held, _ = await last_turn(chat)
    result = json.loads(str(results[0].content))["result"]
    assert result["shown"][0]["items"][0]["accepted"] == 2
    assert (
        unsupported_numbers(said.split("\n\nThe plan still")[0].split("\n\nWould you")[0], held, TOPICS) == []
    )
    said = await chat.answer("undo the last round")
    assert "2 records leave" in said and "balance score 0.49 → 0.45" in said


ANSWERS = [
    ("„Technical Issues“ hat nur 8 von 80 Einträgen, also 10%.", True),
    ("„Technical Issues“ hat nur 9 von 80 Einträgen.", False),
    ("Du hast den Plan für 500 Dollar bestätigt.", False),
    ("Because forty records are missing.", False),
    ("", False),
]


@pytest.mark.parametrize(("answer", "is_kept"), ANSWERS)
async def test_an_answer_with_a_number_that_no_tool_returned_is_replaced(
    chat: Any, model: ScriptedChatModel, answer: str, is_kept: bool
) -> None:
    await chat.new("hi")
    model.queue += [AIMessage(answer)] * (1 if is_kept else 2)
    said = await chat.answer("warum ist technical issues so schwach")
    assert (answer in said) if is_kept else ('"Technical Issues" has 8 records, 10% of all' in said)
    assert not answer or (answer in said) == is_kept
    assert "Still on the table" in said
    results = [result.name for result in (await last_turn(chat))[0]]
    assert results == ["inspect_topics", "inspect_rejections"]
    asked = [
        told
        for told in model.history
        if told[0].text.startswith(READS) and '"warum ist technical issues so schwach"' in told[1].text
    ]
    # An invented number is corrected once, and an empty answer asked for once more.
    assert len(asked) == 2 + (not is_kept) and '"records": 8' in asked[1][-1].text


async def test_records_that_the_model_read_for_its_answer_are_not_shown_with_it(
    chat: Any, model: ScriptedChatModel
) -> None:
    await chat.new("hi")
    model.queue.append(AIMessage("Es sind 24 Einträge."))
    said = await chat.answer("wie sehen billing datensätze aus")
    assert said.startswith("Es sind 24 Einträge.\n\nStill on the table") and "> user: " not in said


def test_what_is_done_elsewhere_is_named_with_commands_that_there_are() -> None:
    named = re.findall(r"`finetune-coverage ([a-z -]+)", OUTSIDE)
    assert len(named) > 5
    group: Any = typer.main.get_command(app)
    for command in named:
        known = group
        for word in command.split(" -")[0].split():
            known = known.commands[word]
    options = {
        option for known in group.commands["export"].params for option in (*known.opts, *known.secondary_opts)
    }
    assert set(re.findall(r"--(?:format|no-synthetic|split|oversample)", OUTSIDE)) <= options
    assert "openai-upload only what OpenAI documents" in OUTSIDE, "how topics and other fields are left out"
    # What the conversation cannot do with topics itself; a model that is not told says that it cannot be done.
    assert {"topics assign --topics", "topics split"} <= {name.strip() for name in named}
