"""The plans on the frontier, offered beside the recommendation by letters, each shown in full once it is chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from string import ascii_uppercase

from ...tools.coverage.frontier import Frontier, GoalPlan, score_beside_goals
from ...tools.coverage.recommendation import PlanItem
from ..wording.markdown import escape
from ..wording.plan_words import LOWER
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
    plans = [plan for plan in frontier.plans if not any(same_items(plan.items, items) for items in offered)]
    return [
        Option(
            label=plan.label,
            effect="generate",
            items=plan.items,
            shown=False,
            letter=letter,
            note=_row(plan, costs_of(plan.items)),
        )
        for letter, plan in zip(ascii_uppercase, plans, strict=False)
    ]


def further_lines(offer: Offer, unreachable: Sequence[str] = ()) -> list[str]:
    """The further plans as a table, and which goals are out of reach. Letters stay; the plan shown has no row."""
    further = [o for o in offer.options if o.letter and not same_items(o.items, offer.items)]
    rows = [f"| Plan {option.letter} | {escape(option.label)} | {option.note} |" for option in further]
    table = [
        "Further plans, each with the fewest records that reach its goal; its name shows it in full:",
        "\n".join(
            ["| Name | Goal | Records | Topics | Balance score | Cost |", "|---|---|---|---|---|---|", *rows]
        ),
    ]
    return [*(table if rows else []), *map(escape, unreachable)]


def _row(plan: GoalPlan, cost: str) -> str:
    topics = len({item.topic for item in plan.items})
    score = f"{score_beside_goals(plan.predicted_score)}{LOWER if plan.lowers_score else ''}"
    return f"{plan.records:,} | {topics} | {score} | {cost}"
