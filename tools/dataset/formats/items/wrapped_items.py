"""What stands around the items of a dataset: the part of it that they belong to, and the rows of the dataset server."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..refusal import Refused, shown
from ..turns.conversation import are_turns, is_turn

Source = dict[str, Any]
SPLIT_FIELD = "split"
NAME_FIELD = "key"
"""Where the key stands under which a record was found."""
_FEW_KEYS = 2
"""So few lists of turns in one object may be two versions of a conversation."""
_SERVER_ROW = {"row_idx", "row", "truncated_cells"}


@dataclass(frozen=True)
class ItemsOfOne:
    """The items that one object holds.

    Attributes:
        where: what they stand in, for a person.
        items: they, as they would stand in a file of their own.
        left_out: the keys of what stands around them.
    """

    where: str
    items: list[Source]
    left_out: list[str]


def items_of_one(value: Source, is_record: Callable[[Source], bool]) -> ItemsOfOne | None:
    """The items of a file that is one object and no record: those of its one list of records, or under its keys.

    Args:
        value: the object.
        is_record: whether an object is a record of a known format.

    Returns:
        The items; ``None`` when not all of exactly one list, or under all keys, are records.
    """
    found = {
        key: items
        for key, held in value.items()
        if isinstance(held, list) and len(held) > 1 and (items := _records(held, is_record))
    }
    if len(found) == 1:
        ((key, items),) = found.items()
        return ItemsOfOne(f"a list under {shown(key)}", items, [other for other in value if other != key])
    named = _records(list(value.values()), is_record) if len(value) > _FEW_KEYS else None
    if named is None:
        return None
    items = [
        item if NAME_FIELD in item else {**item, NAME_FIELD: key}
        for key, item in zip(value, named, strict=True)
    ]
    return ItemsOfOne("records under keys", items, [])


def _records(values: list[Any], is_record: Callable[[Source], bool]) -> list[Source] | None:
    if all(map(are_turns, values)):
        return [{"messages": turns} for turns in values]
    if all(isinstance(item, dict) and not is_turn(item) and is_record(item) for item in values):
        return values
    return None


def with_split(value: Source, split: str) -> Source:
    """An item with the part of the dataset that it belongs to as a field, unless it names one itself."""
    return value if not split or SPLIT_FIELD in value else {**value, SPLIT_FIELD: split}


def text_with_split(text: str | None, value: Source, split: str) -> str | None:
    """The JSON text of an item, with the same field behind its last one; the rest stays as it was written."""
    if text is None or not split or SPLIT_FIELD in value:
        return text
    comma = ", " if value else ""
    return f"{text.rstrip()[:-1].rstrip()}{comma}{json.dumps(SPLIT_FIELD)}: {json.dumps(split)}}}"


def split_of_folder(path: Path) -> str:
    """The part of a dataset that a file of a folder written by ``Dataset.save_to_disk`` belongs to, if any.

    Layout: https://github.com/huggingface/datasets/blob/main/src/datasets/arrow_dataset.py (``_split`` in state.json)
    """
    try:
        state = json.loads((path.parent / "state.json").read_text(encoding="utf-8"))
        split = state.get("_split")
    except (OSError, ValueError, AttributeError, RecursionError):
        return ""
    return split if isinstance(split, str) else ""


def row_within(value: Source) -> Source | None:
    """The row that an item of the dataset server's answers holds; ``None`` when it is another item.

    Layout: https://huggingface.co/docs/dataset-viewer/rows

    Raises:
        Refused: the server left a part of the row out, since it was long.
    """
    row = value.get("row")
    if not isinstance(row, dict) or "row_idx" not in value or set(value) - _SERVER_ROW:
        return None
    if value.get("truncated_cells"):
        cells = ", ".join(f"`{cell}`" for cell in value["truncated_cells"])
        raise Refused("bad_message", f"the server left out a part of {cells}: download the dataset's files")
    return row
