"""The conversation in the terminal, stopped, killed and at its end; and at a real terminal."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from finetune_coverage.agent.chat.terminal import WAIT_SECONDS

from ..forked import Forked
from ..mock_openai.server import Fault
from .conftest import Chat, Command
from .endpoint import Endpoint
from .terminal import has_written
from .test_generate import start, texts_of, wait_until_accepted
from .test_terminal_chat import PLAN, thread_in

pytestmark = pytest.mark.slow

CTRL_C, CTRL_D, ARROW_UP = "\x03", "\x04", "\x1b[A"


@pytest.mark.skipif(sys.platform == "win32", reason="sends signals; needs no Windows")
@pytest.mark.parametrize("how", [signal.SIGINT, pytest.param(signal.SIGKILL, marks=pytest.mark.slow)])
def test_stopped_while_generating_and_continued(
    command: Command, small: str, endpoint: Endpoint, how: signal.Signals, chat: Chat
) -> None:
    thread = thread_in(chat("-w", small, typed=f"{PLAN}\n").out)
    endpoint.latency = 0.5
    process = start("chat", "--yes", "--thread", thread, typed="yes\n")
    wait_until_accepted(command, 2)
    process.send_signal(how)
    out, err = process.communicate(timeout=60)
    if how == signal.SIGINT:
        assert process.returncode == 130
        assert f"finetune-coverage chat --thread {thread}" in out
        assert "Traceback" not in err
    kept = texts_of(command, small)
    assert 2 <= len(kept) < 8

    endpoint.latency = 0.0
    for typed in ("", "no one\nwhy?\n"):
        asked = chat("--thread", thread, typed=typed)
        assert "records are finished. Would you like to:\n1. Carry on with the approved plan" in asked.out
        assert texts_of(command, small) == kept
    continued = chat("--thread", thread, typed="1\n")
    assert continued.code == 0, continued.err
    assert "Generating" not in continued.out.split("you> 1")[0]
    assert "**Generation Complete**" in continued.out
    after = texts_of(command, small)
    assert after[: len(kept)] == kept
    assert len(set(after)) == len(after) == 8
    assert len(command("jobs", "--json").document["jobs"]) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="sends signals; needs no Windows")
def test_killed_while_waiting_and_continued(
    command: Command, small: str, endpoint: Endpoint, chat: Chat
) -> None:
    process = start("chat", "-w", small, typed=None)
    deadline = time.monotonic() + 90
    while not command("plans", "--json").document["plans"] and time.monotonic() < deadline:
        time.sleep(0.3)
    time.sleep(1)
    process.kill()
    process.communicate()
    (thread,) = command("threads", "--json").document["threads"]
    ended = chat("--thread", thread["id"], typed="do 3 for technical with topic description\nyes\nstop\n")
    assert ended.code == 0, ended.err
    assert "**Generation Complete**" in ended.out
    assert len(texts_of(command, small)) == 3


class Terminal:
    """The chat at a pseudo-terminal."""

    def __init__(self, folder: Path, workflow: str) -> None:
        import termios

        from pexpect.fdpexpect import fdspawn

        leader, follower = os.openpty()
        termios.tcsetwinsize(leader, (60, 120))
        self.process = Forked(
            folder,
            None,
            *("chat", "-w", workflow),
            environment={**os.environ, "TERM": "xterm-256color"},
            typed=None,
            terminal=os.ttyname(follower),
        )
        assert has_written(leader, 90)
        os.close(follower)  # the program has opened it: its end is that of the terminal
        self.screen = fdspawn(leader, encoding="utf-8", timeout=90, use_poll=True)
        self.expect = self.screen.expect
        self.send = self.screen.send

    def ended_with(self) -> int | None:
        from pexpect import EOF

        self.expect(EOF)
        self.process.communicate()
        return self.process.returncode


@pytest.fixture
def terminal(small: str, tmp_path: Path) -> Iterator[Terminal]:
    if sys.platform == "win32":
        pytest.skip("a pseudo-terminal; needs no Windows")
    opened = Terminal(tmp_path, small)
    yield opened
    opened.process.kill()
    opened.screen.close()


def test_at_a_terminal(endpoint: Endpoint, terminal: Terminal, command: Command, small: str) -> None:
    endpoint.latency = 0.2
    terminal.expect("Coverage Analysis")
    terminal.expect("you>")
    terminal.send(f"{PLAN}\r")
    terminal.expect("Review existing")
    terminal.expect("you>")
    terminal.send("yes\r")
    terminal.expect("[1-7]/8")
    terminal.expect("Generation Complete")
    terminal.expect("you>")
    terminal.send(CTRL_C)
    terminal.expect("chat --thread ")
    assert terminal.ended_with() == 130
    assert len(texts_of(command, small)) == 8


def test_an_answer_that_takes_long_is_announced(endpoint: Endpoint, terminal: Terminal) -> None:
    terminal.expect("you>")
    endpoint.latency = 4 * WAIT_SECONDS
    terminal.send("why is technical low?\r")
    terminal.expect("working on it")
    terminal.expect("Still on the table")
    terminal.expect("you>")
    terminal.send(CTRL_D)
    assert terminal.ended_with() == 0


def test_what_is_typed_while_an_answer_is_made_is_shown_and_not_sent(
    endpoint: Endpoint, terminal: Terminal, command: Command, small: str
) -> None:
    """A yes among it is to no plan that could be read; a sentence is not lost."""
    answer, is_typed = endpoint.reply, threading.Event()
    endpoint.reply = lambda body: answer(body) if is_typed.wait(60) else Fault(500)
    terminal.expect("you>")
    terminal.send("why is technical low?\r")
    terminal.expect("working on it")
    terminal.send("yes\ralso leave \x1b[Aaccount out")
    is_typed.set()
    terminal.expect("Still on the table")
    terminal.expect("not sent")  # how wide the lines are is the environment's
    terminal.expect("yes also leave account out")
    terminal.expect("you>")
    terminal.send(ARROW_UP)
    terminal.expect("account out")
    terminal.send(CTRL_C)
    terminal.send(CTRL_D)
    assert terminal.ended_with() == 0
    assert texts_of(command, small) == []


def test_a_pasted_text_a_completion_and_the_end_of_input_at_a_terminal(
    endpoint: Endpoint, terminal: Terminal, command: Command
) -> None:
    terminal.expect("Tab completes")
    terminal.expect("you>")
    terminal.send("\x1b[200~why is\ntechnical low?\n\x1b[201~\r")
    terminal.expect("Still on the table")
    terminal.expect("you>")
    terminal.send("/hel\t")
    terminal.expect("/hel.*p")
    terminal.send("\r")
    terminal.expect(r"Tab\s+completes\s+them")
    terminal.expect("you>")
    terminal.send("never mind")
    terminal.send(CTRL_C)
    terminal.send(CTRL_D)
    terminal.expect(r"chat --thread[\s\x1b\[\dm]*(chat-\w+)")
    thread = terminal.screen.match[1]
    assert terminal.ended_with() == 0
    said = command("threads", "show", thread, "--json").document["said"]
    assert [one["text"].split() for one in said] == [["why", "is", "technical", "low?"]]
