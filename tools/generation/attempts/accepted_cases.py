"""What was accepted for a topic so far, as far as a new draft is to keep away from it."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable, Sequence, Set

from ...dataset.record import Record

SHOWN = 4
"""Records that a prompt names: more would cost what they save."""
REMEMBERED = 300
"""The newest; what is older is left to the checks."""


class AcceptedCases:
    """The records that were generated for a topic.

    What an attempt was shown is noted with it, so that it is drafted alike when it is taken up again.

    Args:
        records: that are in the dataset, in their order.
        dropped: that a person took out again: nothing keeps away from them, but their cases were written.

    Attributes:
        written: (area, situation) of the cases that records were written for, also of those that are not remembered.
    """

    def __init__(self, records: Iterable[Record] = (), dropped: Iterable[Record] = ()) -> None:
        self.written: set[tuple[str, str]] = set()
        for one in dropped:
            self._noted(one)
        # Never changed, only replaced: while one thread drafts by it, another one adds to it.
        self._cases = tuple(deque(map(self._noted, records), REMEMBERED))
        self._shown: dict[int, list[Record]] = {}

    @property
    def records(self) -> Sequence[Record]:
        """The newest ones."""
        return [record for record, _, _ in self._cases]

    def add(self, record: Record) -> None:
        """One more is in the store."""
        self._cases = (*self._cases, self._noted(record))[-REMEMBERED:]

    def recall(self, attempt: int, shown: list[Record]) -> None:
        """An attempt of an earlier run was shown these."""
        self._shown[attempt] = shown

    def near(self, attempt: int, seeds: Set[str], area: str) -> Sequence[Record]:
        """The nearest ones for an attempt: of the same seed first, then of the same part of the topic, then the newest.

        Args:
            attempt: its number.
            seeds: ids of what it is made from.
            area: of its scenario.
        """
        if attempt in self._shown:
            return self._shown[attempt]
        nearest = heapq.nlargest(
            SHOWN,
            reversed(self._cases),
            key=lambda case: (not seeds.isdisjoint(case[1]), bool(area) and case[2] == area),
        )
        return [record for record, _, _ in nearest]

    def _noted(self, record: Record) -> tuple[Record, frozenset[str], str | None]:
        """The record, the ids of what it was made from, and the area of its scenario."""
        made = record.provenance or {}
        drawn = (made.get("drawn") or {}).get("scenario")
        case = drawn if isinstance(drawn, dict) else {}
        if "situation" in case:
            self.written.add((case.get("area", ""), case["situation"]))
        return record, frozenset(made.get("seeds") or ()), case.get("area")
