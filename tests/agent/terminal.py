"""Runs commands on pseudo-terminals of given widths and gives back what was written to them."""

from __future__ import annotations

import json
import os
import pty
import select
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..forked import Forked

PASS, COMMAND = "=== ", "$ "
# All passes in one process. On a pipe the width cannot be set.
SCRIPT = f"""
import fcntl, json, os, struct, sys, termios
from finetune_coverage.agent.cli import main
commands, passes = json.loads(sys.argv[1])
for width, environment in passes:
    if sys.stdout.isatty():
        fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
    before = dict(os.environ)
    os.environ.update(environment)
    print("{PASS}", flush=True)
    for command in commands:
        print("{COMMAND}" + " ".join(command), flush=True)
        sys.argv = ["finetune-coverage", *command]
        try:
            main()
        except SystemExit:
            pass
    os.environ.clear()
    os.environ.update(before)
"""


def on_terminals(
    commands: Sequence[Sequence[str]], passes: Sequence[tuple[int, Mapping[str, str]]], home: Path
) -> list[str]:
    """What the commands write, stdout and stderr, once for each pass: a width and further variables."""
    leader, follower = pty.openpty()  # kept open here: where nobody has it open any more, nothing can be read
    process = _started(commands, passes, home, os.ttyname(follower))
    written = b""
    while process.returncode is None or has_written(leader, 0):
        if has_written(leader, 0.05):
            written += os.read(leader, 65536)
    os.close(leader)
    os.close(follower)
    return written.decode("utf-8").replace("\r\n", "\n").split(f"{PASS}\n")[1:]


def in_a_pipe(commands: Sequence[Sequence[str]], home: Path) -> str:
    """The same where nobody looks."""
    process = _started(commands, [(0, {})], home)
    out, err = process.communicate()
    assert process.returncode == 0, err
    return out + err


def has_written(leader: int, seconds: float) -> bool:
    """Whether there is something to read, at the latest after so many seconds."""
    waiting = select.poll()  # select() knows 1,024 descriptors
    waiting.register(leader, select.POLLIN)
    return bool(waiting.poll(seconds * 1000))


def _started(
    commands: Sequence[Sequence[str]],
    passes: Sequence[tuple[int, Mapping[str, str]]],
    home: Path,
    terminal: str | None = None,
) -> Forked:
    (script := home / "commands.py").write_text(SCRIPT, encoding="utf-8")
    environment = _environment(home) | ({"TERM": "xterm-256color"} if terminal else {})
    return Forked(home, script, json.dumps([commands, passes]), environment=environment, terminal=terminal)


def _environment(home: Path) -> dict[str, str]:
    looks = ("FINETUNE_COVERAGE_", "OPENAI_", "COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "TERM", "TTY_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(looks)}
    return kept | {"FINETUNE_COVERAGE_HOME": str(home), "FINETUNE_COVERAGE_MODEL": "embedded"}
