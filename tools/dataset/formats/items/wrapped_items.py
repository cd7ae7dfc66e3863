"""What stands around the items of a dataset: the part of it that they belong to, and the rows of the dataset server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..refusal import Refused

Source = dict[str, Any]
SPLIT_FIELD = "split"
_SERVER_ROW = {"row_idx", "row", "truncated_cells"}


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
