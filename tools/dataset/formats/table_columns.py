"""What the columns of a table mean: names in any case, lists and objects that stand as text in a cell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .json_line import parse_value
from .python_notation import parse_python
from .refusal import Refused, shown
from .turn_rows import names_a_turn

KNOWN = frozenset(
    (
        *(
            "instruction",
            "input",
            "output",
            "response",
            "prompt",
            "completion",
            "question",
            "answer",
            "query",
        ),
        *("messages", "conversations", "chosen", "rejected", "text", "system", "history", "topic"),
    )
)
"""Names that tell what a column holds."""
_STRUCTURED = frozenset(("messages", "conversations", "history", "chosen", "rejected", "topics", "tools"))
_FOUND_SHOWN = 8


def knows_a_column(header: Sequence[str]) -> bool:
    """Whether a table can be read without being told what its columns are."""
    return any(name.strip().lower() in KNOWN for name in header) or names_a_turn(header)


def unknown_columns(header: Sequence[str]) -> Refused:
    """The refusal of a table of which nothing is known."""
    found = ", ".join(shown(name.strip()) for name in header[:_FOUND_SHOWN])
    more = ", …" if len(header) > _FOUND_SHOWN else ""
    return Refused(
        "unsupported_format",
        f"the file is a table without a column that is known; its first line is {found}{more}. If that is a record, "
        "write a line with names above it, such as instruction, output, topic; if it is names, --map tells what each "
        "is, and --suggest proposes a mapping",
    )


def column_names(header: Sequence[str], topic_field: str = "") -> list[str]:
    """The names of columns as records have them: known ones, and that of the topic, in the letters of their name.

    Raises:
        Refused: two columns have the same name.
    """
    names = [name.strip() for name in header]
    for known in (*KNOWN, *_STRUCTURED, topic_field):
        alike = [index for index, name in enumerate(names) if name.lower() == known.lower()]
        if len(alike) == 1 and known:
            names[alike[0]] = known
    doubled = [name for name in names if name and names.count(name) > 1]
    if doubled:
        raise Refused("unsupported_format", f"the table has two columns {shown(doubled[0])}")
    return names


def row_of(names: Sequence[str], cells: Sequence[str]) -> dict[str, Any]:
    """A row of texts as an object; an empty cell is no value.

    Raises:
        Refused: a cell that must hold a list does not.
    """
    row: dict[str, Any] = {}
    for name, cell in zip(names, cells, strict=True):
        if cell:
            row[name] = _structured(name, cell) if name in _STRUCTURED else cell
    return row


def _structured(name: str, cell: str) -> Any:
    if not cell.lstrip().startswith(("[", "array([")):
        return cell
    try:
        return parse_value(cell)
    except Refused as refused:
        try:
            return parse_python(cell)
        except Refused as also:
            is_python = also.code != "invalid_json"
            raise Refused(
                "invalid_json", f"column {shown(name)}: {(also if is_python else refused).reason}"
            ) from also
