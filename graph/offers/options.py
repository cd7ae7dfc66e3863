"""The options that stand beside a plan: the plan for all topics, the way on, and further plans by letters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from string import ascii_uppercase

from ...tools.coverage.frontier import Frontier, score_beside_goals
from ...tools.coverage.recommendation import PlanItem
from ...tools.coverage.report import Coverage
from ...tools.coverage.score_change import effect_on_score
from ...tools.errors import CoverageError
from ...tools.generation.approvals.pilot import promise_words, promises
from ...tools.generation.expected_worth import expected_worth
from ...tools.generation.lessons.rules import list_rules
from ...tools.generation.money.estimate import Estimate, Estimator
from ...tools.services import Services
from ..actions.catalog import GiveTopics, ShowRecords
from ..wording.markdown import escape, topic_title
from ..wording.plan_words import LOWER, brief_cost_words, cost_words
from .offer import Offer, Option, same_items
from .reply import Approve, Proceed, Stop

PROCEED = Option(label="Proceed to grader configuration", deed=Proceed())
MORE = "Generate more data to further balance"
SKIP = Option(label="Skip generation and proceed to grader config", deed=Proceed())
SKIP_REST = Option(label="Skip the rest and proceed to grader config", deed=Proceed())
REVIEW = Option(label="Review existing records first", deed=ShowRecords())
REVIEW_NEW = Option(label="Review the synthetic records", deed=ShowRecords(origin="synthetic"))
FIND_TOPICS = Option(label="Find topics in the records without one", deed=GiveTopics(how="find"))
SORT = Option(label="Sort the records without a topic into these", deed=GiveTopics(how="sort"))
STOP = Option(label="Stop here", deed=Stop())
_NAME = 44
"""Cells of a topic's name in an option, which has a line of a terminal."""


def costs_in_words(
    estimator: Estimator, items: list[PlanItem], *, in_words: Callable[[Estimate], str] = cost_words
) -> str:
    """What a plan costs; why it cannot be carried out, where it cannot."""
    try:
        return in_words(estimator.plan(items))
    except CoverageError as error:
        return escape(str(error)).rstrip(".")


def promised_in_words(
    services: Services, workflow_id: str, items: Sequence[PlanItem], *, briefly: bool = False
) -> str:
    """What a plan says of the worth of its records, its pilots and the rules it obeys; empty where it says nothing."""
    worth = expected_worth(services, workflow_id, items)
    pilots = promise_words(items, promises(services, workflow_id, items))
    words = "" if worth is None else worth.brief if briefly else worth.words
    said = f"{words[0].upper()}{words[1:]}." if words else ""
    topics = {None, *(item.topic for item in items)}
    every_rule = list_rules(services.store, workflow_id)
    numbers = [str(rule.id) for rule in every_rule if rule.topic in topics]
    rules = (
        f"Rule {numbers[0]} holds for it."
        if len(numbers) == 1
        else f"Rules {', '.join(numbers)} hold for it."
    )
    return escape(" ".join(filter(None, (said, pilots, rules if numbers else ""))))


def plan_options(items: list[PlanItem], everything: list[PlanItem]) -> list[Option]:
    """The options of a pending plan: it, the one for all topics if any is low, skip, review.

    One plan is shown with its cost; another one is shown first when it is chosen.
    """
    topics = {item.topic for item in items}
    label = "Generate this plan"
    if len(topics) == 1:
        label = f'Generate synthetic data for "{topic_title(items[0].topic, _NAME)}"'
    plans = [Option(label=label, deed=Approve(items=items))]
    if everything:
        all_topics = "Generate for all under-represented topics"
        same = same_items(items, everything)
        plans.append(Option(label=all_topics, deed=Approve(items=everything), shown=same))
    return [*plans, SKIP, REVIEW]


def further_options(frontier: Frontier, offer: Offer) -> list[Option]:
    """The plans on the frontier as options, without those that the offer holds; each is shown in full once chosen.

    Args:
        frontier: the cheapest plan for each goal.
        offer: the options that they follow.
    """
    offered = [option.items for option in offer.options if option.items]
    plans = [plan for plan in frontier.plans if not any(same_items(plan.items, items) for items in offered)]
    return [
        Option(label=plan.label, deed=Approve(items=plan.items), shown=False, letter=letter)
        for letter, plan in zip(ascii_uppercase, plans, strict=False)
    ]


def further_lines(
    offer: Offer, coverage: Coverage, estimator: Estimator, unreachable: Sequence[str] = ()
) -> list[str]:
    """The further plans as a table, and which goals are out of reach. Letters stay; the plan shown has no row."""
    further = [o for o in offer.options if o.letter and not same_items(o.items, offer.items)]
    rows = [
        f"| Plan {o.letter} | {escape(o.label)} | {_row(o.items, coverage, estimator)} |" for o in further
    ]
    table = [
        "Further plans, each with the fewest records that reach its goal; its name shows it in full:",
        "\n".join(
            ["| Name | Goal | Records | Topics | Balance score | Cost |", "|---|---|---|---|---|---|", *rows]
        ),
    ]
    return [*(table if rows else []), *map(escape, unreachable)]


def _row(items: list[PlanItem], coverage: Coverage, estimator: Estimator) -> str:
    topics, records = len({item.topic for item in items}), sum(item.count for item in items)
    change = effect_on_score(coverage, items)
    score = f"{score_beside_goals(change.after)}{LOWER if change.lowers else ''}"
    return f"{records:,} | {topics} | {score} | {costs_in_words(estimator, items, in_words=brief_cost_words)}"
