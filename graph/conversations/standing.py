"""Where things stand when somebody comes back to a conversation, read from the store: in a few lines."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from ...tools.analyze_coverage import analyze
from ...tools.errors import WorkflowNotFound
from ...tools.generation.approvals.item_progress import is_outdated
from ...tools.generation.approvals.plans import pending_plan
from ...tools.generation.jobs.ledger import Job, get_job, summarize_job
from ...tools.services import Services
from ...tools.store.journal_tables import approvals, jobs, plans
from ...tools.store.store import Store


def where_things_stand(services: Services, thread_id: str, workflow_id: str) -> list[str]:
    """Dataset and score, the plan that waits, the latest round, what is unfinished; one line each.

    Args:
        services: store and settings.
        thread_id: the conversation.
        workflow_id: the dataset that it is about.
    """
    try:
        coverage = analyze(services, workflow_id)
    except WorkflowNotFound:
        return [f"The dataset {workflow_id!r} of this conversation was deleted."]
    store = services.store
    status = f" ({coverage.status})" if coverage.status else ""
    lines = [f"{workflow_id}: {coverage.total_records:,} records, balance score {_score(coverage)}{status}."]
    plan = pending_plan(store, thread_id, workflow_id)
    if plan is not None:
        items = ", ".join(f"{item.count} {item.topic} ({item.strategy})" for item in plan.items)
        outdated = "; the dataset has changed since" if is_outdated(store, plan) else ""
        lines.append(f"A plan waits for your answer: {items}{outdated}.")
    mine = _jobs(store, thread_id, workflow_id)
    lines += [_round(store, job) for job in mine if job.status != "running"][-1:]
    lines += [_unfinished(store, job) for job in mine if job.status == "running"]
    return lines


def _jobs(store: Store, thread_id: str, workflow_id: str) -> list[Job]:
    """The jobs of this conversation's plans, oldest first."""
    query = (
        select(jobs.c.id)
        .join(approvals, approvals.c.id == jobs.c.approval_id)
        .join(plans, plans.c.id == approvals.c.plan_id)
        .where(plans.c.thread_id == thread_id, plans.c.workflow_id == workflow_id)
        .order_by(jobs.c.position)
    )
    with store.read() as connection:
        ids = connection.execute(query).scalars().all()
    return [get_job(store, job_id) for job_id in ids]


def _round(store: Store, job: Job) -> str:
    summary = summarize_job(store, job.id)
    what = f"Last generated: {summary.accepted} of {job.count} for {job.topic} by {job.strategy}"
    undone = ", undone since" if summary.undone_at else ""
    return f"{what}, score {_score(job.coverage_before)} → {_score(job.coverage_after)}{undone}."


def _unfinished(store: Store, job: Job) -> str:
    done = summarize_job(store, job.id).accepted
    what = f"{done} of {job.count} for {job.topic} by {job.strategy}"
    return f"Unfinished: {what} (job {job.id}); it goes on when you say so."


def _score(coverage: Any) -> str:
    if coverage is None:
        return "none"
    score = coverage.get("balance_score") if isinstance(coverage, dict) else coverage.balance_score
    return "none" if score is None else f"{score:.2f}"
