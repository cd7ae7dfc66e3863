"""How an approved plan that is being carried out stands: its parts, what it took of what was told, what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import RowMapping, select

from ..coverage.plans import PlanItem
from ..dataset.record import Record
from ..generation.approvals.pilot import steps_of
from ..generation.jobs.ledger import JobSummary, get_job, summarize_job
from ..generation.jobs.measured import worth_so_far
from ..generation.jobs.notes import noted_measured
from ..generation.money.use import Use, sum_of
from ..store.journal_tables import approval_items, approvals, plans
from .review_page import Wanted, review_page

if TYPE_CHECKING:
    from ..services import Services
    from ..store.store import Store

LATEST = 3


@dataclass(frozen=True)
class Part:
    """One step of the plan.

    Attributes:
        item: what it generates.
        job: what came of it so far; None before it is begun.
        is_rest: it follows a pilot, and only if that holds.
    """

    item: PlanItem
    job: JobSummary | None
    is_rest: bool


@dataclass(frozen=True)
class UnderWay:
    """A generation at one moment.

    Attributes:
        plan_id: the approved plan.
        parts: in the order in which they are carried out.
        used: by all of them so far.
        told_tokens: expected by the plan as it was approved; None of plans of older versions.
        told_usd: the same in money; None too where a price is not known.
        told_seconds: how long it was to take; None too before any job was measured.
        cap_tokens: the most that it may use; None is no cap.
        cap_usd: the most that it may cost; None is no cap.
        latest: the records that came last, the newest first.
    """

    plan_id: str
    parts: list[Part]
    used: Use
    told_tokens: int | None
    told_usd: float | None
    told_seconds: float | None
    cap_tokens: int | None
    cap_usd: float | None
    latest: list[Record]

    @property
    def owed(self) -> int:
        """Records that are still to come."""
        return sum(part.item.count - (part.job.accepted if part.job else 0) for part in self.parts)


def under_way(services: Services, workflow_id: str, job_id: str) -> UnderWay:
    """How the plan stands that a job belongs to.

    Raises:
        InvalidInput: there is no such job.
    """
    store = services.store
    plan, job_ids = _plan_of(store, get_job(store, job_id).approval_id)
    jobs = [summarize_job(store, one) if one is not None else None for one in job_ids]
    steps = steps_of([PlanItem.model_validate(item) for item in plan["items"]])
    told: dict[str, Any] = (plan["details"] or {}).get("estimate") or {}
    newest = review_page(store, workflow_id, Wanted(origin="synthetic")).records
    ours = [record for record in newest if (record.provenance or {}).get("job") in job_ids]
    return UnderWay(
        plan_id=plan["id"],
        parts=[Part(step.item, job, step.pilot is not None) for step, job in zip(steps, jobs, strict=True)],
        used=sum_of(filter(None, jobs)),
        told_tokens=told.get("tokens"),
        told_usd=told.get("usd"),
        told_seconds=told.get("seconds"),
        cap_tokens=plan["cap_tokens"],
        cap_usd=plan["cap_usd"],
        latest=ours[:LATEST],
    )


def worth_until_now(services: Services, parts: Sequence[Part]) -> tuple[int, float] | None:
    """How many of a plan's records were measured, and what they are worth together.

    What has ended is known; what runs is measured anew, which takes as long as at its end.

    Returns:
        None where there are none yet, or no vectors are wanted.
    """
    found: list[tuple[int, float]] = []
    for job in (part.job for part in parts):
        if job is None or not job.accepted:
            continue
        if job.ended_at is None:
            measured = worth_so_far(services, get_job(services.store, job.id))
        else:
            worth = (noted_measured(services.store, job.id) or {}).get("worth")
            measured = None if worth is None else (job.accepted, worth)
        found += [measured] if measured is not None else []
    return (sum(number for number, _ in found), sum(worth for _, worth in found)) if found else None


def _plan_of(store: Store, approval_id: str) -> tuple[RowMapping, list[str | None]]:
    """The plan of an approval, and the job of each of its steps that was begun."""
    plan = select(plans).join(approvals, approvals.c.plan_id == plans.c.id)
    begun = select(approval_items.c.job_id).where(approval_items.c.approval_id == approval_id)
    with store.read() as connection:
        return (
            connection.execute(plan.where(approvals.c.id == approval_id)).mappings().one(),
            list(connection.execute(begun.order_by(approval_items.c.number)).scalars()),
        )
