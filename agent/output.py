"""What the commands write: answers on stdout, notes and errors on stderr, and the exit codes."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Sequence
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from ..tools.errors import CoverageError
from ..tools.text.hidden_characters import replace_hidden

if TYPE_CHECKING:
    from rich.console import Console


_LONGEST_ID = 24


class ExitCode(IntEnum):
    """How a command ended, for scripts."""

    DONE = 0
    FAILED = 1
    WRONG_USAGE = 2
    SHORT = 3
    NOT_APPROVED = 4
    INTERRUPTED = 130


def visible(text: str) -> str:
    """Text that a terminal shows as it is: control characters of untrusted text become their escapes."""
    return replace_hidden(
        text, lambda hidden: hidden.encode("unicode_escape", "backslashreplace").decode("ascii")
    )


def stdout() -> Console:
    """The console for answers. A pipe gets wide lines, so that identifiers are not cut."""
    return _console(stderr=False)


def stderr() -> Console:
    """The console for notes, progress and errors."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    # NO_COLOR means no escape codes at all here: Rich alone would leave bold and dim ones.
    return Console(
        stderr=stderr,
        highlight=False,
        soft_wrap=not stream.isatty(),
        emoji=False,
        color_system=None if os.environ.get("NO_COLOR") else "auto",
    )


def say(text: str = "", *, style: str = "") -> None:
    """Print a line of plain text on stdout; nothing in it is read as markup."""
    from rich.text import Text

    stdout().print(Text(visible(text), style=style))


def note(text: str, *, style: str = "dim") -> None:
    """Print a line of plain text on stderr."""
    from rich.text import Text

    stderr().print(Text(visible(text), style=style))


def print_json(document: Any) -> None:
    """Print one JSON document on stdout."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2, default=str) + "\n")
    sys.stdout.flush()


def print_table(
    headings: Sequence[str], rows: Iterable[Sequence[object]], *, numbers: Sequence[int] = ()
) -> None:
    """Print a table on stdout.

    Args:
        headings: one per column.
        rows: the cells; ``None`` is shown as nothing.
        numbers: the columns to align right.
    """
    from rich.table import Table
    from rich.text import Text

    cells = [["" if cell is None else visible(str(cell)) for cell in row] for row in rows]
    table = Table(box=None, pad_edge=False, header_style="bold")
    for position, heading in enumerate(headings):
        column = [row[position] for row in cells]
        table.add_column(
            heading,
            justify="right" if position in numbers else "left",
            overflow="fold",
            no_wrap=_is_to_copy(column) or position in numbers,
        )
    for row in cells:
        table.add_row(*(Text(cell) for cell in row))
    console = stdout()
    if not console.is_terminal:
        console.width = max(console.width, 200)
    console.print(table)


def _is_to_copy(column: Sequence[str]) -> bool:
    """Whether a column holds short ids, dates and the like: broken over two lines they cannot be copied."""
    return all(len(cell) <= _LONGEST_ID and " " not in cell for cell in column)


def print_error(error: CoverageError) -> None:
    """Print what went wrong and what can be done about it on stderr: never a traceback."""
    from rich.text import Text

    console = stderr()
    console.print(Text(f"Error: {visible(error.message)}", style="red"))
    if error.hint:
        console.print(Text(visible(error.hint)))
