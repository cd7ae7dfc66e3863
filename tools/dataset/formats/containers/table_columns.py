"""What the columns of a table mean: names in any case, and whether a table with them can be read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..items.turn_rows import names_a_turn
from ..refusal import Refused, shown
from ..registry import read_item

KNOWN = frozenset(
    (
        *("instruction", "input", "output", "response", "prompt", "completion"),
        *("question", "answer", "query", "text", "system", "history"),
        *("messages", "conversations", "chosen", "rejected", "topic", "topics", "tools"),
    )
)
"""Names that tell what a column holds."""
_FOUND_SHOWN = 8


def refuse_unknown(names: Sequence[str], first: dict[str, Any] | None) -> None:
    """Refuse a table of which nothing is known, once for all its rows.

    Args:
        names: those of its columns.
        first: its first row; ``None`` when it has none.

    Raises:
        Refused: no column has a known name, and the first row is in no known layout either.
    """
    if any(name in KNOWN for name in names) or names_a_turn(names):
        return
    try:
        if first is not None:
            read_item(first)
            return
    except Refused:
        pass
    found = ", ".join(map(shown, names[:_FOUND_SHOWN]))
    more = ", …" if len(names) > _FOUND_SHOWN else ""
    raise Refused(
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
    for known in (*KNOWN, topic_field):
        alike = [index for index, name in enumerate(names) if name.lower() == known.lower()]
        if len(alike) == 1 and known:
            names[alike[0]] = known
    doubled = [name for name in names if name and names.count(name) > 1]
    if doubled:
        raise Refused("unsupported_format", f"the table has two columns {shown(doubled[0])}")
    return names
