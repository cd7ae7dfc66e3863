"""Carrying out one approved item: take it, run the engine, close the job, report."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ...coverage.report import Coverage
from ...coverage.wording import records_of
from ...errors import Busy, CoverageError
from ...observability import telemetry
from ...store.leases import Lease
from ...store.records import load_records
from ..approvals import approved_items
from ..attempts import journal, known_endpoints
from ..attempts.batch_engine import BatchEngine
from ..attempts.endpoint_shares import EndpointShare, give_up_inherited
from ..attempts.engine import Engine
from ..attempts.in_thread import in_thread
from ..money.use import Use
from ..scenarios.planning import plan_scenarios
from ..workers.following import follow_item
from . import notes as job_notes
from . import parts
from .lease import hold_part
from .ledger import Job, get_job, list_attempts, next_attempt, slot_records, summarize_job
from .loading import LoadedJob, load_job
from .measured import measure_job
from .progress import OnProgress, Progress
from .shortfall import evidence_of, stop_words

if TYPE_CHECKING:
    from ...services import Services


STOP_LOOKED_AT = 1.0
"""Seconds between two looks at whether the job is to stop."""
BUDGET_LOOKED_AT = 5.0
"""Seconds until a part for which the budget has no room is taken up again, while others may give some back."""
ENDING_LOOKED_AT = 0.2
ROUNDS_AHEAD = 4
"""Calls that each place still makes when a worker takes its next part: that is loaded meanwhile."""
TAKEN_OVER = "another worker has taken it over"
SHARED_EVERY = 1.0
"""Seconds between two looks at who else asks an endpoint."""


PUT_BACK = "it was left to another worker"
TAKER = "a worker"
"""Who carries a job out, in words, where nobody says."""


async def run_item(
    services: Services, approval_id: str, number: int, *, on_progress: OnProgress | None = None
) -> dict[str, Any]:
    """Have an approved item carried out, or on, and return the ``generation`` part of the tool's answer.

    That is done here, or by a worker, as the setting ``run_jobs`` says. A finished job gives its result again and
    calls no model; an unfinished one goes on where it stopped.

    Raises:
        GivenBack: a worker could not carry it out.
        CoverageError: as `carry_out_item` says.
    """
    if services.settings.run_jobs == "here":
        return await carry_out_item(services, approval_id, number, on_progress=on_progress)
    while True:
        job_id = await follow_item(services, approval_id, number, on_progress)
        if (await asyncio.to_thread(get_job, services.store, job_id)).status != "running":
            return await asyncio.to_thread(_result, services, job_id)
        with suppress(Busy):  # a worker came to it after all
            return await carry_out_item(services, approval_id, number)  # which ends it, and asks nothing


async def carry_out_item(
    services: Services,
    approval_id: str,
    number: int,
    *,
    on_progress: OnProgress | None = None,
    until: asyncio.Event | None = None,
    taker: str = TAKER,
    shared: bool = False,
    ending: asyncio.Event | None = None,
) -> dict[str, Any]:
    """Carry an approved item out in this process, or on.

    Args:
        services: store, models and index.
        approval_id: whose item it is.
        number: which one.
        on_progress: called after each attempt.
        until: once it is set, what is under way is finished, and the rest is left as it is: the job runs on as far as
            the store is concerned, and anybody may take it up.
        taker: who carries it out, in words.
        shared: whether others may help: then a new job of many records has several parts.
        ending: for a worker, which carries out one part and no more: set when it is time to load the next one.

    Raises:
        ApprovalRequired: there is no such approved item.
        BudgetExceeded: a cap on money is set that could not be kept.
        Busy: other processes are carrying it out at this moment, or the rest of it.
        EndpointError: the model endpoint refuses for good or stays down; the job can be resumed.
        InvalidInput: the strategy cannot be used for the topic.
    """
    before = await asyncio.to_thread(_coverage_now, services, approval_id, number)
    job = await asyncio.to_thread(
        approved_items.take_item,
        services.store,
        approval_id,
        number,
        days=services.settings.approval_days,
        model=services.settings.model_in_use,
        coverage_before=before,
        records_per_part=services.settings.records_per_part if shared else None,
    )
    until = until or asyncio.Event()
    while job.status == "running":
        part = await asyncio.to_thread(parts.next_part, services, job)
        async with hold_part(services, part, taker) as lease:
            # Another process may have ended it before it was ours.
            job = await asyncio.to_thread(get_job, services.store, job.id)
            if job.status == "running":
                await asyncio.to_thread(give_up_inherited, services.store, lease)
                with telemetry.job_run(job.id, job.workflow_id, job.strategy, len(part.slots)) as told:
                    told.ended(await _run(services, part, lease, on_progress, until, ending))
        if until.is_set() or ending is not None:
            break
        job = await asyncio.to_thread(get_job, services.store, job.id)
    return await asyncio.to_thread(_result, services, job.id)


async def _run(
    services: Services,
    job: Job,
    lease: Lease,
    on_progress: OnProgress | None,
    until: asyncio.Event,
    ending: asyncio.Event | None,
) -> str:
    """Carry a part of a job out until it ends, or until it is put back, and close the job after the last; gives which.

    Returns:
        ``left``, ``part`` where others are left, or what became of the job.
    """
    if until.is_set():
        return "left"
    if job.part in {end.number for end in await asyncio.to_thread(parts.part_ends, services.store, job.id)}:
        return await _closed(services, job)
    reason = await asyncio.to_thread(parts.why_to_stop, services.store, job.id)
    if reason and job.part and await asyncio.to_thread(next_attempt, services.store, job) == job.part:
        return await _end_part(services, job, reason, [], {})  # it has nothing to settle
    unplanned = await plan_scenarios(services, job)
    loaded = await asyncio.to_thread(load_job, services, job, lease, on_progress, _from_thread(on_progress))
    engine = loaded.engine
    if reason := await asyncio.to_thread(parts.why_to_stop, services.store, job.id):
        engine.stop(reason)  # before its first call: the watch below may look too late for that
    for share in loaded.shares:
        share.limit.share(0)
        await _negotiate(share)
    running = asyncio.create_task(engine.run())
    watches = [
        asyncio.create_task(_stop_with_the_job(services, job, lease, engine)),
        asyncio.create_task(_leave_when(until, engine, running)),
        asyncio.create_task(_tell_what_answers_show(services)),
        *([asyncio.create_task(_tell_the_end(engine, ending))] if ending is not None else []),
        *(asyncio.create_task(_go_on_sharing(share)) for share in loaded.shares),
    ]
    try:
        with telemetry.standing_known(partial(_standing, loaded, lease)):
            stop = await running
    except BaseExceptionGroup as group:
        raise _first_of_ours(group) from group
    except asyncio.CancelledError:
        if not until.is_set() or isinstance(engine, Engine):
            raise
        stop = PUT_BACK  # its batch goes on at the endpoint
    finally:
        for watch in watches:
            watch.cancel()
        await asyncio.gather(*watches, return_exceptions=True)
        await asyncio.to_thread(_remember_endpoints, services, loaded)
    if stop == PUT_BACK:
        return "left"
    is_poor = isinstance(engine, Engine) and engine.is_out_of_budget
    if is_poor and await asyncio.to_thread(parts.others_are_calling, services, job):
        with suppress(TimeoutError):
            await asyncio.wait_for(until.wait(), BUDGET_LOOKED_AT)
        return "left"
    remarks = [*filter(None, [unplanned]), *loaded.remarks]
    remarks += filter(None, [engine.re_estimate if job.part == 0 else None])
    return await _end_part(services, job, stop, remarks, loaded.not_judged)


async def _end_part(
    services: Services, job: Job, stop: str | None, remarks: list[str], not_judged: dict[str, str]
) -> str:
    is_last = await asyncio.to_thread(parts.end_part, services.store, job, stop, remarks, not_judged)
    return await _closed(services, job) if is_last else "part"


async def _closed(services: Services, job: Job) -> str:
    """Close a job whose parts have all ended: measure what it brought, and say what became of it."""
    ends = await asyncio.to_thread(parts.part_ends, services.store, job.id)
    stop = next((end.stop_reason for end in ends if end.stop_reason), None)
    if stop:
        refused = (await asyncio.to_thread(summarize_job, services.store, job.id)).rejected
        seen = evidence_of(await asyncio.to_thread(list_attempts, services.store, job.id))
        stop = stop_words(stop, refused, seen)
    measured = await asyncio.to_thread(_measured, services, job)
    await asyncio.to_thread(job_notes.note_measured, services.store, job.id, measured)
    after = await asyncio.to_thread(_coverage, services, job.workflow_id)
    unjudged = await asyncio.to_thread(_not_judged, services, job)
    not_judged = {name: why for end in ends for name, why in end.not_judged.items()}
    remarks = list(dict.fromkeys(remark for end in ends for remark in end.remarks))
    remarks += [
        f"{records_of(unjudged[name])} not judged by {name}: {why}"
        for name, why in not_judged.items()
        if unjudged[name]
    ]
    await asyncio.to_thread(job_notes.note_remarks, services.store, job.id, remarks)
    status = "short" if stop else "complete"
    await asyncio.to_thread(
        journal.end_job,
        services.store,
        job.id,
        status=status,
        stop_reason=stop,
        coverage_after=after.model_dump(mode="json"),
    )
    return status


def _standing(loaded: LoadedJob, lease: Lease) -> telemetry.Standing:
    return telemetry.Standing(
        endpoints=[
            (urlsplit(asked.endpoint_url).hostname or "", limit.limit, limit.taken)
            for asked, limit in loaded.limits
        ],
        waiting=loaded.engine.waiting,
        owed=loaded.engine.owed,
        lease_age=lease.age,
    )


async def _leave_when(
    until: asyncio.Event, engine: Engine | BatchEngine, running: asyncio.Task[str | None]
) -> None:
    await until.wait()
    if isinstance(engine, Engine):
        engine.stop(PUT_BACK)
    else:
        running.cancel()


async def _tell_the_end(engine: Engine | BatchEngine, ending: asyncio.Event) -> None:
    while not isinstance(engine, Engine) or engine.rounds_left > ROUNDS_AHEAD:  # noqa: ASYNC110 - it changes all the time
        await asyncio.sleep(ENDING_LOOKED_AT)
    ending.set()


async def _tell_what_answers_show(services: Services) -> None:
    """At the first answer of a model: no other process needs to send its first call alone then."""
    if services.answer_room().is_known:
        return
    while not services.answer_room().is_known:  # noqa: ASYNC110 - other jobs of this process learn, too
        await asyncio.sleep(ENDING_LOOKED_AT)
    with suppress(CoverageError):  # once more at the end
        await in_thread(services.remember_answer_rooms)


def _measured(services: Services, job: Job) -> dict[str, Any]:
    """What the records are worth; a job does not fail for want of it."""
    try:
        return measure_job(services, job).model_dump()
    except CoverageError as error:
        return {"worth": None, "uplift": None, "why_not": error.message}


def _from_thread(on_progress: OnProgress | None) -> OnProgress | None:
    """The same, called from the event loop although another thread reports."""
    if on_progress is None:
        return None
    loop = asyncio.get_running_loop()

    def report(progress: Progress) -> None:
        loop.call_soon_threadsafe(on_progress, progress)

    return report


def _remember_endpoints(services: Services, loaded: LoadedJob) -> None:
    with suppress(CoverageError):  # what is not given back ends with the lease
        for share in loaded.shares:
            share.leave()
    for settings, limit in loaded.limits:
        known_endpoints.remember(services.store, settings, limit)
    services.remember_answer_rooms()


async def _stop_with_the_job(
    services: Services, job: Job, lease: Lease, engine: Engine | BatchEngine
) -> None:
    # Another process asks through the store, which can only be looked at.
    while (reason := await asyncio.to_thread(parts.why_to_stop, services.store, job.id)) is None:
        if lease.is_lost:
            engine.stop(TAKEN_OVER)
            return
        await asyncio.sleep(STOP_LOOKED_AT)
    engine.stop(reason)


async def _go_on_sharing(share: EndpointShare) -> None:
    while True:
        await asyncio.sleep(SHARED_EVERY)
        with suppress(CoverageError):  # the store is busy: what was agreed holds on
            await _negotiate(share)


async def _negotiate(share: EndpointShare) -> None:
    share.limit.share(await in_thread(share.negotiate, share.limit.in_use))


def _first_of_ours(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The error to tell a person: one of ours if there is one, else the first."""
    ours = group.subgroup(CoverageError)
    chosen: BaseException = ours or group
    while isinstance(chosen, BaseExceptionGroup):
        chosen = chosen.exceptions[0]
    return chosen


def _coverage(services: Services, workflow_id: str) -> Coverage:
    from ...analyze_coverage import analyze

    return analyze(services, workflow_id)


def _coverage_now(services: Services, approval_id: str, number: int) -> dict[str, Any]:
    workflow_id = approved_items.workflow_of_item(services.store, approval_id, number)
    return _coverage(services, workflow_id).model_dump(mode="json")


def _not_judged(services: Services, job: Job) -> Counter[str]:
    """How many records of a job each check that stepped back, or the verifier, has not judged."""
    made = load_records(services.store, job.workflow_id, job_id=job.id)
    return Counter(name for record in made for name in (record.provenance or {}).get("not_judged", ()))


def _result(services: Services, job_id: str) -> dict[str, Any]:
    job = get_job(services.store, job_id)
    summary = summarize_job(services.store, job_id)
    record_ids = [record for record in slot_records(services.store, job_id).values() if record]
    measured = job_notes.noted_measured(services.store, job_id) or {}
    return {
        "job_id": job.id,
        "status": job.status,
        "topic": job.topic,
        "strategy": job.strategy,
        "requested": job.count,
        "accepted": summary.accepted,
        "worth": measured.get("worth"),
        "uplift": measured.get("uplift"),
        "rejected": summary.rejected,
        "not_judged": dict(_not_judged(services, job)),
        "record_ids": record_ids,
        "cost": Use(**summary.figures()).model_dump(),
        "stop_reason": job.stop_reason,
        "remarks": job_notes.noted_remarks(services.store, job_id),
        "coverage_before": job.coverage_before,
        "coverage_after": job.coverage_after,
    }
