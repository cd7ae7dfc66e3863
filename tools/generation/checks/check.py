"""What a check is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

from ...dataset.record import Record
from ..attempts.draft import Candidate, Rejection

Languages = Literal["any", "embedded"] | tuple[str, ...]
"""In which languages a check judges: any; those that the dataset's embedding knows; or these, by their codes."""
ANY: Languages = "any"
EMBEDDED: Languages = "embedded"


class Check(Protocol):
    """One check that a candidate record must pass.

    Attributes:
        name: by which a rejection names it.
        languages: in which it judges.
    """

    name: str
    languages: Languages

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

    def among(self, records: Sequence[Record]) -> Check:
        """The same check, which compares with these records only."""
        ...
