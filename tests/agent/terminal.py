"""Runs commands on pseudo-terminals of given widths and gives back what was written to them."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

PASS, COMMAND = "=== ", "$ "
# All passes in one process: most of the time goes into starting Python. On a pipe the width cannot be set.
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
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        _script(commands, passes),
        stdin=subprocess.DEVNULL,
        stdout=follower,
        stderr=follower,
        env=_environment(home) | {"TERM": "xterm-256color"},
    )
    os.close(follower)
    written = b""
    while piece := _read(leader):
        written += piece
    process.wait(60)
    os.close(leader)
    return written.decode("utf-8").replace("\r\n", "\n").split(f"{PASS}\n")[1:]


def in_a_pipe(commands: Sequence[Sequence[str]], home: Path) -> str:
    """The same where nobody looks."""
    done = subprocess.run(
        _script(commands, [(0, {})]),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env=_environment(home),
        check=True,
    )
    return (done.stdout + done.stderr).decode("utf-8")


def _read(leader: int) -> bytes:
    try:
        return os.read(leader, 65536)
    except OSError:  # the other end is closed
        return b""


def _script(commands: Sequence[Sequence[str]], passes: Sequence[tuple[int, Mapping[str, str]]]) -> list[str]:
    return [sys.executable, "-c", SCRIPT, json.dumps([commands, passes])]


def _environment(home: Path) -> dict[str, str]:
    looks = ("FINETUNE_COVERAGE_", "OPENAI_", "COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "TERM", "TTY_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(looks)}
    return kept | {"FINETUNE_COVERAGE_HOME": str(home), "FINETUNE_COVERAGE_MODEL": "embedded"}
