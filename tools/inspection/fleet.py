"""Who works on a store at this moment, from any machine: leases, shares of endpoints, budgets, jobs, the queue."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pydantic import BaseModel, Field
from sqlalchemy import Connection, func, select

from ..generation.jobs.ledger import JOB
from ..generation.money.amounts import as_usd
from ..generation.workers.queue import waiting_items
from ..store.journal_tables import (
    approvals,
    budgets,
    endpoint_limits,
    endpoint_shares,
    jobs,
    leases,
    plans,
    slots,
)
from ..store.leases import database_time

if TYPE_CHECKING:
    from ..services import Services


class HeldLease(BaseModel):
    """What somebody holds, or held and did not let go of."""

    name: str = Field(description="What is held: a job, a conversation.")
    number: int = Field(description="Of this holder; one higher than that of the one before.")
    holder: str
    age_seconds: float = Field(
        description="Since it was renewed last, by the lease's length in these settings."
    )
    is_living: bool = Field(description="False where it has run out: anybody may take it over.")


class EndpointUse(BaseModel):
    """How the places at an endpoint are parted among living leases."""

    endpoint: str
    shares: dict[str, int] = Field(description="Requests at once, by lease.")
    ceiling: int | None = Field(description="How many it was seen to bear; null where it never refused one.")


class OpenBudget(BaseModel):
    """The budget of an approval that has a job under way."""

    approval_id: str
    workflow_id: str
    cap_tokens: int | None
    spent_tokens: int
    reserved_tokens: int
    cap_usd: float | None
    spent_usd: float
    reserved_usd: float


class RunningJob(BaseModel):
    """A job that is not over."""

    job_id: str
    workflow_id: str
    accepted: int
    requested: int
    holders: list[str] = Field(
        description="Who works at it, one for each part that is held; empty: nobody does."
    )


class WaitingItem(BaseModel):
    """An approved item that was handed to the workers and is not begun."""

    approval_id: str
    number: int
    workflow_id: str
    topic: str
    count: int
    strategy: str
    waits_seconds: float


class Fleet(BaseModel):
    """All of it, in one look."""

    leases: list[HeldLease]
    endpoints: list[EndpointUse]
    budgets: list[OpenBudget]
    jobs: list[RunningJob]
    queue: list[WaitingItem] = Field(description="What the next free worker begins, first come, first.")


def look_at_fleet(services: Services) -> Fleet:
    """Look at a store; nothing in it is changed."""
    now = datetime.now(UTC)
    queue = [
        WaitingItem(
            **{name: getattr(item, name) for name in WaitingItem.model_fields if name != "waits_seconds"},
            waits_seconds=max(0.0, round((now - datetime.fromisoformat(item.queued_at)).total_seconds(), 1)),
        )
        for item in waiting_items(services.store)
        if item.job_id is None
    ]
    with services.store.read() as connection:
        held = _held(connection, services.settings.lease_seconds)
        living = {lease.name: lease.holder for lease in held if lease.is_living}
        return Fleet(
            leases=held,
            endpoints=_endpoints(connection, set(living)),
            budgets=_budgets(connection),
            jobs=_jobs(connection, living),
            queue=queue,
        )


def _held(connection: Connection, lease_seconds: float) -> list[HeldLease]:
    now = database_time(connection)
    rows = connection.execute(select(leases).where(leases.c.until > 0).order_by(leases.c.name)).mappings()
    return [
        HeldLease(
            name=row["name"],
            number=row["number"],
            holder=row["holder"],
            age_seconds=max(0.0, round(now + lease_seconds - row["until"], 1)),
            is_living=row["until"] > now,
        )
        for row in rows
    ]


def _endpoints(connection: Connection, living: set[str]) -> list[EndpointUse]:
    shares = [row for row in connection.execute(select(endpoint_shares)).mappings() if row["lease"] in living]
    least = select(endpoint_limits.c.endpoint, func.min(endpoint_limits.c.ceiling).label("ceiling")).group_by(
        endpoint_limits.c.endpoint
    )
    ceilings: dict[str, int] = {row.endpoint: row.ceiling for row in connection.execute(least)}
    return [
        EndpointUse(
            endpoint=endpoint,
            shares={row["lease"]: row["share"] for row in shares if row["endpoint"] == endpoint},
            ceiling=ceilings.get(endpoint),
        )
        for endpoint in sorted({row["endpoint"] for row in shares})
    ]


def _budgets(connection: Connection) -> list[OpenBudget]:
    under_way = select(jobs.c.approval_id).where(jobs.c.status == "running")
    query = (
        select(budgets, plans.c.workflow_id)
        .join(approvals, approvals.c.id == budgets.c.approval_id)
        .join(plans, plans.c.id == approvals.c.plan_id)
        .where(budgets.c.approval_id.in_(under_way))
        .order_by(budgets.c.approval_id)
    )
    return [
        OpenBudget(
            approval_id=row["approval_id"],
            workflow_id=row["workflow_id"],
            cap_tokens=row["cap_tokens"],
            spent_tokens=row["spent_tokens"],
            reserved_tokens=row["reserved_tokens"],
            cap_usd=None if row["cap_picodollars"] is None else as_usd(row["cap_picodollars"]),
            spent_usd=as_usd(row["spent_picodollars"]),
            reserved_usd=as_usd(row["reserved_picodollars"]),
        )
        for row in connection.execute(query).mappings()
    ]


def _jobs(connection: Connection, living: dict[str, str]) -> list[RunningJob]:
    filled = (
        select(func.count())
        .where(slots.c.job_id == jobs.c.id, slots.c.record_id.is_not(None))
        .scalar_subquery()
    )
    query = (
        select(jobs.c.id, jobs.c.workflow_id, jobs.c.count, filled.label("accepted"))
        .where(jobs.c.status == "running")
        .order_by(jobs.c.position)
    )
    return [
        RunningJob(
            job_id=row["id"],
            workflow_id=row["workflow_id"],
            accepted=row["accepted"],
            requested=row["count"],
            holders=[
                holder
                for name, holder in living.items()
                if name == JOB + row["id"] or name.startswith(f"{JOB}{row['id']} ")
            ],
        )
        for row in connection.execute(query).mappings()
    ]
