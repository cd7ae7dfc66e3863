"""What a person types or a pipe brings, and whether it was there before it was asked for."""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from ..output import say

if TYPE_CHECKING:
    from .line_editor import LineEditor

_BLOCK = 65536
_KEYS = re.compile(r"\x1b(?:\[[0-9;]*[A-Za-z~]|O[A-Z])|[\x00-\x09\x0b\x0c\x0e-\x1f\x7f]")
"""What an arrow and its like send, and single characters that are no text."""
_SHOWN = 80


@dataclass(frozen=True)
class Line:
    """A line; one that was pasted at a terminal may be a text of several.

    Attributes:
        text: without the end of the line and the space around.
        is_ahead: it was written before the prompt was, so by somebody who had not read what it answers.
    """

    text: str
    is_ahead: bool = False


class TypedLines:
    """Reads standard input. What a terminal holds from before the prompt is shown, not sent; a pipe's lines are kept.

    Args:
        make_editor: makes what asks where both ends are a terminal.
    """

    def __init__(self, make_editor: Callable[[], LineEditor]) -> None:
        self._read = b""
        self._make_editor = make_editor

    @cached_property
    def _editor(self) -> LineEditor:
        return self._make_editor()

    def ask(self, prompt: str) -> Line | None:
        """The next line; ``None`` when there is no more."""
        if sys.stdin.isatty():
            if sys.stdout.isatty():
                if ahead := _text(self._editor.typed_ahead() + _typed_ahead()):
                    self._editor.remember(ahead)
                    _say_not_sent(ahead, "; the up arrow brings it back")
                say()
                typed = self._editor.ask(prompt)
                return None if typed is None else Line(typed.strip())
            if ahead := _text(_typed_ahead()):
                _say_not_sent(ahead)
            try:
                return Line(input(f"\n{prompt}").strip())
            except EOFError:
                say()
                return None
        is_ahead = self._is_there()
        sys.stdout.write(f"\n{prompt}")
        sys.stdout.flush()
        line = self._line()
        # A pipe's lines are not echoed by a terminal: without them a transcript cannot be read.
        say(line.strip() if line is not None else "")
        return None if line is None else Line(line.strip(), is_ahead)

    def _is_there(self) -> bool:
        """Whether there is something to read already."""
        descriptor = _descriptor()
        if self._read or descriptor is None or sys.platform == "win32":
            return True
        import select

        # Not select(): it knows no descriptor above 1,023, and a host program may hold that many.
        waiting = select.poll()
        waiting.register(descriptor, select.POLLIN)
        return bool(waiting.poll(0))

    def _line(self) -> str | None:
        descriptor = _descriptor()
        if descriptor is None:
            return sys.stdin.readline() or None
        # Past Python's own buffer: what it holds could not be told from what has yet to come.
        while b"\n" not in self._read:
            piece = os.read(descriptor, _BLOCK)
            if not piece:
                line, self._read = self._read, b""
                return line.decode(sys.stdin.encoding, "replace") if line else None
            self._read += piece
        line, _, self._read = self._read.partition(b"\n")
        return line.decode(sys.stdin.encoding, "replace")


def _descriptor() -> int | None:
    try:
        return sys.stdin.fileno()
    except io.UnsupportedOperation:
        return None


def _typed_ahead() -> str:
    """Takes from the terminal what was typed before the question could be read: no answer to it, least of all a yes."""
    try:
        import termios
    except ImportError:  # Windows
        return ""
    descriptor = sys.stdin.fileno()
    by_line = termios.tcgetattr(descriptor)
    by_key = termios.tcgetattr(descriptor)
    by_key[3] &= ~termios.ICANON  # a line without its Enter could not be read
    by_key[6][termios.VMIN] = by_key[6][termios.VTIME] = 0
    typed = b""
    termios.tcsetattr(descriptor, termios.TCSANOW, by_key)
    try:
        while piece := os.read(descriptor, _BLOCK):
            typed += piece
    finally:
        termios.tcsetattr(descriptor, termios.TCSANOW, by_line)
    return typed.decode(sys.stdin.encoding, "replace")


def _text(typed: str) -> str:
    return _KEYS.sub("", "\n".join(typed.splitlines())).strip()


def _say_not_sent(typed: str, how_to_send: str = "") -> None:
    shown = " ".join(typed.split())
    cut = shown if len(shown) <= _SHOWN else f"{shown[: _SHOWN - 1]}…"
    say(f"Typed before the answer stood here, so not sent{how_to_send}: {cut}", style="dim")
