"""What one item of a plan is expected to take: drafts, calls and tokens, and how far that is known."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ...coverage.recommendation import PlanItem
from ...coverage.strategy_choice import StrategyName
from ...errors import InvalidInput
from ...models.answer_room import token_limit
from ..attempts.draft import Draft, Strategy, TopicContext
from ..checks.verifier.verifier import Verifier
from ..scenarios.planning_request import needs_planning, planning_request
from ..strategies import make_strategy
from ..strategies.prompt import check_templates
from ..topic_context import topic_context
from .earlier_drafts import Expected, experiences
from .worst_case import most_prompt_tokens

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
        set_aside: the most tokens that one draft can use, its verdict included: under a smaller cap none is begun.
        planning: prompt and completion tokens of the call that plans the topic's cases; None where there is none.
    """

    strategy: StrategyName
    calls_each: float
    each: Expected
    judged: int
    accepted: int
    verified: float
    set_aside: int = 0
    drafts: float = 0
    verdicts: float = 0
    planning: tuple[float, float] | None = None

    def for_records(self, count: int) -> ExpectedWork:
        """The same for so many accepted records."""
        passed = count / max(LEAST_ACCEPTANCE, self.each.pass_rate) if self.verified else 0
        verdicts = self.verified * passed
        drafts = max(count / max(LEAST_ACCEPTANCE, self.each.acceptance), verdicts)
        return replace(self, drafts=drafts, verdicts=verdicts)


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
    set_aside = sum(
        most_prompt_tokens(request.prompt, request.schema) + token_limit(request.text_tokens, room.extra)
        for request in draft.requests
    )
    calls_each, each = _measured(strategy, context)
    each = replace(each, completion_tokens=each.completion_tokens + calls_each * hidden)
    verifier = services.settings.for_verifier()
    if verifier is not None:
        asking = Verifier(verifier.model_in_use, context)
        each = _with_verdict(each, asking, draft)
        set_aside += sum(asking.expected_worst_case(draft))
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
    planning = None
    if needs_planning(services, workflow_id, item.topic, item.strategy):
        request = planning_request(context)
        sent = sum(len(text.encode()) for _, text in request.prompt)
        planning = (sent / BYTES_PER_TOKEN, request.text_tokens * ANSWER_SHARE)
    return ExpectedWork(
        item.strategy, calls_each, each, judged, accepted, verified, set_aside, planning=planning
    )


def _with_verdict(each: Expected, verifier: Verifier, draft: Draft) -> Expected:
    """The expectation with what a verdict takes, by the question about a record as long as it may be on average."""
    prompt, completion = verifier.expected_worst_case(draft)
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
            size = sum(len(text.encode()) for _, text in request.prompt) + len(json.dumps(request.schema))
            sent += parts * size
            longest += request.text_tokens
    assumed = Expected(
        acceptance=FIRST_ACCEPTANCE[context.profile],
        prompt_tokens=sent / BYTES_PER_TOKEN / _MEASURED_DRAFTS,
        completion_tokens=longest * ANSWER_SHARE / _MEASURED_DRAFTS,
    )
    return calls / _MEASURED_DRAFTS, assumed
