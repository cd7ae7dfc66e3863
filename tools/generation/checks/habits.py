"""Habits: what the real records of a dataset do so often that it cannot be held against a written one.

Real data breaks rules: agents leave out the full stop, tools are called with arguments that no schema declares,
dialogues end with the user's thanks. A rule that the dataset itself does not keep would refuse good records, and a
fixed list of exceptions would fit one dataset only. So each check runs over the real records first, and what it finds
there often is excused from then on. Without real records every rule is strict.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass

from ...dataset.record import Record

LEAST_RECORDS = 2
"""Real records that must do a thing before it counts as a habit: one may be a slip."""

MOST_RECORDS = 2_000
"""Real records that habits are learned from. Each costs some milliseconds when a job begins, and what is found in one
record of a hundred is found in these."""

Key = Hashable


@dataclass(frozen=True)
class Excuse:
    """A habit that would excuse a finding: ``share`` of the records with ``occasion`` do ``deed``.

    Attributes:
        deed: what was done, as narrow or wide as the habit is to be.
        occasion: when it could have been done; None is in every record.
        share: least share of those records, from 0 to 1.
    """

    deed: Key
    occasion: Key = None
    share: float = 0.0


@dataclass(frozen=True)
class Finding:
    """Something that breaks a rule, unless the real records do it too.

    Attributes:
        evidence: what breaks it.
        excuses: the habits that would excuse it.
        allowed: whether the dialogue itself gives the reason. It then only counts for the habits.
    """

    evidence: str
    excuses: tuple[Excuse, ...] = ()
    allowed: bool = False


Examine = Callable[[Record], Iterable[Finding]]
Occasions = Callable[[Record], Iterable[Key]]


class Habits:
    """How many real records do each deed, and how many had the occasion."""

    def __init__(self, real: Iterable[Record], examine: Examine, occasions: Occasions | None = None) -> None:
        """Args: the real records, what a check finds in one of them, and which occasions it has."""
        self._deeds: Counter[Key] = Counter()
        self._occasions: Counter[Key] = Counter()
        for record in real:
            self._deeds.update({excuse.deed for found in examine(record) for excuse in found.excuses})
            self._occasions.update({None, *(occasions(record) if occasions else ())})

    def first_unexcused(self, findings: Iterable[Finding]) -> Finding | None:
        """The first finding that the dialogue gives no reason for, and that is no habit."""
        return next(
            (
                found
                for found in findings
                if not found.allowed and not any(map(self._is_habit, found.excuses))
            ),
            None,
        )

    def _is_habit(self, excuse: Excuse) -> bool:
        times = self._deeds[excuse.deed]
        return times >= LEAST_RECORDS and times >= excuse.share * self._occasions[excuse.occasion]


def evenly(records: Sequence[Record], most: int = MOST_RECORDS) -> list[Record]:
    """At most ``most`` of the records, at equal distances."""
    step = max(1.0, len(records) / most)
    return [records[int(index * step)] for index in range(min(most, len(records)))]


def telling_records(real: Sequence[Record], topic: str, most: int = MOST_RECORDS) -> list[Record]:
    """Those to learn a job's habits from: of its own topic first, for at most half, the rest from all others."""
    own = evenly([record for record in real if record.topic == topic], most // 2)
    return own + evenly([record for record in real if record.topic != topic], most - len(own))
