"""What one item of a plan is expected to take: drafts, calls and tokens, and how far that is known."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ...coverage.recommendation import PlanItem
from ...coverage.strategy_choice import StrategyName
from ...errors import InvalidInput
from ...models.usage import NO_USAGE, TokenUsage
from ..attempts.draft import Draft, Request, Strategy, TopicContext
from ..checks.verifier.verifier import Verifier
from ..jobs.notes import has_attempts
from ..scenarios.planning_request import (
    LEAST_PLANNED,
    cases_to_plan,
    dropped_records,
    may_be_planned,
    plan_tokens,
    planning_request,
)
from ..strategies import make_strategy
from ..strategies.prompt import check_templates
from ..topic_context import topic_context
from .counted_prompts import CountedPrompts
from .earlier_drafts import Expected, experiences

if TYPE_CHECKING:
    from ...services import Services

BYTES_PER_TOKEN = 4.0
"""English text in the tokenizers of today's models; other languages take more tokens."""
FIRST_PASS_RATE = 0.8
"""Share of records that pass the verifier, likewise."""
FIRST_ACCEPTANCE = {"full": 0.6, "small": 0.4}
"""Share of drafts accepted that is assumed until the strategy has shown its own, by the model's profile.

Of the embedded model's drafts 30 to 50 in a hundred passed in the runs of `make demo`; a limit reckoned from more ends
its jobs short."""
LEAST_ACCEPTANCE = 0.1
"""With fewer accepted, a job ends short before it has made more calls."""
ANSWER_SHARE = 0.4
"""Part of the longest allowed answer that an answer uses on average."""
_MEASURED_DRAFTS = 5


@dataclass(frozen=True)
class CasePlanning:
    """What having cases of a topic planned takes.

    Attributes:
        unwritten: cases of the topic that no record was written for.
        bytes_per_character: of what is written in it.
        prompt_tokens: of a call, however many cases it asks for.
        hidden: tokens that an answer takes beside its text.
    """

    unwritten: int
    bytes_per_character: float
    prompt_tokens: float
    hidden: float

    def calls(self, jobs: Sequence[int], unwritten: int) -> tuple[list[tuple[float, float]], int]:
        """What jobs of so many records take, one after the other.

        Args:
            jobs: the records of each.
            unwritten: cases that are left to them.

        Returns:
            Prompt and completion tokens of each call, and how many cases the jobs leave.
        """
        calls = []
        for records in jobs:
            if number := cases_to_plan(records, unwritten):
                written = plan_tokens(number, self.bytes_per_character) * ANSWER_SHARE
                calls.append((self.prompt_tokens, written + self.hidden))
            unwritten = max(0, unwritten + number - records)
        return calls, unwritten


@dataclass(frozen=True)
class ExpectedWork:
    """What one item is expected to take.

    Attributes:
        strategy: by which it is written.
        calls_each: requests of one draft.
        each: what one draft comes to.
        judged: how many earlier drafts this is known from.
        accepted: how many of them were accepted.
        verified: share of what passed the checks that the verifier looks at; 0 without one.
        drafts: how many drafts.
        verdicts: how many verdicts of the verifier.
        set_aside: the most that one draft can use, and then its verdict: under a smaller cap none is begun.
        cases: what planning cases of the topic takes; None where none are planned.
        planning: prompt and completion tokens of each call that plans cases.
        unwritten: planned cases that all of it leaves to what comes after it.
    """

    strategy: StrategyName
    calls_each: float
    each: Expected
    judged: int
    accepted: int
    verified: float
    set_aside: tuple[TokenUsage, TokenUsage] = (NO_USAGE, NO_USAGE)
    drafts: float = 0
    verdicts: float = 0
    cases: CasePlanning | None = None
    planning: Sequence[tuple[float, float]] = ()
    unwritten: int | None = None

    def for_records(
        self, count: int, *, pilot: int | None = None, unwritten: int | None = None
    ) -> ExpectedWork:
        """The same for so many accepted records.

        Args:
            count: how many.
            pilot: so many of them have a job of their own.
            unwritten: planned cases that what comes before it leaves; those that there are now when not given.
        """
        passed = count / max(LEAST_ACCEPTANCE, self.each.pass_rate) if self.verified else 0
        verdicts = self.verified * passed
        drafts = max(count / max(LEAST_ACCEPTANCE, self.each.acceptance), verdicts)
        work = replace(self, drafts=drafts, verdicts=verdicts)
        if self.cases is None:
            return work
        jobs = [count] if pilot is None else [pilot, count - pilot]
        planning, left = self.cases.calls(jobs, self.cases.unwritten if unwritten is None else unwritten)
        return replace(work, planning=planning, unwritten=left)


def expected_work(
    services: Services, workflow_id: str, item: PlanItem, model: str, job_id: str | None = None
) -> ExpectedWork:
    """Measured on some drafts of the item, and corrected by what earlier drafts of its kind took.

    Args:
        services: store and settings.
        workflow_id: whose plan it is part of.
        item: topic, count and strategy.
        model: what will be asked.
        job_id: the job that carries the item out already; its own drafts count most.

    Raises:
        InvalidInput: the strategy cannot be used for the topic.
    """
    hidden = services.answer_room().hidden_tokens
    asked = (workflow_id, item.topic, item.strategy, model, job_id)
    # With the templates that the settings name: what these say does not change while the program runs.
    known = (services.store.revision(), services.settings.model_dump_json(), hidden)
    return services.expected_work.once(
        (*asked, *known), lambda: _expected_work(services, workflow_id, item, model, job_id, hidden)
    ).for_records(item.count)


def _expected_work(
    services: Services, workflow_id: str, item: PlanItem, model: str, job_id: str | None, hidden: float
) -> ExpectedWork:
    strategy, context = usable_strategy(services, workflow_id, item)
    draft, room = strategy.draft(context, 0, random.Random(0)), services.answer_room()
    counted = services.counted_prompts
    bounded = (counted.bounded(replace(request, room=room.extra)) for request in draft.requests)
    writing, verdict = sum((TokenUsage(*one.set_aside) for one in bounded), NO_USAGE), NO_USAGE
    calls_each, each = _measured(strategy, context)
    each = replace(each, completion_tokens=each.completion_tokens + calls_each * hidden)
    verifier = services.settings.for_verifier()
    if verifier is not None:
        asking = Verifier(verifier.model_in_use, context)
        each = _with_verdict(each, asking, draft)
        verdict = TokenUsage(*asking.expected_worst_case(draft, counted))
    judged = accepted = 0
    for seen in experiences(
        services.store,
        workflow_id=workflow_id,
        strategy=item.strategy,
        model=model,
        topic=item.topic,
        job_id=job_id,
    ):
        each = each.after(seen)
        judged, accepted = judged + seen.judged, accepted + seen.accepted
    verified = services.settings.verifier_share if verifier is not None else 0.0
    cases = None
    # A job has cases planned before its first draft, and then no more.
    is_begun = job_id is not None and has_attempts(services.store, job_id)
    if not is_begun and may_be_planned(services, workflow_id, item.topic, item.strategy):
        dropped = dropped_records(services.store, workflow_id, item.topic)
        request = planning_request(context, LEAST_PLANNED, dropped)
        sent = request_size(request) / BYTES_PER_TOKEN
        cases = CasePlanning(context.unwritten, context.style.bytes_per_character, sent, hidden)
    return ExpectedWork(
        item.strategy, calls_each, each, judged, accepted, verified, (writing, verdict), cases=cases
    )


def _with_verdict(each: Expected, verifier: Verifier, draft: Draft) -> Expected:
    """The expectation with what a verdict takes, by the question about a record as long as it may be on average."""
    prompt, completion = verifier.expected_worst_case(draft, CountedPrompts())
    return replace(
        each,
        pass_rate=FIRST_PASS_RATE,
        verifier_prompt_tokens=prompt / BYTES_PER_TOKEN,
        verifier_completion_tokens=completion * ANSWER_SHARE,
    )


def usable_strategy(services: Services, workflow_id: str, item: PlanItem) -> tuple[Strategy, TopicContext]:
    """The item's strategy and what it knows of the topic.

    Raises:
        InvalidInput: it cannot be used for the topic, with the reason.
    """
    check_templates(services.settings.templates)
    _ = services.tool_executor  # one that cannot be loaded is said before anybody approves
    context = topic_context(services, workflow_id, item.topic, item.count, spread=False)
    strategy = make_strategy(item.strategy)
    reason = strategy.unusable(context)
    if reason:
        raise InvalidInput(
            f"{item.strategy} cannot be used for {item.topic!r}: {reason}.",
            hint="Choose another strategy; topic_description works with no records at all.",
        )
    return strategy, context


def _measured(strategy: Strategy, context: TopicContext) -> tuple[float, Expected]:
    """Calls of one draft, and what it is assumed to come to, from some that are rendered."""
    calls, sent, longest = 0.0, 0.0, 0
    for attempt in range(_MEASURED_DRAFTS):
        draft = strategy.draft(context, attempt, random.Random(attempt))
        # Where own tools answer calls, the record is no longer for it, but its prompt is sent with each part.
        parts = 1 + (draft.tool_rounds or 0)
        for request in draft.requests:
            calls += parts
            sent += parts * request_size(request)
            longest += request.text_tokens
    assumed = Expected(
        acceptance=FIRST_ACCEPTANCE[context.profile],
        prompt_tokens=sent / BYTES_PER_TOKEN / _MEASURED_DRAFTS,
        completion_tokens=longest * ANSWER_SHARE / _MEASURED_DRAFTS,
    )
    return calls / _MEASURED_DRAFTS, assumed


def request_size(request: Request) -> int:
    """Bytes that are sent of a request: its messages and its schema."""
    return sum(len(text.encode()) for _, text in request.prompt) + len(json.dumps(request.schema))
