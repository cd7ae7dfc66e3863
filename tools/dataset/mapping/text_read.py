"""How much of the text of some items is in the records that were made of them, and what is left behind."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from ..formats.json_text.json_line import parse_value
from ..formats.json_text.lenient_json import read_leniently
from ..formats.refusal import Refused
from ..record import message_text
from .columns import is_said

Source = dict[str, Any]
ITEMS = "[]"
"""In the path of a field: each item of a list."""


@dataclass(frozen=True)
class LeftBehind:
    """A field with text that is in no turn.

    Attributes:
        field: the names that lead to it; ``[]`` is each item of a list.
        share: its characters, of those of all texts.
    """

    field: str
    share: float

    def __str__(self) -> str:
        return f"{self.field} ({self.share:.0%} of the text)"


@dataclass(frozen=True)
class TextRead:
    """What was read of the texts of some items; names, codes, dates and numbers are no texts.

    Attributes:
        share: characters that are read, of all.
        left: what is not, the most first.
        lists_read: the lists of which some text is read.
    """

    share: float
    left: tuple[LeftBehind, ...]
    lists_read: frozenset[str] = frozenset()


def text_read(
    items: Iterable[Source], records: Iterable[Source], taken_apart: Collection[str] = ()
) -> TextRead:
    """Compare items of a file with the records that were made of them.

    Args:
        items: the objects of the file.
        records: all records that came of them, as OpenAI chat.
        taken_apart: fields whose text is in the records piece by piece.
    """
    said = {text for record in records for text in _texts_of(record)}
    together = "\n".join(said)
    total: Counter[str] = Counter()
    left: Counter[str] = Counter()
    lists: set[str] = set()
    for item in items:
        for path, text in _leaves(item, ""):
            total[path] += len(text)
            if path not in taken_apart and text not in said and text not in together:
                left[path] += len(text)
            elif ITEMS in path:
                lists.add(path.rpartition(ITEMS)[0])
    whole = max(1, total.total())
    behind = [LeftBehind(path, count / whole) for path, count in left.most_common() if count]
    return TextRead(1 - left.total() / whole, tuple(behind), frozenset(lists))


def _texts_of(record: Source) -> Iterator[str]:
    for message in record["messages"]:
        yield message_text(message).strip()
        for call in message.get("tool_calls") or ():
            yield json.dumps(call, ensure_ascii=False)
    yield from (text for tool in record.get("tools") or () for _, text in _leaves(tool, ""))
    yield str(record.get("topic") or "")


def _leaves(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """The texts within a value, also within JSON that is held as text, with their paths."""
    if isinstance(value, dict):
        for name, held in value.items():
            yield from _leaves(held, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for held in value:
            yield from _leaves(held, path + ITEMS)
    elif isinstance(value, str):
        held = _held_in(value)
        if held is not None:
            yield from _leaves(held, path)
        elif is_said(value):
            yield path, value.strip()


def _held_in(text: str) -> Any:
    if text.lstrip()[:1] not in ("[", "{"):
        return None
    try:
        held = parse_value(text)
    except Refused:
        found = read_leniently(text)
        held = found[0] if found is not None else None
    return held if isinstance(held, dict | list) else None


def lists_left(read: TextRead) -> list[str]:
    """The lists of which no text is read."""
    found = dict.fromkeys(behind.field.rpartition(ITEMS)[0] for behind in read.left if ITEMS in behind.field)
    return [name for name in found if name not in read.lists_read]
