"""What the agent says is told in the language of the person, with the figures and names that it has in English."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from finetune_coverage.agent.chat.conversation import Conversation
from finetune_coverage.graph.build import build_graph
from finetune_coverage.graph.state import reading_used
from finetune_coverage.graph.translation import is_faithful, is_foreign
from finetune_coverage.tools.generation.approvals.plans import list_plans
from finetune_coverage.tools.generation.jobs.ledger import list_jobs
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.topics.discover import merge_topics
from langchain_core.messages import AIMessage
from langgraph.checkpoint.memory import InMemorySaver

pytestmark = pytest.mark.slow

KOREAN, CHINESE = "우선 기술 문제 데이터를 보여 주세요", "先给我看看技术问题的数据"
_WORD = re.compile(r'(?<![\w"`])[A-Za-z]{3,}(?![\w"`])')


def in_characters(character: str, *keep: str) -> Callable[[str], str]:
    """A translation that knows one word; names, strategies and what stands in quotation marks are kept."""
    kept = re.compile("|".join([r'"[^"]+"', r"`[^`]+`", *map(re.escape, keep)]), re.IGNORECASE)

    def translate(line: str) -> str:
        parts, end = [], 0
        for found in kept.finditer(line):
            parts += [_WORD.sub(character * 2, line[end : found.start()]), found[0]]
            end = found.end()
        return "".join([*parts, _WORD.sub(character * 2, line[end:])])

    return translate


NAMES = (
    "Billing Questions", "Technical Issues", "Account Management", "few-shot", "message variation",
    "topic description", "scenario expansion", "tool chain",
)  # fmt: skip


def shows(*, topic: str) -> AIMessage:
    call = {"name": "ShowRecords", "args": {"topic": topic}, "id": "call-1"}
    return AIMessage("", tool_calls=[call])


@pytest.mark.parametrize(("sentence", "character"), [(KOREAN, "가"), (CHINESE, "中")])
async def test_a_conversation_in_another_language(
    chat: Any, services: Services, model: Any, sentence: str, character: str
) -> None:
    first = await chat.new("")
    assert "**Coverage Analysis**" in first, "nobody has said anything yet"
    model.translate = in_characters(character, *NAMES)
    model.queue.append(shows(topic="technical_issues"))
    said = await chat.answer(sentence)
    quoted = [line for line in said.split("\n") if line.startswith(">")]
    assert quoted and all("device fault" in line or "assistant: For the" in line for line in quoted)
    assert character in said and "Still on the table" not in said and "16 " in said
    assert (await chat.asked())["action_requests"][0]["description"] == said
    (plan,) = list_plans(services.store, "wf-1", "pending")
    assert (await chat.asked())["action_requests"][0]["args"] == {
        "workflow_id": "wf-1", **plan.items[0].model_dump()
    }  # fmt: skip

    more = await chat.answer("자세히" if character == "가" else "详情")
    assert "| Technical Issues | 8 | 10% |" in more and character in more, (
        "figures and names are those in English"
    )
    ended = await chat.answer("네" if character == "가" else "好的")
    assert "0.45 → 0.72 ✓" in ended and "Generation Complete" not in ended and character in ended
    assert [job.count for job in list_jobs(services.store, "wf-1")] == [16]
    assert reading_used(await chat.values()).tokens >= 0


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("2. Generate 30 records", "2. 기록 31개 생성"),
        ("2. Generate 30 records", "기록 30개를 2개 생성"),
        ('30 for "Technical Issues" (few-shot)', '30, "기술 문제" (few-shot)'),
        ('30 for "Technical Issues" (few-shot)', '30, "Technical Issues" (소수)'),
        ("| Technical Issues | 15 | 10% |", "| 기술 문제 | 15 | 10% |"),
        ("Export with `finetune-coverage export`", "`미세 조정` 내보내기"),
        ("It costs about 5 dollars", "[여기](http://x.y) 5 달러"),
        ("Nothing starts", "아무것도\n2. 시작"),
        ("about 42,000 tokens", "약 42.000 토큰"),
    ],
)
def test_a_line_that_says_something_else_is_no_translation(line: str, told: str) -> None:
    assert not is_faithful(line, told, {"Technical Issues"})


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("2. Generate 30 records", "2. 기록 30개 생성"),
        ("4. Review existing records first", "4. 기존 기록 먼저 검토"),
        ('**Plan**: 30 for "Technical Issues" (few-shot)', '**계획**: "Technical Issues" 30개 (few-shot)'),
        ("| Topic | Records | % of Total | |", "| 주제 | 기록 | 전체의 % | |"),
        ("We go on with `b`; `a` stays as it is.", "现在继续处理 `b`；`a` 保持不变。"),
    ],
)
def test_a_line_that_says_the_same_is_one(line: str, told: str) -> None:
    assert is_faithful(line, told, {"Technical Issues", "Review"})


async def test_english_is_not_translated_and_a_setting_names_a_language(
    chat: Any, services: Services, model: Any, make_chat: Callable[..., Any]
) -> None:
    await chat.new("")
    await chat.answer("show me the worst three")
    await chat.answer("options")
    asked = [prompt for prompt in model.history if "into another language" in prompt[0].text]
    assert asked == []
    services.settings.language = "German"
    model.translate = in_characters("ß", *NAMES)
    told = await make_chat(build_graph(services, checkpointer=InMemorySaver()), "thread-2").new("")
    assert "ßß" in told and "| Technical Issues | 8 | 10% |" in told
    assert '"language": "German"' in model.history[-1][0].text
    services.settings.language = "en"
    model.queue.append(shows(topic="technical_issues"))
    said = await chat.answer(KOREAN)
    assert "Still on the table" in said and "ßß" not in said


TURNS = [
    ([KOREAN], True),
    ([KOREAN, "1", "yes", "ok", "네"], True),
    ([KOREAN, "make it 20"], False),
    ([KOREAN, "make it 20", "네", "2"], False),
    (["네"], True),
    (["show me the worst three", "ja", "네"], False),
    (["zeig mir bitte die schlechtesten drei"], True),
    (["zeig mir bitte die schlechtesten drei", "ja", "20", "few-shot", "und andere?", "zu teuer"], True),
    (["zeig mir bitte die schlechtesten drei", "make it 20"], False),
    (["zeig mir bitte die schlechtesten drei", "generate more", "20 for billing questions"], False),
    (["cuánto cuesta todo esto por favor", "too expensive"], False),
    (["cuánto cuesta todo esto por favor", "demasiado caro"], True),
    (["make it 20", "zeig mir bitte die schlechtesten drei"], True),
    ([KOREAN, *["yes"] * 30], True),
    (["2", "네"], True),
]


@pytest.mark.parametrize(("typed", "expected"), TURNS)
def test_the_last_sentence_tells_the_language(typed: list[str], expected: bool) -> None:
    pytest.importorskip("py3langid")
    assert is_foreign(typed, ["billing_questions"]) == expected


async def test_english_after_another_language_is_not_translated(chat: Any, model: Any) -> None:
    await chat.new("")
    model.translate = in_characters("가", *NAMES)
    model.queue.append(shows(topic="technical_issues"))
    assert "가가" in await chat.answer(KOREAN)
    asked = len([prompt for prompt in model.history if "into another language" in prompt[0].text])
    assert "가가" not in await chat.answer("what is the score?")
    assert len([prompt for prompt in model.history if "into another language" in prompt[0].text]) == asked


@pytest.mark.parametrize("by_events", [False, True], ids=["on a chat page", "at a terminal"])
async def test_what_nobody_reads_is_not_translated(
    services: Services, model: Any, make_chat: Callable[..., Any], by_events: bool
) -> None:
    graph = build_graph(services, checkpointer=InMemorySaver())
    said: list[str] = []
    if by_events:
        chat = Conversation(
            graph, "t-1", context={}, on_message=said.append, on_start=said.append, on_progress=lambda _: None
        )
        await chat.begin("wf-1")
        answer = chat.reply
    else:
        page = make_chat(graph, "t-1")
        await page.new("")
        answer = page.answer
    model.translate = in_characters("中", *NAMES)
    model.queue.append(shows(topic="technical_issues"))
    await answer(CHINESE)
    await answer("好的")
    asked = [prompt[1].text for prompt in model.history if "into another language" in prompt[0].text]
    assert any("Balance Score" in lines for lines in asked), "the report is"
    assert any("Generating " in lines for lines in asked) != by_events
    assert any("Generated " in lines for lines in asked) != by_events


def limit(usd: float, **more: Any) -> AIMessage:
    return AIMessage(
        "", tool_calls=[{"name": "ProposePlan", "args": {"max_usd": usd, **more}, "id": "call-1"}]
    )


async def test_the_model_that_reads_says_the_language(chat: Any, model: Any) -> None:
    """A few words of no language of their own are not judged by a detector; bare answers keep what was said."""
    await chat.new("")
    model.translate = in_characters("ß", *NAMES)
    item = {"topic": "technical_issues", "count": 4, "strategy": "few_shot"}
    model.queue.append(limit(0.2, items=[item], language="German"))
    assert "ßß" in await chat.answer("max 20 cent aber")
    assert '"language": "German"' in model.history[-1][0].text
    assert "ßß" in await chat.answer("more")
    model.queue.append(limit(0.1, items=[item], language="en-US"))
    assert "ßß" not in await chat.answer("ok aber max 10 cent, schnell")
    model.queue.append(AIMessage("Das sind die Themen, von denen es am wenigsten gibt."))
    assert "ßß" in await chat.answer("ok cool cool"), "an answer in words tells it too"


async def test_a_report_that_comes_before_the_reading_has_the_language_of_the_new_sentence(
    chat: Any, services: Services, model: Any
) -> None:
    await chat.new("")
    model.translate = in_characters("가", *NAMES)
    spoken = {
        "name": "ShowRecords",
        "args": {"topic": "technical_issues", "language": "Korean"},
        "id": "call-1",
    }
    model.queue.append(AIMessage("", tool_calls=[spoken]))
    assert "가가" in await chat.answer(KOREAN)
    merge_topics(services, "wf-1", {"technical_issues": "Faults"})  # on the command line
    model.queue.append(AIMessage("There are eight, as before, and they are called Faults now."))
    await chat.answer("how many of the technical ones are there now, and what happened to them?")
    said = [message.text for message in (await chat.values())["messages"] if isinstance(message, AIMessage)]
    assert "Coverage Analysis" in said[-2] and "has changed since I asked that" in said[-2], said[-2]
    assert "가" not in said[-2]


async def test_an_unfaithful_translation_stays_english(chat: Any, model: Any) -> None:
    await chat.new("")
    model.translate = lambda line: "무엇이든 99"
    model.queue.append(shows(topic="technical_issues"))
    said = await chat.answer(KOREAN)
    assert "Still on the table: 16 for" in said and "99" not in said


async def test_a_click_does_not_tell_a_language(chat: Any, model: Any) -> None:
    await chat.new("")
    model.translate = in_characters("가", *NAMES)
    model.queue.append(shows(topic="technical_issues"))
    await chat.answer(KOREAN)
    assert "가가" in await chat.answer({"decisions": [{"type": "approve"}]})
