"""The options that stand beside a plan, and what a plan costs in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...tools.coverage.recommendation import PlanItem
from ...tools.errors import CoverageError
from ...tools.generation.money.estimate import Estimate, Estimator
from ...tools.services import Services
from ..wording.markdown import escape, topic_title
from ..wording.plan_words import cost_words
from .offer import Option, same_items

PROCEED = "Proceed to grader configuration"
MORE = "Generate more data to further balance"
ALL = "Generate for all under-represented topics"
SKIP = "Skip generation and proceed to grader config"
REVIEW = "Review existing records first"
REVIEW_NEW = "Review the synthetic records"
_NAME = 44
"""Cells of a topic's name in an option, which has a line of a terminal."""


def costs_of(services: Services, workflow_id: str, items: list[PlanItem]) -> str:
    """The expected cost in words; the reason why the plan cannot work, if it cannot."""
    return costs_in_words(Estimator(services, workflow_id), items)


def costs_in_words(
    estimator: Estimator, items: list[PlanItem], *, in_words: Callable[[Estimate], str] = cost_words
) -> str:
    """What a plan costs; why it cannot be carried out, where it cannot."""
    try:
        return in_words(estimator.plan(items))
    except CoverageError as error:
        return escape(str(error)).rstrip(".")


def plan_options(items: list[PlanItem], everything: list[PlanItem]) -> list[Option]:
    """The options of a pending plan: it, the one for all topics if any is low, skip, review.

    One plan is shown with its cost; another one is shown first when it is chosen.
    """
    topics = list(dict.fromkeys(item.topic for item in items))
    same = same_items(items, everything)
    label = (
        f'Generate synthetic data for "{topic_title(topics[0], _NAME)}"'
        if len(topics) == 1
        else "Generate this plan"
    )
    return [
        option(label, "generate", items),
        *([Option(label=ALL, effect="generate", items=everything, shown=same)] if everything else []),
        option(SKIP, "proceed"),
        option(REVIEW, "review"),
    ]


def option(label: str, effect: Any, items: list[PlanItem] | None = None) -> Option:
    """An option that was shown with all that belongs to it."""
    return Option(label=label, effect=effect, items=items or [])
