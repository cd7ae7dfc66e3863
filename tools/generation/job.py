"""Carrying out one approved item: take it, run the engine, close the job, report."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from ..coverage.report import Coverage
from ..coverage.strategy_choice import StrategyName
from ..errors import Busy, CoverageError, InvalidInput
from . import approved_items, endpoint_limits, journal
from .acceptance import Acceptance
from .attempt_work import AttemptWork
from .batch_engine import BatchEngine
from .engine import Engine
from .frozen_heap import frozen_heap
from .ledger import Job, get_job, slot_records, summarize_job
from .prices import require_keepable_cap
from .progress import OnProgress
from .shortfall import stop_words
from .spending import Spending
from .strategies import make_strategy
from .take_up import what_is_left
from .topic_context import job_context

if TYPE_CHECKING:
    from ..services import Services


CANCEL_LOOKED_AT = 1.0
"""Seconds between two looks at whether somebody cancelled the job."""


async def run_item(
    services: Services, approval_id: str, number: int, *, on_progress: OnProgress | None = None
) -> dict[str, Any]:
    """Carry an approved item out, or on, and return the ``generation`` part of the tool's answer.

    A finished job gives its result again and calls no model; an unfinished one goes on where it stopped.

    Raises:
        ApprovalRequired: there is no such approved item.
        BudgetExceeded: a cap on money is set that could not be kept.
        Busy: another process is carrying it out at this moment.
        EndpointError: the model endpoint refuses for good or stays down; the job can be resumed.
        InvalidInput: the strategy cannot be used for the topic.
    """
    before = await asyncio.to_thread(_coverage_now, services, approval_id, number)
    job = await asyncio.to_thread(
        approved_items.take_item,
        services.store,
        approval_id,
        number,
        model=services.settings.model_in_use,
        coverage_before=before,
    )
    if job.status == "running":
        lock = await asyncio.to_thread(_lock_job, services, job)
        try:
            await _run(services, job, on_progress)
        finally:
            lock.release()
    return await asyncio.to_thread(_result, services, job.id)


async def _run(services: Services, job: Job, on_progress: OnProgress | None) -> None:
    engine, acceptance = await asyncio.to_thread(_engine, services, job, on_progress)
    watch = asyncio.create_task(_stop_when_cancelled(services, job, engine))
    try:
        with frozen_heap():
            stop = await engine.run()
    except BaseExceptionGroup as group:
        raise _first_of_ours(group) from group
    finally:
        watch.cancel()
        await asyncio.to_thread(endpoint_limits.remember, services, engine.found_limit)
    after = await asyncio.to_thread(_coverage, services, job.workflow_id)
    if stop:
        refused = (await asyncio.to_thread(summarize_job, services.store, job.id)).rejected
        stop = stop_words(stop, refused)
        if acceptance.notes:
            stop = f"{stop} ({'; '.join(acceptance.notes)})"
    await asyncio.to_thread(
        journal.end_job,
        services.store,
        job.id,
        status="short" if stop else "complete",
        stop_reason=stop,
        coverage_after=after.model_dump(mode="json"),
    )


def _engine(
    services: Services, job: Job, on_progress: OnProgress | None
) -> tuple[Engine | BatchEngine, Acceptance]:
    """Everything that a job needs, loaded: strategy, gates, model, budget, and what an earlier run left."""
    settings = services.settings
    price = require_keepable_cap(settings)
    in_batches = _goes_in_batches(services, job)
    strategy = make_strategy(_strategy_name(job))
    context = job_context(services, job)
    reason = strategy.unusable(context)
    if reason:
        raise InvalidInput(f"{job.strategy} cannot be used for {job.topic!r}: {reason}.")
    acceptance = Acceptance.for_job(services, job.workflow_id, job.topic)
    spending = Spending(job.approval_id, price, in_batches=in_batches)
    with services.store.write() as connection:
        spending.open(connection, settings.budget_tokens, settings.budget_usd)
    work = AttemptWork(services.store, job, strategy, context, acceptance, spending)
    left = what_is_left(services.store, job, work, spending, in_batches=in_batches)
    if in_batches:
        return BatchEngine(services.chat_model, job, work, left, on_progress), acceptance
    limit = endpoint_limits.limit_for(services)
    return Engine(services.chat_model, job, work, left, limit, on_progress), acceptance


def _goes_in_batches(services: Services, job: Job) -> bool:
    """Whether the job goes through the Batch API: as it was begun, or as the settings say."""
    if journal.uses_batches(services.store, job.id):
        return True
    if not services.settings.use_batch_api:
        return False
    if services.settings.uses_embedded_model or not services.settings.has_endpoint:
        raise InvalidInput(
            "The Batch API needs an OpenAI endpoint, and none is used.",
            hint="Set OPENAI_API_KEY (and OPENAI_BASE_URL), or generate without --batch.",
        )
    journal.note_batch(services.store, job.id, None)
    return True


async def _stop_when_cancelled(services: Services, job: Job, engine: Engine | BatchEngine) -> None:
    # Another process asks through the store, which can only be looked at.
    while not await asyncio.to_thread(journal.is_cancelled, services.store, job.id):  # noqa: ASYNC110
        await asyncio.sleep(CANCEL_LOOKED_AT)
    engine.stop("it was cancelled")


def _first_of_ours(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The error to tell a person: one of ours if there is one, else the first."""
    ours = group.subgroup(CoverageError)
    chosen: BaseException = ours or group
    while isinstance(chosen, BaseExceptionGroup):
        chosen = chosen.exceptions[0]
    return chosen


def _strategy_name(job: Job) -> StrategyName:
    name: StrategyName = job.strategy  # type: ignore[assignment]  # checked when the plan was made
    return name


def _lock_job(services: Services, job: Job) -> FileLock:
    """One process a job: the operating system lets go of the lock when a process dies, however it dies."""
    folder = services.settings.home / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / f"{job.id}.lock", thread_local=False)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise Busy(
            f"Job {job.id} is being carried out by another process.", hint="Wait for it, or stop it there."
        ) from error
    return lock


def _coverage(services: Services, workflow_id: str) -> Coverage:
    from ..analyze_coverage import analyze

    return analyze(services, workflow_id)


def _coverage_now(services: Services, approval_id: str, number: int) -> dict[str, Any]:
    workflow_id = approved_items.workflow_of_item(services.store, approval_id, number)
    return _coverage(services, workflow_id).model_dump(mode="json")


def _result(services: Services, job_id: str) -> dict[str, Any]:
    job = get_job(services.store, job_id)
    summary = summarize_job(services.store, job_id)
    record_ids = [record for record in slot_records(services.store, job_id).values() if record]
    usd = 0.0 if job.model.startswith("embedded") else None
    return {
        "job_id": job.id,
        "status": job.status,
        "topic": job.topic,
        "strategy": job.strategy,
        "requested": job.count,
        "accepted": summary.accepted,
        "rejected": summary.rejected,
        "record_ids": record_ids,
        "cost": {"tokens": summary.tokens, "usd": usd},
        "stop_reason": job.stop_reason,
        "coverage_before": job.coverage_before,
        "coverage_after": job.coverage_after,
    }
