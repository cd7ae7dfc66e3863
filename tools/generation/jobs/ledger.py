"""Reading the ledger: jobs, what fills their slots, and every attempt with what became of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, RowMapping, case, cast, func, select

from ...errors import InvalidInput
from ...store.journal_tables import attempts, jobs, slots
from ...store.store import Store
from ..money.amounts import as_usd
from ..money.use import Use

MAY_BE_CHARGED = "may_be_charged"
"""Under which the details of an attempt name what calls without an answer may cost: calls, tokens, picodollars."""
NOT_SENT = "not_sent"
"""The reason of attempts that were begun ahead of need and never sent: no refusal, and nothing to pay."""
PLANNED = "planned"
"""The reason of the call that plans a topic's cases: no draft and no refusal, but paid for like one."""
NO_DRAFTS = (NOT_SENT, PLANNED)
JOB = "job "
"""How the names of the leases on jobs begin; the id follows."""


@dataclass(frozen=True)
class Job:
    """One approved item being carried out, as the store has it, and which part of it is meant.

    Attributes:
        parts: how many processes may be at it at once, each of them at a part; see `parts.py`.
        part: the one that is meant, from 0 on. It is not in the store: whoever speaks of the whole job leaves it at 0.
    """

    id: str
    workflow_id: str
    approval_id: str
    topic: str
    count: int
    strategy: str
    model: str
    status: str
    stop_reason: str | None
    coverage_before: dict[str, Any]
    coverage_after: dict[str, Any] | None
    created_at: str
    ended_at: str | None
    parts: int
    part: int = 0

    @property
    def name(self) -> str:
        """Of the part: what its lease and its spools are called by."""
        return self.id if self.parts == 1 else f"{self.id} part {self.part + 1} of {self.parts}"

    @property
    def lease(self) -> str:
        """The name of the lease on the part."""
        return JOB + self.name

    @property
    def slots(self) -> range:
        """Numbers of the slots of the part."""
        begins, ends = (self.count * number // self.parts for number in (self.part, self.part + 1))
        return range(begins, ends)


class JobSummary(Use):
    """A job with what came of it so far, and what the model and the verifier took together.

    Attributes:
        cached_tokens: those among the tokens that the endpoint had in its cache.
        reasoning_tokens: those among them that the model wrote and nobody sees.
    """

    id: str
    workflow_id: str
    topic: str
    count: int
    strategy: str
    status: str
    accepted: int
    rejected: dict[str, int]
    created_at: str
    ended_at: str | None
    stop_reason: str | None
    undone_at: str | None = None
    cached_tokens: int = 0
    reasoning_tokens: int = 0


@dataclass(frozen=True)
class Attempt:
    """One try at a record for a slot: under way (calling, judging, answered), accepted, rejected or failed.

    Attributes:
        draft: `Draft.digest` of what it was drafted with; None for an attempt of an older version.
        holder: the number of the lease under which this was last changed; None up to version 11.
        room: tokens that its requests allow for beside the text; None of the embedded model and of older versions.
        verdict: what the verifier answered; its tokens are not among the others.
        cached_tokens: those of the prompts that came from the endpoint's cache.
        reasoning_tokens: those of the completions that nobody sees.
        reserved_tokens: the worst case of its calls, set aside before they were made.
        reserved_picodollars: the same in money; None when the price was not known.
        picodollars: what it cost; None while that is open, or when the price is not known.
        uncounted_calls: calls that the endpoint answered and did not count.
        uncounted_tokens: the worst case that is charged for these; not among the other tokens.
    """

    number: int
    slot: int
    status: str
    seed_ids: list[str] = field(default_factory=list)
    details: dict[str, Any] = field(default_factory=dict)
    draft: str | None = None
    holder: int | None = None
    room: int | None = None
    response: str | None = None
    check: str | None = None
    evidence: str | None = None
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0
    verdict: str | None = None
    verifier_prompt_tokens: int = 0
    verifier_completion_tokens: int = 0
    verifier_cached_tokens: int = 0
    reserved_tokens: int = 0
    reserved_picodollars: int | None = 0
    picodollars: int | None = None
    uncounted_calls: int = 0
    uncounted_tokens: int = 0

    @property
    def tokens(self) -> int:
        """Of the model and of the verifier, prompts and replies together, as far as the endpoint counted them."""
        written = self.prompt_tokens + self.completion_tokens
        return written + self.verifier_prompt_tokens + self.verifier_completion_tokens


def get_job(store: Store, job_id: str) -> Job:
    """The job with this id.

    Raises:
        InvalidInput: there is none.
    """
    with store.read() as connection:
        return job_within(connection, job_id)


def list_jobs(store: Store, workflow_id: str | None = None) -> list[JobSummary]:
    """Jobs, newest first."""
    query = select(jobs).order_by(jobs.c.created_at.desc())
    if workflow_id is not None:
        query = query.where(jobs.c.workflow_id == workflow_id)
    with store.read() as connection:
        return [_summary(connection, row) for row in connection.execute(query).mappings().all()]


def summarize_job(store: Store, job_id: str) -> JobSummary:
    """The job with what came of it so far.

    Raises:
        InvalidInput: there is none.
    """
    with store.read() as connection:
        row = connection.execute(select(jobs).where(jobs.c.id == job_id)).mappings().first()
        if row is None:
            raise _no_job(job_id)
        return _summary(connection, row)


def list_attempts(store: Store, job_id: str) -> list[Attempt]:
    """Every attempt of a job, in order."""
    return _attempts(store, attempts.c.job_id == job_id)


def attempts_of_part(store: Store, job: Job) -> list[Attempt]:
    """The attempts of a part of a job, in order; those before its drafts are the first part's."""
    return _attempts(store, _of_part(job))


def next_attempt(store: Store, job: Job) -> int:
    """The number of the next attempt of a part: the parts take turns, so that no two draw the same."""
    with store.read() as connection:
        last = connection.execute(
            select(func.max(attempts.c.number)).where(_of_part(job), attempts.c.number >= 0)
        ).scalar()
    return job.part if last is None else int(last) + job.parts


def _of_part(job: Job) -> ColumnElement[bool]:
    drawn = attempts.c.number % job.parts == job.part
    of_part = (attempts.c.number >= 0) & drawn if job.part else (attempts.c.number < 0) | drawn
    return (attempts.c.job_id == job.id) & of_part


def _attempts(store: Store, which: ColumnElement[bool]) -> list[Attempt]:
    columns = [attempts.c[known.name].label(known.name) for known in fields(Attempt)]
    with store.read() as connection:
        rows = connection.execute(select(*columns).where(which).order_by(attempts.c.number)).mappings()
        return [Attempt(**row) for row in rows]


def slot_records(store: Store, job_id: str) -> dict[int, str | None]:
    """What fills each slot of a job: a record id, or None while it is owed."""
    query = select(slots.c.number, slots.c.record_id).where(slots.c.job_id == job_id).order_by(slots.c.number)
    with store.read() as connection:
        return {row.number: row.record_id for row in connection.execute(query)}


def job_within(connection: Connection, job_id: str) -> Job:
    """The job with this id, read inside a caller's transaction."""
    columns = [jobs.c[known.name] for known in fields(Job) if known.name in jobs.c]
    row = connection.execute(select(*columns).where(jobs.c.id == job_id)).mappings().first()
    if row is None:
        raise _no_job(job_id)
    return Job(**row)


def _no_job(job_id: str) -> InvalidInput:
    return InvalidInput(f"There is no job {job_id!r}.", hint="`finetune-coverage jobs` lists them.")


def _summary(connection: Connection, row: RowMapping) -> JobSummary:
    accepted = connection.execute(
        select(func.count()).where(slots.c.job_id == row["id"], slots.c.record_id.is_not(None))
    ).scalar_one()
    refused: Sequence[str | None] = (
        connection.execute(
            select(attempts.c.check).where(
                attempts.c.job_id == row["id"],
                attempts.c.status.in_(("rejected", "failed")),
                func.coalesce(attempts.c.check, "").not_in(NO_DRAFTS),
            )
        )
        .scalars()
        .all()
    )
    used = (
        attempts.c.prompt_tokens
        + attempts.c.completion_tokens
        + attempts.c.verifier_prompt_tokens
        + attempts.c.verifier_completion_tokens
        + attempts.c.uncounted_tokens
    )
    tokens, cached, reasoning, money, unpriced, calls, uncounted = connection.execute(
        select(
            func.coalesce(func.sum(used), 0),
            func.coalesce(func.sum(attempts.c.cached_tokens + attempts.c.verifier_cached_tokens), 0),
            func.coalesce(func.sum(attempts.c.reasoning_tokens), 0),
            func.coalesce(func.sum(attempts.c.picodollars), 0),
            func.count(case(((used > 0) & attempts.c.picodollars.is_(None), 1))),
            func.coalesce(func.sum(attempts.c.uncounted_calls), 0),
            func.coalesce(func.sum(attempts.c.uncounted_tokens), 0),
        ).where(attempts.c.job_id == row["id"])
    ).one()
    each, most, cost = (
        cast(attempts.c.details[MAY_BE_CHARGED][name].as_string(), BigInteger)
        for name in ("calls", "tokens", "picodollars")
    )
    lost_calls, lost_tokens, lost_money, unpriced_lost = connection.execute(
        select(
            func.coalesce(func.sum(each), 0),
            func.coalesce(func.sum(most), 0),
            func.coalesce(func.sum(cost), 0),
            func.count(case(((each > 0) & cost.is_(None), 1))),
        ).where(attempts.c.job_id == row["id"])
    ).one()
    return JobSummary(
        id=row["id"],
        workflow_id=row["workflow_id"],
        topic=row["topic"],
        count=row["count"],
        strategy=row["strategy"],
        status=row["status"],
        accepted=accepted,
        rejected=dict(Counter(check or "unknown" for check in refused).most_common()),
        tokens=int(tokens),
        created_at=row["created_at"],
        ended_at=row["ended_at"],
        stop_reason=row["stop_reason"],
        undone_at=row["undone_at"],
        usd=None if unpriced else as_usd(int(money)),
        cached_tokens=int(cached),
        reasoning_tokens=int(reasoning),
        uncounted_calls=int(calls),
        uncounted_tokens=int(uncounted),
        lost_calls=int(lost_calls),
        lost_tokens=int(lost_tokens),
        lost_usd=None if unpriced_lost else as_usd(int(lost_money)),
    )
