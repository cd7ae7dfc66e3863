"""The plans on the frontier between cost and balance: each reaches its goal with the fewest records possible."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, Field

from .additions import additions_to_minimum, least_additions
from .balance import EXCELLENT, GOOD
from .caps import Cap
from .plans import Planner, PlanOption, Thresholds
from .wording import plural

GoalName = Literal["target", "excellent", "minimum"]


class GoalPlan(PlanOption):
    """The cheapest plan that reaches a goal.

    Attributes:
        goal: the target score, an excellent score, or the minimum of records for every topic.
        label: the goal in words.
        records: how many records it adds.
        also: other goals that the same plan is the cheapest for.
    """

    goal: GoalName
    label: str
    records: int
    also: list[GoalName] = Field(default_factory=list)


class Frontier(BaseModel):
    """The cheapest plan for each goal that is not met yet.

    Attributes:
        plans: fewest records first.
        unreachable: goals that no plan within the caps reaches, as sentences.
    """

    plans: list[GoalPlan] = Field(default_factory=list)
    unreachable: list[str] = Field(default_factory=list)


def frontier(planner: Planner, caps: Mapping[str, Cap], settings: Thresholds) -> Frontier:
    """The cheapest plans to the target score, to an excellent score, and to the minimum for every topic.

    The plan to the minimum also keeps or brings the score above the target, where the caps allow it. There are
    none where there is no score, that is, with fewer than two topics or no records.
    """
    coverage = planner.coverage
    counts, weights, score = coverage.scored_counts, coverage.weights, coverage.balance_score_exact
    found = Frontier()
    if score is None:
        return found
    target, minimum = settings.target_score, settings.minimum_per_topic
    if score <= target:
        label = _above(target)
        added = least_additions(counts, weights, target_score=target, caps=caps)
        _add(found, planner, "target", label, added)
    if score < EXCELLENT and target < EXCELLENT:
        label = f"Cheapest to excellent ({EXCELLENT:g} or more)"
        added = least_additions(counts, weights, target_score=EXCELLENT, or_equal=True, caps=caps)
        _add(found, planner, "excellent", label, added)
    if any(count < minimum for count in counts.values()):
        label, least = _to_minimum(counts, weights, settings, caps)
        _add(found, planner, "minimum", label, least or None)
    found.plans.sort(key=lambda plan: plan.records)
    return found


def score_beside_goals(score: float | None) -> str:
    """The score of a plan for people: 2 decimals, or 4 where these would hide on which side of a goal it lies."""
    if score is None:
        return "none"
    two = f"{score:.2f}"
    return f"{score:.4f}" if float(two) in (GOOD, EXCELLENT) and float(two) != score else two


def _above(target: float) -> str:
    return f"Cheapest to good (above {target:g})" if target == GOOD else f"Cheapest to above {target:g}"


def _to_minimum(
    counts: Mapping[str, int],
    weights: Mapping[str, float] | None,
    settings: Thresholds,
    caps: Mapping[str, Cap],
) -> tuple[str, Mapping[str, int]]:
    target, minimum = settings.target_score, settings.minimum_per_topic
    added = least_additions(counts, weights, target_score=target, minimum=minimum, caps=caps)
    if added is None:
        added = additions_to_minimum(counts, weights, minimum=minimum, caps=caps)
    short = [topic for topic, count in counts.items() if count + added.get(topic, 0) < minimum]
    if short and added:
        return f"Towards {minimum} records for every topic; limits leave {len(short)} of them short", added
    return f"All topics at {minimum} records or more", added


def _add(
    found: Frontier, planner: Planner, goal: GoalName, label: str, added: Mapping[str, int] | None
) -> None:
    if added is None:
        found.unreachable.append(
            f"{label.removeprefix('Cheapest to ').capitalize()}: out of reach, since limits hold topics down."
        )
        return
    same = next((plan for plan in found.plans if _counts(plan) == dict(added)), None)
    if same is not None:
        same.also.append(goal)
        same.label += f"; {label[:1].lower()}{label[1:]}"
        return
    records = sum(added.values())
    option = planner.option(added, f"{label}: {plural(records, 'record')}, fewer do not reach it.")
    if option is not None:
        found.plans.append(GoalPlan(**option.model_dump(), goal=goal, label=label, records=records))


def _counts(plan: PlanOption) -> dict[str, int]:
    return {item.topic: item.count for item in plan.items}
