"""What a check is."""

from __future__ import annotations

from typing import Protocol

from ...dataset.record import Record
from ..attempts.draft import Candidate, Rejection


class Check(Protocol):
    """One check that a candidate record must pass."""

    name: str

    def check(self, candidate: Candidate) -> Rejection | None:
        """Why the candidate is refused, with evidence, or None when it passes."""
        ...


class ComparingCheck(Check, Protocol):
    """A check that also compares with what was accepted so far."""

    def accepted(self, candidate: Candidate) -> None:
        """Remember a candidate that passed every check."""
        ...

    def know(self, record: Record) -> None:
        """Remember a record that is there already, or that another job added meanwhile."""
        ...
