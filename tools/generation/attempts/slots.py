"""What both engines keep of a job: the slots it owes, the tally of its attempts, and why it stops."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from ...observability import telemetry
from ..jobs.ledger import NOT_SENT, Job
from ..jobs.progress import OnProgress, Tally
from ..jobs.resumption import Left
from ..money.amounts import as_usd
from .open_attempt import Outcome
from .stages import AttemptWork


class SlotKeeping:
    """The opening of an engine.

    Args:
        job: what is owed: its part of the slots.
        work: drafts, journals and judges.
        left: what earlier runs of the job left to do.
        on_progress: called from the event loop whenever something was accepted or refused.
    """

    def __init__(self, job: Job, work: AttemptWork, left: Left, on_progress: OnProgress | None) -> None:
        self._job = job
        self._work = work
        self._owed = deque(left.owed)
        self._next_attempt = left.next_attempt
        self._tally = Tally(job, left.accepted, left.elsewhere, left.rejected, left.watch, on_progress)
        self._stop: str | None = None

    def _numbered(self, slots: Sequence[int]) -> list[tuple[int, int]]:
        """The next attempts, as (number, slot)."""
        return [(self._next_attempt + n * self._job.parts, slot) for n, slot in enumerate(slots)]

    def _ended(self, outcome: Outcome) -> None:
        """Count what became of an attempt; a slot that it did not fill is owed again."""
        tokens, is_counted = self._work.costs.tokens(outcome.attempt), not outcome.attempt.uncounted
        if telemetry.is_on():
            self._tell(outcome, tokens)
        if outcome.rejection is None:
            self._tally.ended(tokens, None, is_counted=is_counted)
            return
        self._owed.append(outcome.attempt.slot)
        if outcome.rejection.check != NOT_SENT:
            self._tally.ended(tokens, outcome.rejection.check, is_counted=is_counted)

    def _tell(self, outcome: Outcome, tokens: int) -> None:
        one, rejection = outcome.attempt, outcome.rejection
        if rejection is not None and rejection.check == NOT_SENT:
            return
        cost = self._work.costs.used(one).picodollars
        telemetry.attempt_ended(
            telemetry.EndedAttempt(
                job_id=self._job.id,
                number=one.number,
                strategy=self._job.strategy,
                status=outcome.status,
                check=None if rejection is None else rejection.check,
                tokens=tokens,
                usd=None if cost is None else as_usd(cost),
                began_at=one.began_at,
            )
        )

    @property
    def owed(self) -> int:
        """Slots that no attempt under way is for."""
        return len(self._owed)

    @property
    def re_estimate(self) -> str | None:
        """What the job takes by its own answers, where the plan was wrong about it."""
        return self._tally.re_estimate

    def _why_short(self) -> str | None:
        """Why the job stops short, or None when every slot is filled."""
        return None if self._tally.is_complete else self._stop or self._tally.too_many_refusals
