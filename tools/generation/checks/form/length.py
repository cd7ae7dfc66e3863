"""Length: no written turn is far longer than real ones are, in characters."""

from __future__ import annotations

from collections.abc import Iterable

from ....dataset.record import Record, message_text
from ...attempts.draft import Candidate, Rejection
from ..check import ANY

BEYOND = 3.0
"""Times the longest real turn: what the real records show is not all that there can be."""
LEAST_TURNS = 20
ALWAYS = 400
"""Characters that a turn may always have."""


class Length:
    """Compares each written turn with the real turns of its role; without enough of them nothing is refused."""

    name = "length"
    languages = ANY

    def __init__(self, real: Iterable[Record]) -> None:
        self._most: dict[str, float] = {}
        lengths: dict[str, list[int]] = {"user": [], "assistant": []}
        for record in real:
            for message in record.messages:
                if message.get("role") in lengths and (text := message_text(message).strip()):
                    lengths[message["role"]].append(len(text))
        for role, own in lengths.items():
            if len(own) >= LEAST_TURNS:
                self._most[role] = max(ALWAYS, BEYOND * max(own))

    def check(self, candidate: Candidate) -> Rejection | None:
        """The first turn that is far longer than any real one."""
        for message in candidate.written:
            text, most = message_text(message).strip(), self._most.get(message["role"])
            if most is not None and len(text) > most:
                return Rejection(
                    self.name,
                    f"{message['role']}: {len(text):,} characters, real ones have at most {most / BEYOND:,.0f}",
                )
        return None
