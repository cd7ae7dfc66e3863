"""Without a terminal nobody says yes but by `--yes`; what was typed before the plan was shown is no yes to it."""

from __future__ import annotations

import io
import os
import sys
import threading
from typing import Any

import pytest

from ...agent.conftest import Command
from ...agent.endpoint import Endpoint

WANTED = ("--topic", "technical", "--count", "3", "--strategy", "topic_description")


class Outside:
    """What came of an attempt, asked through the commands themselves."""

    def __init__(self, command: Command, endpoint: Endpoint) -> None:
        self._command = command
        self._endpoint = endpoint

    def nothing(self, workflow: str) -> None:
        plans = self._command("plans", "--all", "--json").document["plans"]
        assert [plan for plan in plans if plan["status"] == "approved"] == []
        assert self._command("review", "-w", workflow, "--synthetic", "--json").document["records"] == []
        assert self._command("jobs", "--json").document["jobs"] == []
        assert self._endpoint.calls == 0


@pytest.fixture
def outside(command: Command, endpoint: Endpoint) -> Outside:
    return Outside(command, endpoint)


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Puts text into a pipe that the command reads from."""
    return lambda text: monkeypatch.setattr(sys, "stdin", io.StringIO(text))


@pytest.mark.parametrize("piped", ["y\n", "yes\nyes\nyes\n", "--yes\n", ""])
@pytest.mark.parametrize("as_json", [[], ["--json"]])
def test_a_piped_yes_to_generate(
    command: Command, small: str, outside: Outside, typed: Any, piped: str, as_json: list[str]
) -> None:
    typed(piped)
    outcome = command("generate", "-w", small, *WANTED, *as_json)
    assert outcome.code == 4
    assert "Generate this?" not in outcome.out + outcome.err, "nothing was asked"
    outside.nothing(small)


def test_json_never_asks_at_a_terminal_either(
    command: Command, small: str, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = io.StringIO("y\n")
    terminal.isatty = lambda: True  # type: ignore[method-assign]
    monkeypatch.setattr(sys, "stdin", terminal)
    outcome = command("generate", "-w", small, *WANTED, "--json")
    assert outcome.code == 4 and outcome.document["error"]["code"] == "approval_required"
    assert terminal.read() == "y\n", "nothing was read"
    outside.nothing(small)


@pytest.fixture
def at_terminal(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Types lines at something that takes itself for a terminal."""

    def type_(text: str) -> None:
        terminal = io.StringIO(text)
        terminal.isatty = lambda: True  # type: ignore[method-assign]
        monkeypatch.setattr(sys, "stdin", terminal)

    return type_


@pytest.mark.parametrize(
    "line", ["no one", "No 1!", "yes?", "“yes”", "y, but not now", "1", "sí, pero no", "好吗", "yes 2", ""]
)
def test_a_prompt_takes_a_bare_yes_only(
    command: Command, small: str, outside: Outside, at_terminal: Any, line: str
) -> None:
    for arguments in (("generate", "-w", small, *WANTED), ("workflows", "delete", small)):
        at_terminal(f"{line}\n\n")
        assert command(*arguments).code == 4
    assert command("analyze", "-w", small).code == 0, "it is still there"
    outside.nothing(small)


@pytest.mark.parametrize("line", ["y", "yes", "Ja, bitte", "sí", "好的", "네"])
def test_a_prompt_takes_a_yes_in_these_words(
    command: Command, small: str, at_terminal: Any, line: str
) -> None:
    at_terminal(f"what?\n{line}\n")
    asked = command("workflows", "delete", small)
    assert asked.code == 0 and "Please answer yes or no" in asked.err
    assert command("analyze", "-w", small).code == 1


@pytest.mark.parametrize("name", ["FINETUNE_COVERAGE_YES", "FINETUNE_COVERAGE_GENERATE_YES", "YES"])
def test_a_yes_in_the_environment(
    command: Command, small: str, outside: Outside, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "1")
    assert command("generate", "-w", small, *WANTED).code in (1, 4)
    monkeypatch.delenv(name)
    outside.nothing(small)


@pytest.mark.parametrize(
    "arguments",
    [
        ("plans", "approve"),
        ("plans", "approve", "plan-1"),
        ("plans", "approve", "%"),
        ("plans", "approve", "--all"),
        ("plans", "--all", "approve", "*"),
        ("jobs", "resume", "job-1"),
        ("generate", "-w", "wf-small", *WANTED, "--approve"),
        ("generate", "-w", "wf-small", *WANTED, "--yes=false"),
        ("generate", "-w", "wf-small", "--topic", "technical", "--count", "-3", "--yes"),
        ("generate", "-w", "wf-small", "--topic", "technical", "--count", "1e9", "--yes"),
        ("generate", "-w", "wf-small", *WANTED, "--max-tokens", "-1", "--yes"),
        ("generate", "-w", "wf-small", *WANTED, "--max-usd", "nan", "--yes"),
    ],
    ids=" ".join,
)
def test_commands_that_approve_nothing(
    command: Command, small: str, outside: Outside, arguments: tuple[str, ...]
) -> None:
    assert command(*arguments).code != 0
    outside.nothing(small)


def test_an_approval_of_the_command_line_covers_its_own_count_only(
    command: Command, small: str, endpoint: Endpoint
) -> None:
    plan = command("generate", "-w", small, *WANTED, "--json").document["plan_id"]
    assert command("plans", "approve", "--yes", plan).code == 0
    assert command("plans", "approve", "--yes", plan).code == 1, "the first answer wins"
    more = ("--topic", "technical", "--count", "4", "--strategy", "topic_description")
    assert command("generate", "-w", small, *more).code == 4
    assert endpoint.calls == 0


def test_a_piped_yes_before_it_is_known_what_to_analyze(
    command: Command, small: str, outside: Outside, typed: Any, write_dataset: Any
) -> None:
    line = '{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}], "topic": "yes"}'
    assert command("import", write_dataset(line, name="yes.jsonl"), "-w", "wf-other").code == 0
    typed("yes\nok\napprove\n")
    assert command("chat").code == 0
    outside.nothing(small)


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_a_yes_typed_before_the_plan_is_shown(
    command: Command, small: str, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waits in the terminal's buffer while the agent still analyzes."""
    master, slave = os.openpty()
    done = threading.Event()
    with os.fdopen(slave, encoding="utf-8") as terminal:
        monkeypatch.setattr(sys, "stdin", terminal)
        os.write(master, b"yes\n1\n")

        def leave() -> None:
            while not done.wait(0.3):
                os.write(master, b"/quit\n")

        person = threading.Thread(target=leave)
        person.start()
        try:
            assert command("chat", "-w", small).code == 0
        finally:
            done.set()
            person.join()
            monkeypatch.setattr(sys, "stdin", io.StringIO())
    os.close(master)
    outside.nothing(small)


PLAN = "do 3 for technical with topic description"


@pytest.mark.parametrize("piped", ["yes\n", f"{PLAN}\nyes\n", f"{PLAN}\n1\nok\ngo ahead\ngenerate\n"])
def test_a_yes_that_was_in_the_pipe_before_the_plan_was_shown(
    command: Command, small: str, outside: Outside, typed: Any, piped: str
) -> None:
    typed(piped)
    outcome = command("chat", "-w", small)
    assert "written before I showed this plan" in outcome.out and outcome.code == 4
    outside.nothing(small)


@pytest.mark.skipif(sys.platform == "win32", reason="a pipe there cannot be looked into")
def test_a_yes_in_a_pipe_counts_once_the_plan_was_shown(
    command: Command, small: str, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that reads the plan and then answers, as `expect` does. What it wrote too early is no yes."""
    reading, writing = os.pipe()
    shown: list[str] = []

    def show(text: str) -> None:
        shown.append(text)

    def answer() -> None:
        os.write(writing, f"{PLAN}\nyes\n".encode())
        while not any("written before I showed this plan" in text for text in shown) and not done.wait(0.05):
            pass
        done.wait(0.5)
        os.write(writing, b"yes\n")
        os.close(writing)

    monkeypatch.setattr("finetune_coverage.agent.chat.terminal.show_message", show)
    done = threading.Event()
    with os.fdopen(reading, encoding="utf-8") as pipe:
        monkeypatch.setattr(sys, "stdin", pipe)
        program = threading.Thread(target=answer)
        program.start()
        try:
            outcome = command("chat", "-w", small)
        finally:
            done.set()
            program.join()
            monkeypatch.setattr(sys, "stdin", io.StringIO())
    assert outcome.code == 0, outcome.err
    assert [text for text in shown if "Generation Complete" in text]
    assert len(command("review", "-w", small, "--synthetic", "--json").document["records"]) == 3


def test_plans_approve_shows_the_plan_and_asks(command: Command, small: str, outside: Outside) -> None:
    plan = command("generate", "-w", small, *WANTED, "--json").document["plan_id"]
    told = command("plans", "approve", plan)
    assert told.code == 4 and "Approved" not in told.out
    assert "topic_description" in told.out and "Cost: about" in told.out and "technical" in told.out
    outside.nothing(small)
