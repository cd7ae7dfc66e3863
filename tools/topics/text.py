"""The text of a record that topics are judged by."""

from __future__ import annotations

from ..dataset.record import Record, message_text

CHARACTERS = 4_000
"""Of a record's text: what it is about is said early."""


def judged_text(record: Record) -> str:
    """What user and assistant say, cut to 4,000 characters.

    Neither the system prompt, nor tools and their results, which would give a topic away by their names.
    """
    said = (message_text(turn) for turn in record.messages if turn.get("role") in ("user", "assistant"))
    return "\n".join(said)[:CHARACTERS]
