"""Reading an evaluation set: the records that generated ones must stay away from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import InvalidInput
from .formats.items.raw_objects import BadItem, RawObjects
from .formats.refusal import Refused
from .formats.registry import read_item
from .record import Record

_TEXT_FIELDS = ("text", "prompt", "question", "input")


def read_eval_set(path: Path) -> list[Record]:
    """The records of an evaluation set; a plain text counts as said by a user.

    Every line must be readable: what is not read cannot be kept out of the training data.

    Args:
        path: a dataset file in any format that is imported, or of objects with one of ``text``, ``prompt``,
            ``question``, ``input``.

    Returns:
        One record for each item of the file; its id is the file's name and the line.

    Raises:
        InvalidInput: the file or one of its lines cannot be read, or it holds no record.
    """
    try:
        records = list(_records(path))
    except OSError as error:
        raise _unreadable(path, error.strerror or str(error)) from error
    if not records:
        raise _unreadable(path, "it holds no record")
    return records


def _records(path: Path) -> Iterator[Record]:
    for item in RawObjects(path):
        if isinstance(item, BadItem):
            where = "" if item.place is None else f"line {item.place}: "
            raise _unreadable(path, f"{where}{item.refused.reason}") from item.refused
        try:
            body = json.dumps(_as_chat(item.value), ensure_ascii=False)
        except Refused as refused:
            raise _unreadable(path, f"line {item.place}: {refused.reason}") from refused
        yield Record(f"{path.name}:{item.place}", body, topic=None)


def _as_chat(source: dict[str, Any]) -> dict[str, Any]:
    if "messages" not in source:
        for name in _TEXT_FIELDS:
            if isinstance(source.get(name), str):
                return {"messages": [{"role": "user", "content": source[name]}]}
    return read_item(source).body


def _unreadable(path: Path, reason: str) -> InvalidInput:
    return InvalidInput(
        f"The evaluation set {path} cannot be used: {reason}.",
        hint="It is a file of chat records, or of objects with `text`; every line must be one.",
    )
