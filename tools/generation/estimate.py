"""What a plan will probably cost, said before anybody approves it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pydantic import BaseModel, Field

from ..coverage.recommendation import PlanItem
from ..errors import InvalidInput
from .ledger import list_jobs
from .strategies import make_strategy
from .topic_context import topic_context

if TYPE_CHECKING:
    from ..services import Services

BYTES_PER_TOKEN = 4.0
"""English text in the tokenizers of today's models; other languages take more tokens."""
FIRST_ACCEPTANCE = 0.6
"""Share of answers accepted that is assumed until jobs of the workflow have shown their own."""
ANSWER_SHARE = 0.4
"""Part of the longest allowed answer that an answer uses on average."""
_MEASURED_DRAFTS = 5


class Estimate(BaseModel):
    """Expected size and cost of a plan; an estimate, not a cap."""

    calls: int = Field(description="Model calls, refused ones included.")
    tokens: int = Field(description="Prompt and reply tokens together.")
    usd: float | None = Field(description="0 for the embedded model; null where the price is not known.")
    note: str = Field(description="The estimate in words.")


def check_items(services: Services, workflow_id: str, items: Sequence[PlanItem]) -> None:
    """Make sure that each strategy can work for its topic, before anybody is asked to approve.

    Raises:
        InvalidInput: one cannot, with the reason.
    """
    for item in items:
        context = topic_context(services, workflow_id, item.topic, item.count, spread=False)
        reason = make_strategy(item.strategy).unusable(context)
        if reason:
            raise InvalidInput(
                f"{item.strategy} cannot be used for {item.topic!r}: {reason}.",
                hint="Choose another strategy; topic_description works with no records at all.",
            )


def estimate_plan(services: Services, workflow_id: str, items: Sequence[PlanItem]) -> Estimate:
    """Expected calls and tokens: some prompts of each item are rendered and measured.

    The share of accepted answers is that of the workflow's earlier jobs; before there is any, it is assumed.

    Raises:
        InvalidInput: a strategy cannot be used for its topic.
    """
    check_items(services, workflow_id, items)
    rate, measured = _acceptance(services, workflow_id)
    calls = tokens = 0
    for item in items:
        attempts = item.count / rate
        calls_each, tokens_each = _per_attempt(services, workflow_id, item)
        calls += round(attempts * calls_each)
        tokens += round(attempts * tokens_each)
    usd = 0.0 if services.settings.uses_embedded_model else None
    cost = "no cost (embedded model)" if usd == 0.0 else "price of the model not known"
    source = "measured in earlier jobs" if measured else "assumed"
    return Estimate(
        calls=calls,
        tokens=tokens,
        usd=usd,
        note=f"about {calls:,} model calls and {tokens:,} tokens, {cost} ({rate:.0%} accepted, {source})",
    )


def _acceptance(services: Services, workflow_id: str) -> tuple[float, bool]:
    jobs = list_jobs(services.store, workflow_id)
    accepted = sum(job.accepted for job in jobs)
    attempts = accepted + sum(sum(job.rejected.values()) for job in jobs)
    if attempts < 10:
        return FIRST_ACCEPTANCE, False
    return max(0.1, accepted / attempts), True


def _per_attempt(services: Services, workflow_id: str, item: PlanItem) -> tuple[float, float]:
    """Calls and tokens of one attempt at a record, on average."""
    context = topic_context(services, workflow_id, item.topic, item.count, spread=False)
    strategy = make_strategy(item.strategy)
    calls, tokens = 0, 0.0
    for attempt in range(_MEASURED_DRAFTS):
        draft = strategy.draft(context, attempt, random.Random(attempt))
        for request in draft.requests:
            tokens += sum(len(text.encode()) for _, text in request.prompt) / BYTES_PER_TOKEN
            tokens += request.max_tokens * ANSWER_SHARE
        calls += len(draft.requests)
    return calls / _MEASURED_DRAFTS, tokens / _MEASURED_DRAFTS
