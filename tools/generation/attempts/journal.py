"""The journal of generation: every attempt at a record, and what became of it.

What was paid for, the record that came of it, its attempt and its slot are committed in one transaction: a crash
loses no accepted record and none is counted twice. Until then what was paid for is in the job's spool
(`answer_spool`), or here, when it leads on to another request. All functions take many attempts at
once, for one transaction; they block, so call them from a thread.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, String, bindparam, insert, literal, select, update

from ...dataset.record import Record
from ...errors import BudgetExceeded
from ...observability import telemetry
from ...store.journal_tables import attempts, generated_texts, jobs, slots
from ...store.records import NewRecord, generated_within, insert_records
from ...store.store import Store, insert_into
from ...store.tables import records
from ..jobs.lease import latest_number
from ..jobs.ledger import Attempt, Job
from ..money.amounts import Amount, as_usd
from ..money.spending import Spending
from .draft import Rejection
from .journal_entries import Accepted, Answered, Refused


def begin_attempts(
    store: Store, job: Job, begun: Sequence[tuple[Attempt, Amount]], spending: Spending
) -> tuple[int, BudgetExceeded | None]:
    """Set the worst case of attempts aside and write down that a model is being called, before it is.

    Returns:
        How many of them, from the first on, the budget allows, and what it said to the next one.
    """
    with store.write(job.workflow_id) as connection:
        allowed, refusal = spending.reserve(connection, [amount for _, amount in begun])
        rows = [
            {
                "job_id": job.id,
                "number": attempt.number,
                "slot": attempt.slot,
                "status": "calling",
                "seed_ids": attempt.seed_ids,
                "details": attempt.details,
                "draft": attempt.draft,
                "room": attempt.room,
                "reserved_tokens": amount.tokens,
                "reserved_picodollars": amount.picodollars,
            }
            for attempt, amount in begun[:allowed]
        ]
        if rows:
            holder = connection.execute(select(latest_number(literal(job.lease)))).scalar()
            connection.execute(insert(attempts), [{**row, "holder": holder} for row in rows])
    return allowed, refusal


TWIN = Rejection("exact_duplicate", "the same is there already, by another job")

_THIS_ATTEMPT = (attempts.c.job_id == bindparam("job")) & (attempts.c.number == bindparam("this"))
# Who holds the job writes their number beside all that they change: it tells what their spool may add.
_CHANGE = update(attempts).where(_THIS_ATTEMPT).values(holder=latest_number(bindparam("lease", type_=String)))
_FILL = update(slots).where(
    slots.c.job_id == bindparam("job"), slots.c.number == bindparam("slot"), slots.c.record_id.is_(None)
)


def journal_answers(store: Store, job: Job, answers: Sequence[Answered], spending: Spending) -> str | None:
    """Write down what was paid for and not judged, and settle the reservations of whole answers.

    Returns:
        Why the job must stop: the endpoint does not keep to its maximum. None when all is well.
    """
    rows = [
        {
            "job": job.id,
            "lease": job.lease,
            "this": one.number,
            "status": "answered" if one.is_whole else "calling",
            **asdict(one.paid),
            **({"details": one.details} if one.details else {}),
        }
        for one in answers
    ]
    settled = [one.settled for one in answers if one.settled is not None]
    with store.write(job.workflow_id) as connection:
        _change(connection, rows)
        problem = spending.settle(connection, settled)
    _tell_spent(job, settled)
    return problem


def begin_further_calls(
    store: Store, job: Job, begun: Sequence[tuple[int, Amount, Amount, str]], spending: Spending
) -> tuple[int, BudgetExceeded | None]:
    """Write down that the verifier, or the model once more, is being asked, before it is; set aside what that takes.

    Args:
        store: where the journal is.
        job: whose attempts.
        begun: number of each attempt, what to add to its reservation, what that comes to then, and its status.
        spending: the budget of the approval.

    Returns:
        How many of them, from the first on, the budget allows, and what it said to the next one.
    """
    with store.write(job.workflow_id) as connection:
        allowed, refusal = spending.reserve(connection, [more for _, more, _, _ in begun])
        rows = [
            {
                "job": job.id,
                "lease": job.lease,
                "this": number,
                "status": status,
                "reserved_tokens": total.tokens,
                "reserved_picodollars": total.picodollars,
            }
            for number, _, total, status in begun[:allowed]
        ]
        if rows:
            connection.execute(_CHANGE, rows)
    return allowed, refusal


@dataclass(frozen=True)
class Ended:
    """What came of `end_attempts`.

    Attributes:
        unseen: records of other jobs and parts that the checks have not seen; then nothing was written at all.
        seen: the position of the last record that was looked at.
        twins: numbers of accepted attempts whose record the workflow has already; they end refused.
        problem: why the job must stop, as `journal_answers` says it.
    """

    unseen: Sequence[Record]
    seen: int
    twins: Set[int] = frozenset()
    problem: str | None = None


def end_attempts(
    store: Store,
    job: Job,
    accepted: Sequence[Accepted],
    refused: Sequence[Refused],
    spending: Spending,
    *,
    seen: int = 0,
) -> Ended:
    """Commit the outcomes of attempts with what they got; records, their attempts and their slots together.

    Args:
        store: where the journal is.
        job: whose attempts.
        accepted: those that give a record.
        refused: those that give none.
        spending: the budget of the approval.
        seen: the position of the last record that the accepted ones were compared with.
    """
    with store.write(job.workflow_id) as connection:
        if accepted:
            unseen, seen = generated_within(connection, job.workflow_id, seen, is_ours=is_by(job))
            if unseen:
                return Ended(unseen, seen)
        known = _known(connection, job.workflow_id, accepted)
        new = [one for one in accepted if one.record.id not in known]
        if new:
            _keep_texts(connection, job.workflow_id, new)
            insert_records(connection, job.workflow_id, [NewRecord(one.record, job_id=job.id) for one in new])
            filled = connection.execute(
                _FILL, [{"job": job.id, "slot": one.slot, "record_id": one.record.id} for one in new]
            ).rowcount
            if filled != len(new):
                raise RuntimeError(f"a slot of {job.id} is filled already")
        twins = [
            Refused(one.number, TWIN, paid=one.paid, settled=one.settled, details=one.details)
            for one in accepted
            if one.record.id in known
        ]
        ended: list[Accepted | Refused] = [*new, *refused, *twins]
        _change(connection, [_end_row(job, one) for one in ended])
        settled = [one.settled for one in ended if one.settled is not None]
        problem = spending.settle(connection, settled)
    _tell_spent(job, settled)
    return Ended((), seen, {one.number for one in twins}, problem)


def is_by(job: Job) -> Callable[[str | None, Record], bool]:
    """Whether a record with a job's id is of the part of a job."""
    return lambda job_id, record: (
        job_id == job.id and (job.parts == 1 or (record.provenance or {}).get("slot") in job.slots)
    )


def _tell_spent(job: Job, settled: Sequence[tuple[Amount, Amount]]) -> None:
    """What the budget has counted, for the operator: all that is paid for comes by here."""
    if telemetry.is_on():
        picodollars = sum(used.picodollars or 0 for _, used in settled)
        telemetry.spent(as_usd(picodollars), job.model, job.strategy)


def _known(connection: Connection, workflow_id: str, accepted: Sequence[Accepted]) -> set[str]:
    """Ids of accepted records that the workflow has already, or whose user says just what another's says.

    A check may have been switched off, or let something pass that is the same to the letter.
    """
    ids = [one.record.id for one in accepted]
    query = select(records.c.id).where(records.c.workflow_id == workflow_id, records.c.id.in_(ids))
    known = set(connection.execute(query).scalars())
    keys = [one.text_key for one in accepted if one.text_key is not None]
    same = (
        select(generated_texts.c.text_key)
        .join(
            records,
            (records.c.workflow_id == generated_texts.c.workflow_id)
            & (records.c.id == generated_texts.c.record_id),
        )
        .where(
            generated_texts.c.workflow_id == workflow_id,
            generated_texts.c.text_key.in_(keys),
            records.c.status == "active",
        )
    )
    said = set(connection.execute(same).scalars())
    return known | {one.record.id for one in accepted if one.text_key in said}


def _keep_texts(connection: Connection, workflow_id: str, new: Sequence[Accepted]) -> None:
    rows = [
        {"workflow_id": workflow_id, "text_key": one.text_key, "record_id": one.record.id}
        for one in new
        if one.text_key is not None
    ]
    if rows:
        # The text of a record that a person took out can be said by another one, if the checks let it pass.
        statement = insert_into(connection, generated_texts)
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=["workflow_id", "text_key"], set_={"record_id": statement.excluded.record_id}
            ),
            rows,
        )


def _change(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    for columns in {tuple(row) for row in rows}:  # those of a statement are one for all of its rows
        connection.execute(_CHANGE, [row for row in rows if tuple(row) == columns])


def _end_row(job: Job, one: Accepted | Refused) -> dict[str, Any]:
    row: dict[str, Any] = {"job": job.id, "lease": job.lease, "this": one.number, "scores": one.scores}
    row |= asdict(one.paid) if one.paid is not None else {}
    row |= {"details": one.details} if one.details else {}
    if isinstance(one, Accepted):
        return row | {"status": "accepted", "check": None, "evidence": None}
    status = "failed" if one.failed else "rejected"
    return row | {"status": status, "check": one.rejection.check, "evidence": one.rejection.evidence}


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
