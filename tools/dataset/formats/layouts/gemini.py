"""Gemini: ``{"systemInstruction": …, "contents": [{"role": "user", "parts": [{"text": …}]}, {"role": "model", …}]}``.

Parts of one turn are one text. Keys are in camel case or with underscores, as the two SDKs write them. Layout:
https://cloud.google.com/vertex-ai/generative-ai/docs/models/gemini-supervised-tuning-prepare and
https://ai.google.dev/api/caching#Content.
"""

from __future__ import annotations

from typing import Any

from ..refusal import Refused, kind_of
from ..turns.conversation import body_of_turns

Source = dict[str, Any]
NAME = "gemini"


def recognise(source: Source) -> str | None:
    """What makes a record Gemini's; ``None`` when it is not."""
    contents = source.get("contents")
    first = contents[0] if isinstance(contents, list) and contents else contents
    return "`contents` with parts" if isinstance(first, dict) and "parts" in first else None


def to_chat(source: Source) -> Source:
    """The body of a Gemini record; raises `Refused`."""
    contents = source.get("contents")
    turns = contents if isinstance(contents, list) else [contents]
    return body_of_turns(
        NAME, source, [_turn(turn, number) for number, turn in enumerate(turns, 1)], {"contents"}
    )


def _turn(turn: Any, number: int) -> Source:
    if not isinstance(turn, dict):
        raise Refused("bad_message", f"message {number} is {kind_of(turn)}, not an object")
    parts = turn.get("parts")
    joined: list[Any] = []
    for part in parts if isinstance(parts, list) else [parts]:
        before = _text(joined[-1]) if joined else None
        text = _text(part)
        if before is not None and text is not None:
            joined[-1] = {"text": before + text}
        else:
            joined.append(part)
    return {"role": "user", **turn, "parts": joined}


def _text(part: Any) -> str | None:
    """The text of a part that is nothing else."""
    text = part.get("text") if isinstance(part, dict) and len(part) == 1 else None
    return text if isinstance(text, str) else None
