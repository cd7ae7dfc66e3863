"""What is measured of one record: its turns, its length, its language and the tools it declares and calls."""

from __future__ import annotations

from dataclasses import dataclass

from ...dataset.record import Record
from .languages import language_of

TURNS: dict[str, tuple[int, int | None]] = {
    "1 user turn": (1, 1),
    "2 user turns": (2, 2),
    "3 or 4 user turns": (3, 4),
    "5 to 8 user turns": (5, 8),
    "9 to 12 user turns": (9, 12),
    "more than 12 user turns": (13, None),
}
"""How often the user speaks: least and most of each band."""

LENGTHS: dict[str, tuple[int, int | None]] = {
    "no user message of more than 8 words": (0, 8),
    "a longest user message of 9 to 20 words": (9, 20),
    "a longest user message of 21 to 50 words": (21, 50),
    "a user message of more than 50 words": (51, None),
}
"""Words of the longest message of the user: the one that says what it is about. Least and most of each band."""


@dataclass(frozen=True)
class RecordShape:
    """A record as it is measured.

    Attributes:
        turns: its band of `TURNS`; ``None`` when the user says nothing.
        length: its band of `LENGTHS`, likewise.
        language: in English words; ``None`` when it cannot be told.
        declared: names of the tools that it declares.
        called: names of the tools that the assistant calls.
    """

    id: str
    turns: str | None
    length: str | None
    language: str | None
    declared: frozenset[str]
    called: frozenset[str]


def shape_of(record: Record) -> RecordShape:
    """Measure a record."""
    said = [text for text in record.user_turns if text.strip()]
    words = max((len(text.split()) for text in said), default=0)
    return RecordShape(
        id=record.id,
        turns=_band(TURNS, len(said)) if said else None,
        length=_band(LENGTHS, words) if said else None,
        language=language_of(" ".join(" ".join(said).split())),
        declared=frozenset(_names(record.tools)),
        called=frozenset(_called(record)),
    )


def _band(bands: dict[str, tuple[int, int | None]], number: int) -> str:
    return next(name for name, (_, most) in bands.items() if most is None or number <= most)


def _names(tools: object) -> list[str]:
    # As found in files: a tool may lack its function, and a function its name.
    found = []
    for tool in tools if isinstance(tools, list) else []:
        function = tool.get("function", tool) if isinstance(tool, dict) else None
        name = function.get("name") if isinstance(function, dict) else None
        if isinstance(name, str) and name:
            found.append(name)
    return found


def _called(record: Record) -> list[str]:
    return [
        name
        for message in record.messages
        if message.get("role") == "assistant"
        for name in _names(message.get("tool_calls"))
    ]
