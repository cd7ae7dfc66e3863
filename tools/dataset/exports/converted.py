"""What becomes of one record in another format: its row and what got lost, or why it does not fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Converted:
    """One record in another format.

    Attributes:
        row: the JSON object that is written.
        lost: what of the record the row does not hold, in words, such as ``ids of tool calls``.
    """

    row: dict[str, Any]
    lost: frozenset[str] = frozenset()


class Unfit(Exception):
    """A format cannot hold this record.

    Attributes:
        reason: why, and where in the record.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
