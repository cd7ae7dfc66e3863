"""The examples of docs/extending.md: the page shows the files as they are, the lines it names fit, and they work."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

import pytest
from finetune_coverage.examples.extending import ask_length, turn_list
from finetune_coverage.examples.extending.follow_up import FollowUp
from finetune_coverage.examples.extending.no_web_address import NoWebAddress
from finetune_coverage.graph.actions import questions
from finetune_coverage.graph.build import build_graph
from finetune_coverage.graph.reading import by_model
from finetune_coverage.tools.dataset.bundled_sample import import_sample
from finetune_coverage.tools.dataset.exporter import export_records
from finetune_coverage.tools.dataset.exports import export_format
from finetune_coverage.tools.dataset.formats import registry
from finetune_coverage.tools.dataset.importer import import_files
from finetune_coverage.tools.generation import strategies
from finetune_coverage.tools.generation.attempts.acceptance import Acceptance
from finetune_coverage.tools.generation.attempts.draft import Candidate, Rejection, TopicContext
from finetune_coverage.tools.models.scripted import ScriptedChatModel
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.settings import Settings
from finetune_coverage.tools.store.records import load_records
from langchain_core.messages import AIMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
SHOWN = re.findall(r"<!-- (examples/extending/\w+\.\w+) -->\n\n```\w*\n(.*?)```", PAGE, re.DOTALL)
BESIDE = re.findall(r"^In `([\w/.]+)`, (?:after|beside) `([^`]+)`", PAGE, re.MULTILINE)


@pytest.fixture
def model() -> ScriptedChatModel:
    return ScriptedChatModel([])


@pytest.fixture
def services(tmp_path: Path, model: ScriptedChatModel) -> Services:
    made = Services(Settings(home=tmp_path / "home", model="scripted"), make_chat_model=lambda _: model)
    import_sample(made.store, "wf-1")
    return made


@pytest.fixture
def context(services: Services) -> TopicContext:
    seeds = list(load_records(services.store, "wf-1", topic="technical_issues", usable_only=True))
    return TopicContext(topic="technical_issues", description="", neighbours={}, seeds=seeds)


def answer(user: str, assistant: str) -> str:
    return json.dumps({"exchanges": [{"user": user, "assistant": assistant}]})


def test_the_page_shows_the_files() -> None:
    files = {path for path in (ROOT / "examples" / "extending").iterdir() if path.suffix in (".py", ".jinja")}
    assert {ROOT / name for name, _ in SHOWN} == files - {ROOT / "examples/extending/__init__.py"}
    for name, text in SHOWN:
        assert text == (ROOT / name).read_text(encoding="utf-8"), name


def test_the_lines_that_are_added_have_their_place() -> None:
    assert len(BESIDE) >= 10
    for file, line in BESIDE:
        assert line in (ROOT / file).read_text(encoding="utf-8"), (file, line)


def test_the_strategy(context: TopicContext, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(strategies._STRATEGIES, "follow_up", FollowUp)  # type: ignore[arg-type]
    strategy = strategies.make_strategy("follow_up")  # type: ignore[arg-type]
    assert strategy.unusable(context) is None
    assert strategy.unusable(TopicContext("new", "", {}, [])) is not None
    draft = strategy.draft(context, 3, random.Random(1))
    assert draft.digest() == strategy.draft(context, 3, random.Random(1)).digest()
    assert draft.seeds[0].id != strategy.draft(context, 4, random.Random(1)).seeds[0].id
    assert "technical issues" in draft.requests[0].prompt[0][1]
    acceptance = Acceptance(context.topic, [])
    made = acceptance.judge(strategy, draft, answer("And on the tablet?", "There it is under Storage."))
    assert isinstance(made, Candidate)
    assert made.messages[:-2] == draft.seeds[0].messages and len(made.written) == 2
    again = acceptance.judge(strategy, draft, answer(draft.seeds[0].user_turns[0], "There it is."))
    assert isinstance(again, Rejection) and again.check == "follow_up"
    unusable = acceptance.judge(strategy, draft, "{}")
    assert isinstance(unusable, Rejection) and unusable.check == "parse"


def test_the_check(context: TopicContext) -> None:
    strategy = FollowUp()
    draft = strategy.draft(context, 0, random.Random(1))
    acceptance = Acceptance(context.topic, [NoWebAddress()])
    assert acceptance.check_names() == ["no_web_address"]
    good = acceptance.judge(strategy, draft, answer("Where?", "Under Settings."))
    bad = acceptance.judge(strategy, draft, answer("Where?", "See https://example.com/help."))
    assert isinstance(good, Candidate)
    assert bad == Rejection("no_web_address", "assistant: 'https://example.com/help.'")


def test_the_format(services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    form = registry.Format(turn_list.NAME, "turn lists", turn_list.recognise, turn_list.to_chat)
    monkeypatch.setattr(registry, "_FORMATS", (form, *registry._FORMATS))
    monkeypatch.setitem(registry._BY_NAME, form.name, form)
    written = export_format.ExportFormat(turn_list.NAME, turn_list.convert)
    monkeypatch.setitem(export_format.FORMATS, written.name, written)
    rows = [
        {"topic": "billing", "turns": [["customer", "Why twice?"], ["agent", "One is a hold."]], "ticket": 7},
        {"topic": "billing", "turns": [["customer", "Hello?"], ["somebody", "Hello."]]},
    ]
    data = tmp_path / "data.jsonl"
    data.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    report = import_files(services.store, "wf-2", [data])
    assert report.topics == {"billing": 1}
    (record,) = load_records(services.store, "wf-2")
    assert record.source["ticket"] == 7 and record.messages[1]["content"] == "One is a hold."
    made = export_records(services.store, "wf-2", tmp_path / "out.jsonl", file_format="turn_list")
    assert made.written == 1
    assert json.loads((tmp_path / "out.jsonl").read_text(encoding="utf-8"))["turns"] == rows[0]["turns"]


async def test_the_action(
    services: Services, model: ScriptedChatModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(questions.ANSWERS, ask_length.ExplainLength, ask_length.length)
    monkeypatch.setitem(by_model._TOOLS, "ExplainLength", ask_length.ExplainLength)
    graph = build_graph(services, checkpointer=InMemorySaver())
    config = {"configurable": {"thread_id": "one"}}
    await graph.ainvoke({"messages": [], "workflow_id": "wf-1"}, config)
    arguments = {"topic": "technical_issues"}
    model.queue += [
        AIMessage("", tool_calls=[{"name": "ExplainLength", "args": arguments, "id": "call-1"}]),
        lambda messages: AIMessage(json.loads(messages[-1].text)["facts"]),
    ]
    done = await graph.ainvoke(Command(resume="are the technical ones long?"), config)
    said = next(message.text for message in reversed(done["messages"]) if isinstance(message, AIMessage))
    assert re.match(r"15 records have \d(\.\d)? messages on average\.", said)
