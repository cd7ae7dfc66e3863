"""What a person types or a pipe brings, and whether it was there before it was asked for."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from ..output import say

if TYPE_CHECKING:
    from .line_editor import LineEditor

_BLOCK = 65536


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
    """Reads standard input. What a terminal holds from before the prompt is thrown away; a pipe's lines are kept.

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
            _forget_what_was_typed_ahead()
            if sys.stdout.isatty():
                say()
                typed = self._editor.ask(prompt)
                return None if typed is None else Line(typed.strip())
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


def _forget_what_was_typed_ahead() -> None:
    """What was typed before the question could be read is no answer to it, least of all a yes."""
    try:
        import termios
    except ImportError:  # Windows
        return
    termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)
