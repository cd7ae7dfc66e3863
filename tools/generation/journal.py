"""The journal of generation: every attempt at a record, and what became of it.

What was paid for is written down before it is judged, and a record, its attempt and its slot are committed in
one transaction: a crash loses no accepted record and none is counted twice. All functions take many attempts at
once, for one transaction; they block, so call them from a thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from ..dataset.journal_tables import attempts, jobs, slots
from ..dataset.record import Record
from ..dataset.records import NewRecord, insert_records
from ..dataset.store import Store
from ..dataset.tables import records
from ..errors import BudgetExceeded
from .draft import Rejection
from .ledger import Attempt, Job
from .spending import Amount, Spending


@dataclass(frozen=True)
class Paid:
    """What an attempt has got from the model so far.

    Attributes:
        response: the replies, as `replies.joined` puts them together.
        is_whole: whether no further request is needed.
        usd: what it has cost so far.
        settled: (reserved, used) when the reservation ends here.
        verdict: the judge's answer, if there is one, with its own tokens.
    """

    number: int
    response: str
    prompt_tokens: int
    completion_tokens: int
    is_whole: bool
    usd: float | None
    settled: tuple[Amount, Amount] | None
    verdict: str | None = None
    judge_prompt_tokens: int = 0
    judge_completion_tokens: int = 0


@dataclass(frozen=True)
class Accepted:
    """An attempt whose record passed every gate, and the slot that it fills.

    Attributes:
        settled: (reserved, used) when the attempt ends here with its reservation open.
    """

    number: int
    slot: int
    record: Record
    scores: dict[str, float]
    settled: tuple[Amount, Amount] | None = None


@dataclass(frozen=True)
class Refused:
    """An attempt that gives no record: refused by a gate, or without an answer (failed).

    Attributes:
        settled: (reserved, used) when the attempt ends here with its reservation open and the use is known.
    """

    number: int
    rejection: Rejection
    failed: bool = False
    settled: tuple[Amount, Amount] | None = None
    scores: dict[str, float] | None = None


def begin_attempts(
    store: Store, job_id: str, begun: Sequence[tuple[Attempt, Amount]], spending: Spending
) -> tuple[int, BudgetExceeded | None]:
    """Set the worst case of attempts aside and write down that a model is being called, before it is.

    Returns:
        How many of them, from the first on, the budget allows, and what it said to the next one.
    """
    with store.write() as connection:
        allowed, refusal = spending.reserve(connection, [amount for _, amount in begun])
        rows = [
            {
                "job_id": job_id,
                "number": attempt.number,
                "slot": attempt.slot,
                "status": "calling",
                "seed_ids": attempt.seed_ids,
                "details": attempt.details,
                "reserved_tokens": amount.tokens,
                "reserved_usd": amount.usd or 0,
            }
            for attempt, amount in begun[:allowed]
        ]
        if rows:
            connection.execute(insert(attempts), rows)
    return allowed, refusal


_THIS_ATTEMPT = (attempts.c.job_id == bindparam("job")) & (attempts.c.number == bindparam("this"))
_CHANGE = update(attempts).where(_THIS_ATTEMPT)
_FILL = update(slots).where(
    slots.c.job_id == bindparam("job"), slots.c.number == bindparam("slot"), slots.c.record_id.is_(None)
)


def journal_answers(store: Store, job_id: str, answers: Sequence[Paid], spending: Spending) -> str | None:
    """Write down what was paid for, before anybody judges it, and settle the reservations of whole answers.

    Returns:
        Why the job must stop: the endpoint does not keep to its maximum. None when all is well.
    """
    rows = [
        {
            "job": job_id,
            "this": paid.number,
            "status": "answered" if paid.is_whole else "calling",
            "response": paid.response,
            "prompt_tokens": paid.prompt_tokens,
            "completion_tokens": paid.completion_tokens,
            "usd": paid.usd,
            "verdict": paid.verdict,
            "judge_prompt_tokens": paid.judge_prompt_tokens,
            "judge_completion_tokens": paid.judge_completion_tokens,
        }
        for paid in answers
    ]
    with store.write() as connection:
        connection.execute(_CHANGE, rows)
        return spending.settle(connection, [paid.settled for paid in answers if paid.settled is not None])


def begin_verdicts(
    store: Store, job_id: str, begun: Sequence[tuple[int, Amount, Amount]], spending: Spending
) -> tuple[int, BudgetExceeded | None]:
    """Write down that the judge is being asked about attempts, before it is, and set aside what that takes more.

    Args:
        store: where the journal is.
        job_id: whose attempts.
        begun: number of each attempt, what to add to its reservation, and what that comes to then.
        spending: the budget of the approval.

    Returns:
        How many of them, from the first on, the budget allows, and what it said to the next one.
    """
    with store.write() as connection:
        allowed, refusal = spending.reserve(connection, [more for _, more, _ in begun])
        rows = [
            {
                "job": job_id,
                "this": number,
                "status": "judging",
                "reserved_tokens": total.tokens,
                "reserved_usd": total.usd or 0,
            }
            for number, _, total in begun[:allowed]
        ]
        if rows:
            connection.execute(_CHANGE, rows)
    return allowed, refusal


def end_attempts(
    store: Store, job: Job, accepted: Sequence[Accepted], refused: Sequence[Refused], spending: Spending
) -> set[int]:
    """Commit the outcomes of attempts; records, their attempts and their slots together.

    Returns:
        Numbers of accepted attempts whose record the workflow has already; nothing is written for them.
    """
    with store.write() as connection:
        ids = [one.record.id for one in accepted]
        this_workflow = records.c.workflow_id == job.workflow_id
        known = set(
            connection.execute(select(records.c.id).where(this_workflow, records.c.id.in_(ids))).scalars()
        )
        new = [one for one in accepted if one.record.id not in known]
        if new:
            insert_records(connection, job.workflow_id, [NewRecord(one.record, job_id=job.id) for one in new])
            filled = connection.execute(
                _FILL, [{"job": job.id, "slot": one.slot, "record_id": one.record.id} for one in new]
            ).rowcount
            if filled != len(new):
                raise RuntimeError(f"a slot of {job.id} is filled already")
        ended: list[dict[str, Any]] = [
            {"status": "accepted", "this": one.number, "gate": None, "evidence": None, "scores": one.scores}
            for one in new
        ]
        ended += [
            {
                "status": "failed" if one.failed else "rejected",
                "this": one.number,
                "gate": one.rejection.gate,
                "evidence": one.rejection.evidence,
                "scores": one.scores,
            }
            for one in refused
        ]
        if ended:
            connection.execute(_CHANGE, [{"job": job.id, **row} for row in ended])
        settled = [*(one.settled for one in new), *(one.settled for one in refused)]
        spending.settle(connection, [pair for pair in settled if pair is not None])
    return {one.number for one in accepted if one.record.id in known}


def end_job(
    store: Store, job_id: str, *, status: str, stop_reason: str | None, coverage_after: dict[str, Any]
) -> None:
    """Close a job: complete, or short with the reason."""
    with store.write() as connection:
        connection.execute(
            update(jobs)
            .where(jobs.c.id == job_id)
            .values(status=status, stop_reason=stop_reason, coverage_after=coverage_after, ended_at=now())
        )


def request_cancel(store: Store, job_id: str) -> bool:
    """Ask whoever carries the job out to stop; returns whether it was running."""
    with store.write() as connection:
        this = (jobs.c.id == job_id) & (jobs.c.status == "running")
        return bool(connection.execute(update(jobs).where(this).values(cancel_requested=True)).rowcount)


def is_cancelled(store: Store, job_id: str) -> bool:
    """Whether somebody asked for the job to stop."""
    with store.read() as connection:
        return bool(connection.execute(select(jobs.c.cancel_requested).where(jobs.c.id == job_id)).scalar())


def now() -> str:
    """The time, as the journal writes it."""
    return datetime.now(UTC).isoformat(timespec="microseconds")
