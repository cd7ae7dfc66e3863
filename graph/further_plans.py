"""The plans on the frontier, offered beside the recommendation: numbered on, each shown in full once it is chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..tools.coverage.frontier import Frontier, GoalPlan, score_beside_goals
from ..tools.coverage.recommendation import PlanItem
from .markdown import escape
from .offer import Offer, Option, same_items


def further_options(
    frontier: Frontier, offer: Offer, costs_of: Callable[[list[PlanItem]], str]
) -> list[Option]:
    """The frontier's plans as options, without those that the offer holds already.

    Args:
        frontier: the cheapest plan for each goal.
        offer: the options that they follow.
        costs_of: the expected cost of a plan in words.
    """
    offered = [option.items for option in offer.options if option.effect == "generate"]
    return [
        Option(
            label=plan.label,
            effect="generate",
            items=plan.items,
            shown=False,
            beside=True,
            note=_row(plan, costs_of(plan.items)),
        )
        for plan in frontier.plans
        if not any(same_items(plan.items, items) for items in offered)
    ]


def further_lines(offer: Offer, unreachable: Sequence[str] = ()) -> list[str]:
    """The further plans as a table, and which goals are out of reach. Numbers stay; the plan shown has no row."""
    rows = [
        f"| {number} | {escape(option.label)} | {option.note} |"
        for number, option in enumerate(offer.options, 1)
        if option.beside and not same_items(option.items, offer.items)
    ]
    table = [
        "Further plans, each with the fewest records that reach its goal; its number shows it in full:",
        "\n".join(
            ["| No. | Goal | Records | Topics | Balance score | Cost |", "|---|---|---|---|---|---|", *rows]
        ),
    ]
    return [*(table if rows else []), *map(escape, unreachable)]


def _row(plan: GoalPlan, cost: str) -> str:
    topics = len({item.topic for item in plan.items})
    return f"{plan.records:,} | {topics} | {score_beside_goals(plan.predicted_score)} | {cost}"
