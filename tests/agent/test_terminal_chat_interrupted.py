"""The conversation in the terminal, stopped, killed and at its end; and at a real terminal."""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import Any

import pytest

from .conftest import Command
from .endpoint import Endpoint
from .test_generate import start, texts_of, wait_until_accepted
from .test_terminal_chat import PLAN, Chat, chat, thread_in

__all__ = ["chat"]


@pytest.mark.skipif(sys.platform == "win32", reason="sends signals; needs no Windows")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
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


@pytest.fixture
def terminal(small: str) -> Any:
    """The chat at a pseudo-terminal."""
    if sys.platform == "win32":
        pytest.skip("a pseudo-terminal; needs no Windows")
    import pexpect

    child = pexpect.spawn(
        sys.executable,
        ["-m", "finetune_coverage.agent.cli", "chat", "-w", small],
        env={**os.environ, "TERM": "xterm-256color"},
        encoding="utf-8",
        timeout=90,
        use_poll=True,  # select() knows 1,024 descriptors
        dimensions=(60, 120),
    )
    yield child
    child.close(force=True)


def test_at_a_terminal(endpoint: Endpoint, terminal: Any, command: Command, small: str) -> None:
    import pexpect

    endpoint.latency = 0.2
    terminal.expect("Coverage Analysis")
    terminal.expect("you>")
    terminal.sendline(PLAN)
    terminal.expect("Review existing")
    terminal.expect("you>")
    terminal.sendline("yes")
    terminal.expect("[1-7]/8")
    terminal.expect("Generation Complete")
    terminal.expect("you>")
    terminal.sendintr()
    terminal.expect("chat --thread ")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 130
    assert len(texts_of(command, small)) == 8


def test_a_pasted_text_a_completion_and_the_end_of_input_at_a_terminal(
    endpoint: Endpoint, terminal: Any, command: Command
) -> None:
    import pexpect

    terminal.expect("Tab completes")
    terminal.expect("you>")
    terminal.send("\x1b[200~why is\ntechnical low?\n\x1b[201~\r")
    terminal.expect("Still on the table")
    terminal.expect("you>")
    terminal.send("/hel\t")
    terminal.expect("/hel.*p")
    terminal.send("\r")
    terminal.expect("Tab completes them")
    terminal.expect("you>")
    terminal.send("never mind")
    terminal.sendintr()
    terminal.sendeof()
    terminal.expect(r"chat --thread[\s\x1b\[\dm]*(chat-\w+)")
    thread = terminal.match[1]
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 0
    said = command("threads", "show", thread, "--json").document["said"]
    assert [one["text"].split() for one in said] == [["why", "is", "technical", "low?"]]
