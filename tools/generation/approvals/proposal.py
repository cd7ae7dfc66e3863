"""Proposing a plan outside a conversation: what it would give and cost, stored for a person to answer."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from ...analyze_coverage import analyze
from ...coverage.recommendation import PlanItem
from ...coverage.score_change import effect_on_score
from ...dataset.topic_names import require_topics
from ...errors import CoverageError, InvalidInput
from ..expected_worth import ExpectedWorth, expected_worth
from ..jobs.eval_set import PLANNED, described
from ..money.estimate import Estimate, Estimator, estimate_plan
from .pilot import kept_promises, promises, steps_of
from .plans import Plan, propose_plan

if TYPE_CHECKING:
    from ...services import Services
    from ...settings import Settings


@dataclass(frozen=True)
class Outlook:
    """What a plan would come to.

    Attributes:
        score: the exact balance score now; None when there is none.
        predicted_score: the exact score once all of it is accepted.
        estimate: what it would probably take, and the caps that it can never pass.
        worth: what its records would probably be worth; None where nothing is known.
    """

    score: float | None
    predicted_score: float | None
    estimate: Estimate
    worth: ExpectedWorth | None


def outlook(services: Services, workflow_id: str, items: Sequence[PlanItem]) -> Outlook:
    """Work out what a plan would give and cost; nothing is stored.

    Raises:
        WorkflowNotFound: there is no such workflow.
        TopicNotFound: it has no such topic.
        InvalidInput: a strategy cannot be used for its topic.
        BudgetExceeded: a cap on money is set that could not be kept, since the price is not known.
    """
    require_topics(services.store, workflow_id, [item.topic for item in items])
    change = effect_on_score(analyze(services, workflow_id), items)
    return Outlook(
        score=change.before,
        predicted_score=change.after,
        estimate=estimate_plan(services, workflow_id, items),
        worth=expected_worth(services, workflow_id, items),
    )


def propose(services: Services, workflow_id: str, items: Sequence[PlanItem], reason: str) -> Plan:
    """Store a plan with its outlook, and with the caps of the settings.

    Args:
        services: store and settings.
        workflow_id: the dataset that it adds to.
        items: what to generate.
        reason: why, in words for the person who answers.

    Raises:
        CoverageError: as `outlook` and `propose_plan`.
    """
    foreseen = outlook(services, workflow_id, items)
    cost = foreseen.estimate
    details: dict[str, Any] = {
        "reason": reason,
        "score": foreseen.score,
        "predicted_score": foreseen.predicted_score,
        "calls": cost.calls,
        "tokens": cost.tokens,
        "usd": cost.usd,
        "note": cost.note,
        "stops_note": cost.stops_note,
        **told_with(services, workflow_id, items),
    }
    if services.settings.eval_set is not None:
        details[PLANNED] = described(services.settings.eval_set)
    return propose_plan(
        services.store,
        workflow_id,
        items,
        cap_tokens=cost.most_tokens,
        cap_usd=cost.most_usd,
        details=details,
    )


def told_with(services: Services, workflow_id: str, items: Sequence[PlanItem]) -> dict[str, Any]:
    """What is kept with a plan of what it says: when each step stops and asks, its pilots, what it will be worth."""
    worth = expected_worth(services, workflow_id, items)
    told: dict[str, Any] = {"stops": [], "estimate": None}
    with suppress(
        CoverageError
    ):  # such as a cap on money and no price: said when somebody wants to approve it
        estimator = Estimator(services, workflow_id)
        stops = estimator.plan([step.item for step in steps_of(items)]).stops
        told = {
            "stops": [one.model_dump() for one in stops],
            "estimate": estimator.plan(items).model_dump(include={"tokens", "usd", "seconds"}),
        }
    return {
        **told,
        "expected_worth": worth.model_dump() if worth is not None else None,
        **kept_promises(promises(services, workflow_id, items)),
    }


def under_caps(settings: Settings, max_tokens: int | None, max_usd: float | None) -> Settings:
    """The settings under these caps, which come before those of the environment.

    Raises:
        InvalidInput: a cap that is none, such as a negative one.
    """
    capped = settings.model_copy()
    try:
        for name, cap in {"budget_tokens": max_tokens, "budget_usd": max_usd}.items():
            if cap is not None:
                # Validated like any other setting.
                type(capped).__pydantic_validator__.validate_assignment(capped, name, cap)
    except ValidationError as error:
        raise InvalidInput(f"A cap cannot be used: {error.errors()[0]['msg']}.") from None
    return capped
