"""How far a job is, for whoever watches."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from ..money.stops import StopWatch
from .ledger import Job

REFUSALS_PER_RECORD = 8
"""Refused attempts, for each record that the job owes, after which it ends short. Counted over the whole job: one
unlucky record may take more, as long as the others took less."""


@dataclass(frozen=True)
class Progress:
    """How far a job is; handed to whoever watches.

    Attributes:
        note: what is waited for, in words, when that takes long.
        remark: something to tell once and let stand.
        seconds_left: until all records are there, at the pace since this run began; ``None`` before the first.
        loaded: records that are embedded, of those that the job is prepared with.
        to_load: how many these are; 0 once the job is prepared.
    """

    job_id: str
    topic: str
    accepted: int
    requested: int
    attempts: int
    rejected: dict[str, int] = field(default_factory=dict)
    note: str = ""
    remark: str = ""
    seconds_left: float | None = None
    loaded: int = 0
    to_load: int = 0


OnProgress = Callable[[Progress], None]


class Tally:
    """Counts what became of a job's attempts, and tells whoever watches.

    Args:
        job: what is owed: its part of the slots.
        accepted: records that earlier runs of the part brought.
        elsewhere: records of the job's other parts.
        rejected: refused and failed attempts of earlier runs, by reason.
        watch: counts towards what was told with the plan.
        on_progress: called with each report.
    """

    def __init__(
        self,
        job: Job,
        accepted: int,
        elsewhere: int,
        rejected: Counter[str],
        watch: StopWatch,
        on_progress: OnProgress | None,
    ) -> None:
        self._job = job
        self._count = len(job.slots)
        self._elsewhere = elsewhere
        self._watch = watch
        self.accepted = accepted
        self.rejected = Counter(rejected)
        self._on_progress = on_progress
        self._is_told = False
        self._began, self._had = time.monotonic(), accepted

    @property
    def is_complete(self) -> bool:
        """Whether the count is met."""
        return self.accepted >= self._count

    def ended(self, tokens: int, reason: str | None, *, is_counted: bool) -> None:
        """An attempt ended: accepted, or refused for a reason; its tokens were counted or are estimated."""
        self._watch.ended(tokens, reason, is_counted=is_counted)
        if reason is None:
            self.accepted += 1
        else:
            self.rejected[reason] += 1
        if not self._is_told and not self.is_complete:
            expected = self._watch.expected_now(self._count)
            if expected is not None:
                self._is_told = True
                self.report(remark=expected)

    @property
    def re_estimate(self) -> str | None:
        """What the job has taken, where the plan was wrong about it: what it would take is news while it runs only."""
        return self._watch.taken(self._count, is_part=self._count < self._job.count)

    @property
    def must_stop(self) -> str | None:
        """Why the job stops and a person is asked, as it was told with the plan; None when it goes on."""
        return None if self.is_complete else self._watch.reason

    def startable(self, in_hand: int) -> int:
        """How many more attempts may be begun, when so many are under way."""
        left = REFUSALS_PER_RECORD * self._count - self.rejected.total() - in_hand
        affordable = self._watch.drafts_left(in_hand)
        return max(0, left if affordable is None else min(left, affordable))

    @property
    def too_many_refusals(self) -> str:
        """Why a job that nothing else stopped is short."""
        return f"{self.rejected.total()} attempts were refused, {REFUSALS_PER_RECORD} for each record"

    def report(self, note: str = "", *, remark: str = "") -> None:
        """Tell where the job stands."""
        if self._on_progress is None:
            return
        refused = self.rejected
        self._on_progress(
            Progress(
                job_id=self._job.id,
                topic=self._job.topic,
                accepted=self._elsewhere + self.accepted,
                requested=self._job.count,
                attempts=self._elsewhere + self.accepted + refused.total(),
                rejected=dict(refused.most_common()),
                note=note,
                remark=remark,
                seconds_left=self._seconds_left,
            )
        )

    @property
    def _seconds_left(self) -> float | None:
        new, owed = self.accepted - self._had, self._count - self.accepted
        return (time.monotonic() - self._began) / new * owed if new > 0 and owed > 0 else None
