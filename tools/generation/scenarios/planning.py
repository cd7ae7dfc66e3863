"""Having the cases of a topic planned by the model: one call a topic and workflow, which is part of the job's cost."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...coverage.recommendation import PlanItem
from ...errors import EndpointError
from ...models.answer_room import cut_off_words, is_cut_off
from ...models.endpoint_errors import TransientEndpointError
from ...models.endpoint_session import EndpointSession
from ..attempts import journal
from ..attempts.draft import Draft, Rejection, Request, TopicContext
from ..attempts.journal_entries import Lost, Paid, Refused
from ..jobs.ledger import PLANNED, Attempt, Job, attempts_of_part
from ..money.amounts import Amount
from ..money.expected_use import usable_strategy
from ..money.prices import require_keepable_cap
from ..money.spending import Spending
from .planning_request import needs_planning, planned_cases, planning_request
from .scenario_store import add_planned

if TYPE_CHECKING:
    from ...services import Services

INTERRUPTED = "the program ended during the call"


@dataclass(frozen=True)
class _Call:
    """The planning call as the journal has it: an attempt that is no draft, with a number before those of drafts."""

    number: int
    reserved: Amount


async def plan_scenarios(services: Services, job: Job) -> str | None:
    """Have the cases of a job's topic planned, unless that was done; without them its records are written all the same.

    Returns:
        What a person should know; None when all is well.

    Raises:
        InvalidInput: the strategy cannot be used for the topic.
        BudgetExceeded: a cap on money is set that could not be kept.
    """
    if job.part:
        return None  # the first one has them planned before any other begins
    spending = Spending(job.approval_id, require_keepable_cap(services.settings))
    earlier = await asyncio.to_thread(attempts_of_part, services.store, job)
    for attempt in earlier:
        if attempt.number < 0 and attempt.status == "calling":  # the program ended during the call
            reserved = Amount(attempt.reserved_tokens, attempt.reserved_picodollars)
            await asyncio.to_thread(
                _end, services, job, _Call(attempt.number, reserved), spending, INTERRUPTED
            )
    numbers = [number for number in (-1, -2) if number not in {attempt.number for attempt in earlier}]
    if not numbers or any(attempt.number >= 0 for attempt in earlier):
        return None
    context = await asyncio.to_thread(_context_to_plan, services, job)
    if context is None:
        return None
    room = services.answer_room()
    problem = ""
    for number in numbers:
        request = planning_request(context, room.extra)
        call = await asyncio.to_thread(_begin, services, job, number, request, spending)
        if isinstance(call, str):
            return _unplanned(call)
        try:
            async with EndpointSession(services.chat_model) as session:
                text, usage = await session.json(
                    request.prompt,
                    request.schema,
                    name="scenarios",
                    max_tokens=request.max_tokens,
                    temperature=request.temperature,
                )
        except EndpointError as error:
            is_free = not isinstance(error, TransientEndpointError) or error.rate_limited
            await asyncio.to_thread(_end, services, job, call, spending, str(error), is_free=is_free)
            return _unplanned(str(error))
        is_counted = usage.tokens > 0
        used = spending.cost(usage) if is_counted else call.reserved
        paid = Paid(
            response=text,
            prompt_tokens=usage.prompt_tokens,
            completion_tokens=usage.completion_tokens,
            cached_tokens=usage.cached_tokens,
            reasoning_tokens=usage.reasoning_tokens,
            picodollars=used.picodollars,
            uncounted_calls=int(not is_counted),
            uncounted_tokens=0 if is_counted else call.reserved.tokens,
        )
        await asyncio.to_thread(
            _end, services, job, call, spending, "the topic's cases", paid=paid, used=used
        )
        grows = room.learn(request.room, text, usage)
        try:
            cases = planned_cases(text)
        except ValueError as error:
            problem = cut_off_words(request.max_tokens, usage) if is_cut_off(text, usage) else str(error)
            if grows:
                continue
            return _unplanned(problem)
        await asyncio.to_thread(add_planned, services.store, job.workflow_id, job.topic, cases)
        return None
    return _unplanned(problem)


def _context_to_plan(services: Services, job: Job) -> TopicContext | None:
    """What the planning is made from; None where there is nothing to plan."""
    if journal.is_cancelled(services.store, job.id):
        return None
    if not needs_planning(services, job.workflow_id, job.topic, job.strategy):
        return None
    item = PlanItem.model_validate({"topic": job.topic, "count": job.count, "strategy": job.strategy})
    return usable_strategy(services, job.workflow_id, item)[1]


def _unplanned(why: str) -> str:
    return f"No cases were planned for the topic ({why}); its records are written without them."


def _begin(services: Services, job: Job, number: int, request: Request, spending: Spending) -> _Call | str:
    draft = Draft(strategy=job.strategy, topic=job.topic, requests=[request], seeds=[], profile="full")  # type: ignore[arg-type]
    call = _Call(number, spending.worst_case(draft))
    with services.store.write() as connection:
        spending.open(connection, services.settings.budget_tokens, services.settings.budget_usd)
    attempt = Attempt(number=call.number, slot=0, status="calling", draft=draft.digest(), room=request.room)
    begun, refusal = journal.begin_attempts(services.store, job, [(attempt, call.reserved)], spending)
    return call if begun else str(refusal)


def _end(
    services: Services,
    job: Job,
    call: _Call,
    spending: Spending,
    said: str,
    *,
    is_free: bool = False,
    paid: Paid | None = None,
    used: Amount | None = None,
) -> None:
    settled = (call.reserved, used or Amount(0, 0)) if is_free or paid is not None else None
    details = None if settled is not None else Lost(1, call.reserved).beside({})
    ended: dict[str, Any] = {"failed": True, "paid": paid, "settled": settled, "details": details}
    journal.end_attempts(
        services.store, job, [], [Refused(call.number, Rejection(PLANNED, said[:300]), **ended)], spending
    )
