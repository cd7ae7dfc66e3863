"""Having cases of a topic planned by the model: one call a job that finds too few, which is part of its cost."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ...coverage.recommendation import PlanItem
from ...errors import EndpointError
from ...models.answer_room import cut_off_words, is_cut_off
from ...models.endpoint_errors import TransientEndpointError
from ...models.endpoint_session import EndpointSession
from ...models.usage import TokenUsage
from ..attempts import journal
from ..attempts.draft import Draft, Rejection, Request
from ..attempts.journal_entries import Lost, Paid, Refused
from ..jobs.ledger import PLANNED, Attempt, Job, attempts_of_part
from ..missing_cells import wanted_of_job
from ..money.amounts import NOTHING, Amount
from ..money.expected_use import ANSWER_SHARE, BYTES_PER_TOKEN, request_size, usable_strategy
from ..money.prices import require_keepable_cap
from ..money.spending import Spending
from .planning_request import (
    cases_to_plan,
    dropped_records,
    may_be_planned,
    planned_cases,
    planning_request,
)
from .scenario import Scenario
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
    """Have as many cases of a job's topic planned as it lacks; without them its records are written all the same.

    A job does so once, before its first draft. Whoever takes it up again after a crash finds the answer in the journal,
    if there was one.

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
    if any(attempt.number >= 0 for attempt in earlier):
        return None
    if (cases := _cases_in(earlier)) is not None:  # the program ended before they were kept
        await asyncio.to_thread(add_planned, services.store, job.workflow_id, job.topic, cases)
        return None
    numbers = [number for number in (-1, -2) if number not in {attempt.number for attempt in earlier}]
    asked, record = await asyncio.to_thread(_what_to_ask, services, job) if numbers else (None, None)
    if asked is None or record is None:
        return None
    room = services.answer_room()
    problem = ""
    for number in numbers:
        counted = services.counted_prompts
        request = counted.bounded(replace(asked, room=room.extra))
        draft = replace(record, requests=[replace(one, room=room.extra) for one in record.requests])
        call = await asyncio.to_thread(
            _begin, services, job, number, request, counted.bounded_draft(draft), spending
        )
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
        counted.learn(request, usage.prompt_tokens)
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


def _cases_in(earlier: Sequence[Attempt]) -> list[Scenario] | None:
    """What earlier runs of the job were answered; None where that was nothing of use."""
    for attempt in earlier:
        with suppress(ValueError):
            if attempt.check == PLANNED and attempt.response is not None:
                return planned_cases(attempt.response)
    return None


def _what_to_ask(services: Services, job: Job) -> tuple[Request, Draft] | tuple[None, None]:
    """The request, and a draft of a record, both but for their room; nothing where there is nothing to plan."""
    if journal.is_cancelled(services.store, job.id):
        return None, None
    if not may_be_planned(services, job.workflow_id, job.topic, job.strategy):
        return None, None
    item = PlanItem.model_validate({"topic": job.topic, "count": job.count, "strategy": job.strategy})
    strategy, context = usable_strategy(services, job.workflow_id, item)
    number = cases_to_plan(job.count, context.unwritten)
    if not number:
        return None, None
    # Noted before the call is: a job with attempts is taken for one from before the missing was measured.
    wanted = wanted_of_job(services, job.id, job.workflow_id, job.topic, job.count)
    dropped = dropped_records(services.store, job.workflow_id, job.topic)
    request = planning_request(replace(context, wanted=wanted), number, dropped)
    return request, strategy.draft(context, 0, random.Random(0))


def _unplanned(why: str) -> str:
    return f"No cases were planned for the topic ({why}); its records are written without them."


def _begin(
    services: Services, job: Job, number: int, request: Request, record: Draft, spending: Spending
) -> _Call | str:
    draft = Draft(strategy=job.strategy, topic=job.topic, requests=[request], seeds=[], profile="full")  # type: ignore[arg-type]
    call = _Call(number, spending.worst_case(draft))
    likely = TokenUsage(
        round(request_size(request) / BYTES_PER_TOKEN), round(request.text_tokens * ANSWER_SHARE)
    )
    with_a_record = spending.cost(likely) + spending.worst_case(record)
    with services.store.write() as connection:
        spending.open(connection, services.settings.budget_tokens, services.settings.budget_usd)
        _, refusal = spending.reserve(connection, [with_a_record])
        if refusal is not None:
            return "the limit is needed for the records"
        spending.settle(connection, [(with_a_record, NOTHING)])
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
