"""Reading an evaluation set: the records that generated ones must stay away from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import InvalidInput
from .formats.json_line import parse_object, text_of_line
from .formats.openai_chat import check_chat
from .formats.refusal import Refused
from .formats.whole_file import refuse_other_files
from .record import Record

_TEXT_FIELDS = ("text", "prompt", "question", "input")


def read_eval_set(path: Path) -> list[Record]:
    """The records of an evaluation set; a plain text counts as said by a user.

    Every line must be readable: what is not read cannot be kept out of the training data.

    Args:
        path: a JSONL file of objects with ``messages``, or with one of ``text``, ``prompt``, ``question``, ``input``.

    Returns:
        One record for each line that is not blank; its id is the file's name and the line.

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
    with path.open("rb") as file:
        try:
            refuse_other_files(path, file)
        except Refused as refused:
            raise _unreadable(path, refused.reason) from refused
        for number, raw in enumerate(file, start=1):
            try:
                text = text_of_line(raw).strip()
                if text:
                    body = json.dumps(_as_chat(parse_object(text)), ensure_ascii=False)
                    yield Record(f"{path.name}:{number}", body, topic=None)
            except Refused as refused:
                raise _unreadable(path, f"line {number}: {refused.reason}") from refused


def _as_chat(source: dict[str, Any]) -> dict[str, Any]:
    if "messages" not in source:
        for name in _TEXT_FIELDS:
            if isinstance(source.get(name), str):
                return {"messages": [{"role": "user", "content": source[name]}]}
    check_chat(source)
    return source


def _unreadable(path: Path, reason: str) -> InvalidInput:
    return InvalidInput(
        f"The evaluation set {path} cannot be used: {reason}.",
        hint="It is a JSONL file of OpenAI chat records, or of objects with `text`; every line must be one.",
    )
