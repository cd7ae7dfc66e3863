"""What speaks against a mapping, by what it makes of the first items of a file; whoever proposed it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from ..formats.dataset_file import BadItem, Item
from ..record import message_text
from .columns import lists_in
from .field_mapping import FieldMapping
from .names_before_text import names_in
from .proposal import holds_turns
from .text_read import ITEMS, LeftBehind, lists_left, text_read

Source = dict[str, Any]
CHECKED = 50
"""Records whose texts are compared with those of their items."""
_MOST_UNREAD = 0.05
"""Share of items that may be refused."""
_MOST_LEFT = 0.5
"""Share of the text that may be left behind."""
_ALTERNATING = 0.6
"""Share of neighbouring turns with different speakers, from which turns are a conversation."""
_NOTHING = frozenset(("null", "None", "undefined", "NaN", "[]", "{}", "[object Object]"))
"""What expressions and programs write where there is no text."""
_ANSWERED = 0.5
"""Share of the records with both sides, from which they are conversations."""


@dataclass(frozen=True)
class MappingCheck:
    """What a mapping makes of some items.

    Attributes:
        faults: what speaks against it, in words; nothing where it can be taken.
        left: the texts that it leaves behind, the most first.
    """

    faults: list[str]
    left: list[LeftBehind]


def check_mapping(
    mapping: FieldMapping,
    values: Sequence[Source],
    tried: Sequence[Item | BadItem],
    explained: Collection[str] = (),
) -> MappingCheck:
    """Look at what a mapping makes of the first items of a file.

    Args:
        mapping: it.
        values: the items, as they stand in the file.
        tried: what became of them.
        explained: fields of which somebody said why they are left behind: those may be anything.
    """
    good = [item.source for item in tried if isinstance(item, Item)]
    bad = [item for item in tried if isinstance(item, BadItem) and item.refused.code != "marked_bad"]
    if not good:
        return MappingCheck([f"nothing can be read by it: {_reason(bad)}"], [])
    faults = []
    if len(bad) > _MOST_UNREAD * len(tried):
        faults.append(f"{len(bad)} of {len(tried)} cannot be read by it, the first for: {_reason(bad)}")
    faults += _of_turns([record["messages"] for record in good])
    # Rows of one conversation are many items for one record: all of them are compared.
    few = len(values) if mapping.conversation or mapping.records else CHECKED
    read = text_read(values[:few], good, [mapping.transcript] if mapping.transcript else ())
    unexplained = [behind for behind in read.left if not _is_explained(behind.field, explained)]
    if sum(behind.share for behind in unexplained) > _MOST_LEFT:
        faults.append(f"it leaves more than half of the text behind: {', '.join(map(str, unexplained[:4]))}")
    lists = lists_in(values)
    faults += [
        f"it leaves {field} behind, which reads like turns"
        for field in lists_left(read)
        if not _is_explained(field, explained) and holds_turns(lists.get(tuple(field.split(".")), []))
    ]
    return MappingCheck(faults, list(read.left))


def _of_turns(conversations: Sequence[Sequence[Source]]) -> list[str]:
    faults = []
    spoken = [
        [message["role"] for message in messages if message["role"] in ("user", "assistant")]
        for messages in conversations
    ]
    pairs = [pair for roles in spoken for pair in pairwise(roles)]
    if pairs and sum(first != second for first, second in pairs) < _ALTERNATING * len(pairs):
        faults.append("its speakers do not take turns: most turns are followed by one of the same speaker")
    both = sum({"user", "assistant"} <= set(roles) for roles in spoken)
    if sum("user" in roles for roles in spoken) < _ANSWERED * len(spoken):
        faults.append("in most records no user speaks")
    is_answered = any("assistant" in roles for roles in spoken)
    if is_answered and both < _ANSWERED * len(spoken):
        faults.append("in most records only one side speaks")
    nothing = sum(
        message["role"] in ("user", "assistant") and message_text(message).strip() in _NOTHING
        for messages in conversations
        for message in messages
    )
    if nothing:
        faults.append(f"{nothing} of its turns say only 'null' or the like: there was nothing to read")
    for role in ("user", "assistant"):
        texts = [
            message_text(message)
            for messages in conversations
            for message in messages
            if message["role"] == role
        ]
        if names := names_in(texts):
            faults.append(
                f"what it reads as one turn of the {role} is a conversation in itself: lines begin with "
                f"{' and '.join(repr(name + ':') for name in names)}"
            )
    return faults


def _is_explained(field: str, explained: Collection[str]) -> bool:
    return any(
        field == name or field.startswith((f"{name}.", f"{name}{ITEMS}")) for name in explained if name
    )


def _reason(bad: Sequence[BadItem]) -> str:
    return bad[0].refused.reason if bad else "it is empty"
