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
_NARROWEST = 20
"""Columns that a cell of words may be folded to."""


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
    """Print a table on stdout; where the terminal is too narrow for one, a paragraph for each row.

    Args:
        headings: one per column.
        rows: the cells; ``None`` is shown as nothing.
        numbers: the columns to align right.
    """
    from rich.table import Table
    from rich.text import Text

    cells = [["" if cell is None else visible(str(cell)) for cell in row] for row in rows]
    kept_whole = [
        position in numbers or _is_to_copy([row[position] for row in cells])
        for position in range(len(headings))
    ]
    console = stdout()
    if not console.is_terminal:
        console.width = max(console.width, 200)
    elif _least_width(headings, cells, kept_whole) > console.width:
        _print_stacked(headings, cells, console)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for position, heading in enumerate(headings):
        table.add_column(
            heading,
            justify="right" if position in numbers else "left",
            overflow="fold",
            no_wrap=kept_whole[position],
        )
    for row in cells:
        table.add_row(*(Text(cell) for cell in row))
    console.print(table)


def _is_to_copy(column: Sequence[str]) -> bool:
    """Whether a column holds short ids, dates and the like: broken over two lines they cannot be copied."""
    return all(len(cell) <= _LONGEST_ID and " " not in cell for cell in column)


def _least_width(headings: Sequence[str], cells: Sequence[Sequence[str]], kept_whole: Sequence[bool]) -> int:
    """How wide a table has to be so that nothing is cut off; other cells fold, but not to a few letters a line."""
    from rich.cells import cell_len

    columns = [[heading, *(row[position] for row in cells)] for position, heading in enumerate(headings)]
    widths = [
        max(map(cell_len, column))
        if whole
        else min(_NARROWEST, max(cell_len(word) for cell in column for word in (cell.split() or [""])))
        for column, whole in zip(columns, kept_whole, strict=True)
    ]
    return sum(widths) + 2 * (len(widths) - 1)


def _print_stacked(headings: Sequence[str], cells: Sequence[Sequence[str]], console: Console) -> None:
    """Print each row as a paragraph: its first cell, and below it the others with their headings."""
    from rich.cells import cell_len
    from rich.padding import Padding
    from rich.text import Text

    for first, *others in cells:
        console.print(Text(first, style="bold", overflow="fold"))
        line = ""
        for heading, cell in zip(headings[1:], others, strict=True):
            if not cell:
                continue
            said = f"{heading}: {cell}"
            if line and cell_len(line) + 3 + cell_len(said) > console.width - 2:
                console.print(Padding(Text(line, overflow="fold"), (0, 0, 0, 2)))
                line = said
            else:
                line = f"{line} · {said}" if line else said
        if line:
            console.print(Padding(Text(line, overflow="fold"), (0, 0, 0, 2)))


def print_error(error: CoverageError) -> None:
    """Print what went wrong and what can be done about it on stderr: never a traceback."""
    from rich.text import Text

    console = stderr()
    console.print(Text(f"Error: {visible(error.message)}", style="red"))
    if error.hint:
        console.print(Text(visible(error.hint)))
