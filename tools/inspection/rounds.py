"""What the rounds of generation added, what they rejected and took, and how the score changed."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from pydantic import Field
from sqlalchemy import select

from ..coverage.uplift import Uplift
from ..generation.jobs.ledger import JobSummary, list_jobs
from ..generation.money.use import Use, sum_of
from ..store.journal_tables import jobs
from ..store.store import Store
from ..store.workflows import require_workflow

if TYPE_CHECKING:
    from ..services import Services


class RoundItem(Use):
    """One topic's part of a round."""

    job_id: str
    topic: str
    strategy: str
    requested: int
    accepted: int
    worth: float | None = Field(
        default=None,
        description="Real-like records that those accepted count for; null where nobody measured it.",
    )
    uplift: Uplift | None = Field(default=None, description="What they bring in recognising the topic.")
    rejected: dict[str, int] = Field(description="Drafts that did not pass, by check.")
    rejected_total: int
    status: str
    stop_reason: str | None
    is_undone: bool


class Round(Use):
    """All that one approval started."""

    round: int = Field(description="Counted from 1, the oldest.")
    approval_id: str
    started: str
    score_before: float | None
    score_after: float | None
    accepted: int
    rejected: int
    seconds: float | None = Field(description="How long it took; null where that is not known.")
    items: list[RoundItem]


class Rounds(Use):
    """The rounds, oldest first; ``shown`` of ``rounds`` in all, which together used so much."""

    rounds: int
    accepted: int = Field(description="In all rounds together.")
    shown: list[Round]


def inspect_rounds(services: Services, workflow_id: str, *, last: int | None = None) -> Rounds:
    """The rounds of generation in this workflow, whoever started them.

    Args:
        services: where the workflow is.
        workflow_id: which.
        last: only so many, the latest.

    Raises:
        WorkflowNotFound: there is no such workflow.
    """
    store = services.store
    require_workflow(store, workflow_id)
    found = list(reversed(list_jobs(store, workflow_id)))
    more = _more_of(store, [job.id for job in found])
    groups: dict[str, list[JobSummary]] = {}
    for job in found:
        groups.setdefault(more[job.id]["approval_id"], []).append(job)
    rounds = [_round(number, key, group, more) for number, (key, group) in enumerate(groups.items(), 1)]
    return Rounds(
        rounds=len(rounds),
        accepted=sum(entry.accepted for entry in rounds),
        **sum_of(rounds).figures(),
        shown=rounds if last is None else rounds[-last:],
    )


def _more_of(store: Store, job_ids: list[str]) -> dict[str, dict[str, Any]]:
    """Approval and coverage of each job."""
    columns = (
        jobs.c.id,
        jobs.c.approval_id,
        jobs.c.model,
        jobs.c.notes,
        jobs.c.coverage_before,
        jobs.c.coverage_after,
    )
    with store.read() as connection:
        rows = connection.execute(select(*columns).where(jobs.c.id.in_(job_ids))).mappings().all()
    return {row["id"]: dict(row) for row in rows}


def _round(number: int, approval_id: str, group: list[JobSummary], more: dict[str, dict[str, Any]]) -> Round:
    items = [_item(job, (more[job.id]["notes"] or {}).get("measured") or {}) for job in group]
    after = [more[job.id]["coverage_after"] for job in group if more[job.id]["coverage_after"]]
    return Round(
        round=number,
        approval_id=approval_id,
        started=group[0].created_at[:16],
        score_before=(more[group[0].id]["coverage_before"] or {}).get("balance_score"),
        score_after=after[-1].get("balance_score") if after else None,
        accepted=sum(item.accepted for item in items),
        rejected=sum(item.rejected_total for item in items),
        seconds=_seconds(group),
        **sum_of(items).figures(),
        items=items,
    )


def _seconds(group: list[JobSummary]) -> float | None:
    """The time that the jobs of a round took, one after the other."""
    took = 0.0
    for job in group:
        if job.ended_at is None:
            return None
        took += (
            datetime.fromisoformat(job.ended_at) - datetime.fromisoformat(job.created_at)
        ).total_seconds()
    return round(took, 1) if took > 0 else None  # a clock that was set back


def _item(job: JobSummary, measured: dict[str, Any]) -> RoundItem:
    return RoundItem(
        job_id=job.id,
        topic=job.topic,
        strategy=job.strategy,
        requested=job.count,
        accepted=job.accepted,
        worth=measured.get("worth"),
        uplift=measured.get("uplift"),
        rejected=job.rejected,
        rejected_total=sum(job.rejected.values()),
        **job.figures(),
        status=job.status,
        stop_reason=job.stop_reason,
        is_undone=job.undone_at is not None,
    )
