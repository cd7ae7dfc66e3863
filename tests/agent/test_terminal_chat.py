"""The conversation in the terminal: through a pipe, at a pseudo-terminal, stopped, killed and continued."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from .conftest import Chat, Command
from .endpoint import Endpoint
from .test_generate import texts_of

pytestmark = pytest.mark.slow

PLAN = "do 8 for technical with topic description"


def thread_in(out: str) -> str:
    """The id that the chat printed."""
    found = re.search(r"chat --thread (\S+)", out)
    assert found, out
    return found.group(1)


def test_analysis_question_and_stop(command: Command, sample: str, endpoint: Endpoint, chat: Chat) -> None:
    ended = chat("-w", sample, typed="what does message variation do?\nstop\n")
    assert ended.code == 0, ended.err
    out = ended.out
    assert "**Coverage Analysis**" in out
    assert "0.45 (Poor)" in out
    assert re.search(r"\| Technical Issues \| 15 \| 10% \| .*Under-represented \|", out)
    assert re.search(r"^1\. .*Technical Issues", out, re.MULTILINE)
    assert "you> what does message variation do?" in out
    assert "last user message" in out
    assert "Stopped here" in out
    assert thread_in(out) == command("threads", "--json").document["threads"][0]["id"]
    assert command("review", "-w", sample, "--synthetic", "--json").document["records"] == []


def test_the_banner_says_which_model_is_used_and_what_it_costs(
    sample: str, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, chat: Chat, tmp_path: Path
) -> None:
    assert f"mock-model at {endpoint.url}; its operator may charge" in chat("-w", sample, typed="").out
    prices = tmp_path / "prices.yaml"
    prices.write_text(f"endpoints: {{'{endpoint.url}': {{mock-model: {{input: 1, output: 4}}}}}}")
    monkeypatch.setenv("FINETUNE_COVERAGE_PRICES", str(prices))
    monkeypatch.setenv("FINETUNE_COVERAGE_MODEL_PROFILE", "full")
    priced = re.search(r"takes ([\d,]+) tokens \(\$([\d.]+), less", chat("-w", sample, typed="").out)
    assert priced and float(priced[2]) == int(priced[1].replace(",", "")) / 1_000_000
    for name in endpoint.environment:
        monkeypatch.delenv(name)
    assert "runs on this computer and costs nothing" in chat("-w", sample, typed="").out


def test_leaving_keeps_the_pending_plan(command: Command, sample: str, chat: Chat) -> None:
    first = chat("-w", sample, typed="")
    assert first.code == 0
    (plan,) = command("plans", "--json").document["plans"]
    assert plan["items"][0]["count"] == 30
    (thread,) = command("threads", "--json").document["threads"]
    assert thread["waits"] and thread["workflow_id"] == sample

    again = chat("--thread", thread_in(first.out), typed="/quit\n")
    assert "0.45 (Poor)" in again.out, "it shows where things stand"
    assert [plan["id"] for plan in command("plans", "--json").document["plans"]] == [plan["id"]]


def test_a_yes_generates_and_reports(command: Command, small: str, endpoint: Endpoint, chat: Chat) -> None:
    ended = chat("-w", small, typed=f"{PLAN}\nyes\n1\n")
    assert ended.code == 0, ended.err
    out = ended.out
    assert "technical: 8 of 8 accepted" in out
    assert "**Generation Complete**" in out
    assert "Technical: 1 → 9 records" in out
    assert "grader" in out.split("you> 1")[-1].lower()
    assert f"finetune-coverage export -w {small}" in out
    assert len(set(texts_of(command, small))) == 8

    (plan,) = [
        plan for plan in command("plans", "--all", "--json").document["plans"] if plan["status"] == "approved"
    ]
    assert plan["items"] == [{"topic": "technical", "count": 8, "strategy": "topic_description"}]


def test_a_no_generates_nothing(command: Command, small: str, endpoint: Endpoint, chat: Chat) -> None:
    ended = chat("-w", small, typed=f"{PLAN}\nno\nstop\n")
    assert ended.code == 0, ended.err
    assert texts_of(command, small) == []
    assert endpoint.calls == 0


def test_an_unknown_conversation(command: Command, sample: str, chat: Chat) -> None:
    ended = chat("--thread", "chat-nowhere", typed="")
    assert ended.code == 1
    assert "There is no conversation 'chat-nowhere'" in ended.err
    assert "Traceback" not in ended.err
    assert command("threads", "--json").document["threads"] == []


def test_an_unknown_workflow(chat: Chat) -> None:
    ended = chat("-w", "wf-9", typed="")
    assert ended.code == 1
    assert "wf-9" in ended.err


def test_without_a_workflow_it_asks(command: Command, sample: str, small: str, chat: Chat) -> None:
    ended = chat(typed=f"{sample}\nstop\n")
    assert ended.code == 0, ended.err
    assert sample in ended.out and small in ended.out
    assert "0.45 (Poor)" in ended.out


def test_conversations_are_listed_and_deleted(command: Command, sample: str, chat: Chat) -> None:
    thread = thread_in(chat("-w", sample, typed="").out)
    assert thread in command("threads").out
    assert command("threads", "delete", thread).code == 4
    assert command("threads", "delete", thread, "--yes").code == 0
    assert command("threads", "--json").document["threads"] == []
    assert command("threads", "delete", thread, "--yes").code == 1
    assert command("analyze", "-w", sample).code == 0


def test_a_conversation_is_forked_at_an_earlier_message(
    command: Command, small: str, endpoint: Endpoint, chat: Chat
) -> None:
    thread = thread_in(chat("-w", small, typed="do 2 for technical with topic description\nyes\nstop\n").out)
    said = command("threads", "show", thread, "--json").document["said"]
    assert [one["text"] for one in said] == ["do 2 for technical with topic description", "yes", "stop"]
    forked = chat(
        "--thread", thread, "--fork-at", "2", typed="do 3 for technical with topic description\nyes\n"
    )
    assert forked.code == 0, forked.err
    assert f"{thread}~at-2 goes on from there with {small}~at-2" in forked.out
    assert "Technical: 1 → 4 records" in forked.out, "without the two of the other one"
    assert len(texts_of(command, small)) == 2
    assert {one["id"] for one in command("threads", "--json").document["threads"]} == {
        thread,
        f"{thread}~at-2",
    }
    sides = command("workflows", "compare", small, f"{small}~at-2", "--json").document["comparison"]["sides"]
    assert [side["accepted"] for side in sides] == [2, 3]
    assert "| Generated since | 2 | 3 |" in command("workflows", "compare", small, f"{small}~at-2").out
    for number, why in (("9", "cannot be forked before message 9"),):
        refused = chat("--thread", thread, "--fork-at", number, typed="")
        assert refused.code == 1 and why in refused.err and "Traceback" not in refused.err
    assert chat("--fork-at", "1", typed="").code == 2
