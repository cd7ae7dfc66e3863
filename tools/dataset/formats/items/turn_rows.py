"""Rows that are one turn each: those with the same conversation become one record, in whatever kind of file.

They need not stand together, as in a log of many conversations at once, so all are read before the first is given; they
wait in a temporary database on the disk, not in memory.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

Source = dict[str, Any]
_CONVERSATIONS = (
    *("conversation_id", "conversationid", "conv_id", "dialogue_id", "dialog_id", "dialogueid", "dialogid"),
    *(
        "session_id",
        "sessionid",
        "chat_id",
        "chatid",
        "thread_id",
        "threadid",
        "conversation",
        "dialogue",
        "session",
    ),
)
_ROLES = ("role", "speaker", "from", "sender", "author")
_TEXTS = ("content", "text", "message", "value", "utterance")
_ORDERS = ("turn", "turn_id", "turn_index", "turn_number", "message_index", "order", "position")
TURNS_KEY = "conversations"
"""Where the turns of a record stand that was put together: as in ShareGPT, whose reader knows who may speak."""


@dataclass(frozen=True)
class TurnColumns:
    """Which columns make a row a turn.

    Attributes:
        conversation: what tells which conversation it belongs to.
        role: who speaks.
        text: what is said.
        order: which turn it is; rows stand in order when there is none.
    """

    conversation: str
    role: str
    text: str
    order: str | None


def turn_columns(names: Iterable[str]) -> TurnColumns | None:
    """The columns of rows that are one turn each; ``None`` when they are something else."""
    by_name = {name.strip().lower(): name for name in reversed(list(names))}

    def first(known: Sequence[str]) -> str | None:
        return next((by_name[name] for name in known if name in by_name), None)

    conversation, role, text = first(_CONVERSATIONS), first(_ROLES), first(_TEXTS)
    if conversation is None or role is None or text is None or "messages" in by_name:
        return None
    return TurnColumns(conversation, role, text, first(_ORDERS))


def names_a_turn(names: Iterable[str]) -> bool:
    """Whether these are the columns of rows that are one turn each."""
    return turn_columns(names) is not None


def is_turn_row(value: Any) -> bool:
    """Whether an item of a file is one turn of a conversation."""
    if not isinstance(value, dict):
        return False
    columns = turn_columns(value)
    if columns is None:
        return False
    return isinstance(value[columns.role], str) and not isinstance(value[columns.conversation], dict | list)


def conversation_of(rows: Sequence[Source], columns: TurnColumns) -> Source:
    """One record of the rows of a conversation: its turns, and the other columns beside them.

    A column that is the same in all rows is one value; what differs is a list with a value for each turn.
    """
    turns = [{"role": row.get(columns.role), "content": row.get(columns.text)} for row in rows]
    return {TURNS_KEY: turns, **beside_turns(rows, (columns.role, columns.text, columns.order))}


def beside_turns(rows: Sequence[Source], used: Sequence[str | None]) -> Source:
    """What the rows of a conversation hold but for the columns that its turns were made of."""
    beside: Source = {}
    for name in dict.fromkeys(name for row in rows for name in row):
        if name in used:
            continue
        values = [row.get(name) for row in rows]
        present = [value for value in values if value is not None]
        beside[name] = present[0] if all(value == present[0] for value in present) else values
    return beside


class TurnsWaiting:
    """Rows of conversations that are not complete yet; they are kept on the disk."""

    def __init__(self) -> None:
        # An empty name is a database that is temporary: https://www.sqlite.org/inmemorydb.html
        self._rows = sqlite3.connect("")
        self._rows.execute("CREATE TABLE rows (conversation, place INTEGER, row TEXT)")
        self._numbers: dict[str, int] = {}

    def add(self, conversation: Any, place: int, row: Source) -> None:
        """Take a row."""
        name = json.dumps(conversation)
        number = self._numbers.setdefault(name, len(self._numbers))
        self._rows.execute("INSERT INTO rows VALUES (?, ?, ?)", (number, place, json.dumps(row)))

    def conversations(self, order_of: Callable[[Source], Any]) -> Iterator[tuple[int, list[Source]]]:
        """The conversations by their first rows: the place of that, and all rows in the order of their turns.

        Args:
            order_of: which turn a row is; rows of which one is no number stay as they stand in the file.
        """
        with closing(self._rows):
            self._rows.execute("CREATE INDEX by_conversation ON rows (conversation, place)")
            found = self._rows.execute(
                "SELECT conversation, place, row FROM rows ORDER BY conversation, place"
            )
            rows: list[Source] = []
            first = current = 0
            for conversation, place, text in found:
                if rows and conversation != current:
                    yield first, _in_order(rows, order_of)
                    rows = []
                if not rows:
                    first, current = place, conversation
                rows.append(json.loads(text))
            if rows:
                yield first, _in_order(rows, order_of)


def _in_order(rows: list[Source], order_of: Callable[[Source], Any]) -> list[Source]:
    numbers = [_number(order_of(row)) for row in rows]
    known = [number for number in numbers if number is not None]
    if len(known) < len(rows):
        return rows
    return [row for _, row in sorted(zip(known, rows, strict=True), key=lambda pair: pair[0])]


def _number(value: Any) -> float | None:
    try:
        return float(value) if isinstance(value, int | float | str) else None
    except ValueError:
        return None
