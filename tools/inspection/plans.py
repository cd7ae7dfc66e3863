"""What a plan gives and costs, and which plan reaches a score; computed, and nothing is proposed or stored."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from pydantic import BaseModel, Field

from ..analyze_coverage import analyze
from ..coverage.additions import least_additions
from ..coverage.balance import shown_score
from ..coverage.plans import PlanItem, Planner, caps_of
from ..coverage.report import Coverage
from ..coverage.score_change import effect_on_score
from ..coverage.strategy_choice import STRATEGIES, StrategyName, choose_strategy
from ..dataset.topic_names import require_topics
from ..errors import CoverageError, InvalidInput
from ..generation.approvals.pilot import promise_words, promises
from ..generation.expected_worth import ExpectedWorth, expected_worth
from ..generation.money.estimate import Estimate, estimate_plan
from ..generation.topic_profiles import topic_profiles

if TYPE_CHECKING:
    from ..services import Services


class PlanEffect(BaseModel):
    """A plan, with what it makes of the dataset and what it takes."""

    items: list[PlanItem]
    records: int = Field(description="How many it adds in all.")
    score_now: float | None
    score_then: float | None
    lowers_score: bool = Field(description="Whether the score gets lower, exactly compared.")
    counts_now: dict[str, int]
    counts_then: dict[str, int]
    estimate: Estimate | None
    worth: ExpectedWorth | None = Field(
        description="What the records will probably be worth; null where nothing is known."
    )
    pilots: str = Field(description="What becomes of the rest after the first records of items with a pilot.")
    why_not: str | None = Field(description="Why it cannot be carried out, if so.")


class ScorePlan(BaseModel):
    """The fewest records that bring the score to a target."""

    target: float
    score_now: float | None
    is_reached: bool = Field(description="Whether the score is there already.")
    is_reachable: bool
    plan: PlanEffect | None


class StrategyGuide(BaseModel):
    """One strategy in words."""

    name: str
    title: str
    best_for: str
    description: str
    details: str = Field(description="What it keeps and changes, what it costs, when not to use it.")


class StrategyFit(BaseModel):
    """The strategies, and which one suits a topic and why."""

    strategies: list[StrategyGuide]
    topic: str | None
    chosen: str | None
    reason: str | None


def inspect_plan(services: Services, workflow_id: str, items: Sequence[PlanItem]) -> PlanEffect:
    """What a plan would give and cost.

    Raises:
        WorkflowNotFound: there is no such workflow.
        TopicNotFound: it has no such topic.
    """
    require_topics(services.store, workflow_id, [item.topic for item in items])
    return _effect(services, workflow_id, list(items), analyze(services, workflow_id))


def plan_for_score(
    services: Services, workflow_id: str, target: float, left_out: Collection[str] = ()
) -> ScorePlan:
    """The fewest records that bring the score to ``target``, within the caps, and their cost.

    Args:
        services: store, models and settings.
        workflow_id: whose records.
        target: the score.
        left_out: topics that get none.

    Raises:
        WorkflowNotFound: there is no such workflow.
        InvalidInput: a target that is no score.
    """
    if not 0 < target <= 1:
        raise InvalidInput(f"{target:g} is no balance score.", hint="A score lies between 0 and 1.")
    coverage = analyze(services, workflow_id)
    score = coverage.balance_score_exact
    if score is not None and score >= target:
        return ScorePlan(
            target=target, score_now=coverage.balance_score, is_reached=True, is_reachable=True, plan=None
        )
    profiles = topic_profiles(services, workflow_id)
    caps = caps_of(coverage, profiles, services.settings, None, left_out)
    # Above, not at: a hair below the target asks for the target itself.
    least = least_additions(coverage.scored_counts, coverage.weights, target_score=target - 1e-9, caps=caps)
    option = Planner(coverage, profiles).option(least or {}, "")
    return ScorePlan(
        target=target,
        score_now=coverage.balance_score,
        is_reached=False,
        is_reachable=option is not None,
        plan=_effect(services, workflow_id, option.items, coverage) if option is not None else None,
    )


def inspect_strategies(
    services: Services, workflow_id: str, names: Sequence[StrategyName] = (), topic: str | None = None
) -> StrategyFit:
    """The strategies in words, and the one that suits ``topic`` best, with the reason.

    Raises:
        WorkflowNotFound: there is no such workflow.
        TopicNotFound: there is no such topic.
    """
    require_topics(services.store, workflow_id, [topic] if topic is not None else [])
    chosen, reason = None, None
    if topic is not None:
        chosen, reason = choose_strategy(topic_profiles(services, workflow_id)[topic])
    guides = [STRATEGIES[name] for name in names] or list(STRATEGIES.values())
    return StrategyFit(
        strategies=[
            StrategyGuide(
                name=g.name, title=g.title, best_for=g.best_for, description=g.description, details=g.details
            )
            for g in guides
        ],
        topic=topic,
        chosen=chosen,
        reason=reason,
    )


def _effect(services: Services, workflow_id: str, items: list[PlanItem], coverage: Coverage) -> PlanEffect:
    added: dict[str, int] = {}
    for item in items:
        added[item.topic] = added.get(item.topic, 0) + item.count
    counts, change = coverage.topic_distribution, effect_on_score(coverage, items)
    estimate, why_not = None, None
    try:
        estimate = estimate_plan(services, workflow_id, items)
    except CoverageError as error:
        why_not = str(error)
    return PlanEffect(
        items=items,
        records=sum(added.values()),
        score_now=coverage.balance_score,
        score_then=shown_score(change.after),
        lowers_score=change.lowers,
        counts_now={topic: counts.get(topic, 0) for topic in added},
        counts_then={topic: counts.get(topic, 0) + count for topic, count in added.items()},
        estimate=estimate,
        worth=expected_worth(services, workflow_id, items),
        pilots=promise_words(items, promises(services, workflow_id, items)),
        why_not=why_not,
    )
