"""A plan in words: what it generates, what it reaches, what it costs."""

from __future__ import annotations

from collections.abc import Sequence

from ...tools.coverage.recommendation import PlanItem
from ...tools.coverage.report import LINES_OF_MANY, MANY_TOPICS, Coverage
from ...tools.coverage.score_change import effect_on_score
from ...tools.coverage.strategy_choice import STRATEGIES
from ...tools.generation.money.amounts import usd_words
from ...tools.generation.money.estimate import Estimate
from ...tools.generation.money.use import use_words
from ..actions.catalog import ProposeMore
from ..offers.offer import ChoiceOffer, Offer, Option, ProceedOffer, same_items
from ..offers.reply import Approve
from .markdown import escape, plural, topic_title

LOWER = " (⚠️ lower than now)"
"""After the score of a plan that lowers it."""
FEW_ITEMS = 3
"""Up to this many items a plan is said in a sentence, above in a table."""
_NAME = 20
"""Cells of a topic's name in a plan that has three lines of a terminal; longer ones are cut in the middle. The first
option below it has more of it."""


def strategy_words(strategy: str) -> str:
    """``message variation``."""
    guide = next((guide for name, guide in STRATEGIES.items() if name == strategy), None)
    return guide.title.lower() if guide else strategy


def item_words(item: PlanItem, *, name: int = 80) -> str:
    """``30 for "Technical Issues" (message variation)``, and how many of them are a pilot."""
    pilot = f", {item.pilot:,} of them first" if item.pilot is not None else ""
    return f'{item.count:,} for "{topic_title(item.topic, name)}" ({strategy_words(item.strategy)}{pilot})'


def items_words(items: Sequence[PlanItem], *, name: int = 80) -> str:
    """A plan in one line: its items, or for many of them their number.

    Args:
        items: the plan.
        name: cells that a topic's name may take.
    """
    if len(items) <= FEW_ITEMS:
        return ", ".join(item_words(item, name=name) for item in items)
    pilots = sum(item.pilot or 0 for item in items)
    first = f", {pilots:,} of them first" if pilots else ""
    return f"{plural(sum(item.count for item in items), 'record')} in {len(_per_topic(items))} topics{first}"


def plan_lines(
    name: str, coverage: Coverage, items: Sequence[PlanItem], cost: str, promise: str = ""
) -> list[str]:
    """A plan with all its items, what it reaches and what it costs: what a person must see to say yes to it.

    Args:
        name: how the plan is called; never by a number, which are those of the options.
        coverage: the figures before it.
        items: the plan.
        cost: expected cost in words; empty when it is not known.
        promise: what its records will be worth, and of its pilots, as sentences; empty where there is nothing to say.
    """
    said = f"{name}: {items_words(items)}. That makes {effect_words(coverage, items)}."
    said += f" {promise}" if promise else ""
    said += f" Cost: {cost}." if cost else ""
    if len(items) <= FEW_ITEMS:
        return [said]
    counts = coverage.topic_distribution
    rows = [
        f"| {topic_title(item.topic)} | {counts.get(item.topic, 0):,} | {item.count:,} | "
        f"{strategy_words(item.strategy)}{f', {item.pilot:,} first' if item.pilot else ''} |"
        for item in (items if len(items) <= MANY_TOPICS else items[:LINES_OF_MANY])
    ]
    table = "\n".join(["| Topic | Records now | To generate | Strategy |", "|---|---|---|---|", *rows])
    return [said, table, *([_rest_of(items[len(rows) :])] if len(rows) < len(items) else [])]


def brief_plan(coverage: Coverage, items: Sequence[PlanItem], cost: str, promise: str = "") -> list[str]:
    """A plan of few items in a few lines: all that a person must see to say yes to it.

    Args:
        coverage: the figures before it.
        items: the plan.
        cost: expected cost in a line; empty when it is not known.
        promise: as in `plan_lines`.
    """
    if len(items) > FEW_ITEMS:
        return plan_lines("**Plan**", coverage, items, cost, promise)
    counts, added = coverage.topic_distribution, _per_topic(items)
    now = sum(counts.get(topic, 0) for topic in added)
    change = effect_on_score(coverage, items)
    score = f", score {change.shown[1]}{LOWER if change.lowers else ''}" if change.after is not None else ""
    then = f"{now:,} → {now + sum(added.values()):,} records{score}"
    said = [f"**Plan**: {items_words(items, name=_NAME)}: {then}."]
    said += [promise] if promise else []
    return [" ".join([*said, *([f"Cost: {cost}."] if cost else [])])]


def _rest_of(items: Sequence[PlanItem]) -> str:
    counts, strategies = [item.count for item in items], {strategy_words(item.strategy) for item in items}
    return (
        f"… and {sum(counts):,} records for {len(_per_topic(items)):,} more topics, {min(counts):,} to {max(counts):,} "
        f"each, by {', '.join(sorted(strategies))}. A yes is one to all of them."
    )


def effect_words(coverage: Coverage, items: Sequence[PlanItem]) -> str:
    """What the counts and the score become."""
    counts, added = coverage.topic_distribution, _per_topic(items)
    changes = [f"{topic_title(t)} {counts.get(t, 0):,} → {counts.get(t, 0) + n:,}" for t, n in added.items()]
    if len(changes) > FEW_ITEMS:
        total = coverage.total_records
        changes = [f"{total:,} → {total + sum(added.values()):,} records"]
    change = effect_on_score(coverage, items)
    score = f"balance score {change.shown[1]}{LOWER if change.lowers else ''}"
    return ", ".join([*changes, *([score] if change.after is not None else [])])


def note_lower_scores(offer: Offer, coverage: Coverage) -> None:
    """Have each option say it whose plan lowers the score: also one that is not shown with its items yet."""
    for option in offer.numbered:
        items = offer.more if isinstance(option.deed, ProposeMore) else option.items
        if items:
            option.note = "(⚠️ lowers the balance score)" if effect_on_score(coverage, items).lowers else ""


def cost_words(estimate: Estimate) -> str:
    """The expected cost, the caps where there are any, when it stops and asks, and what was used so far.

    Escaped: two dollar signs would make a formula.
    """
    used = f" Used so far: {use_words(estimate.used)}" if estimate.used is not None else ""
    return escape(f"{estimate.note}. {estimate.stops_note}{used}".rstrip("."))


def one_line_cost(estimate: Estimate) -> str:
    """The same in a line, for a screen on which more stands than the plan."""
    return escape(estimate.brief)


def brief_cost_words(estimate: Estimate) -> str:
    """The expected cost in a table of plans: the plan that is chosen is shown with all of it."""
    tokens = f"about {float(f'{estimate.tokens:.2g}'):,.0f} tokens"
    if not estimate.usd:
        return tokens
    return escape(f"{tokens}, {usd_words(float(f'{estimate.usd:.2g}'))}")


def option_lines(offer: Offer) -> list[str]:
    """The options in the order of their numbers; a message has this one numbered list and no other.

    A second plan carries its items, so that choosing it is a yes to them.
    """
    return [_option_line(option, offer) for option in offer.numbered]


def numbered_lines(offer: Offer, question: str = "Would you like to:") -> str:
    """The question, and the options under their numbers."""
    return "\n".join([question, *(f"{n}. {line}" for n, line in enumerate(option_lines(offer), 1))])


def reminder(offer: Offer) -> str:
    """What still lies on the table, after something else was said."""
    lines = []
    if offer.plan_id and offer.items:
        lines += [f"The plan still stands: {items_words(offer.items)}. Nothing starts without your yes.", ""]
    lines.append(numbered_lines(offer, "Would you like me to:" if offer.plan_id else "Would you like to:"))
    return "\n".join(lines)


def brief_reminder(offer: Offer) -> str:
    """The same in a line or two, after an answer: the options keep their numbers."""
    if isinstance(offer.yes(), Approve):
        return (
            f"Still on the table: {items_words(offer.items)}. “yes” starts it, and nothing else does; “options” lists "
            "what else there is."
        )
    if isinstance(offer, ProceedOffer | ChoiceOffer) and not offer.plan_id:
        return f"Still open: {'; '.join(f'{n} {line}' for n, line in enumerate(option_lines(offer), 1))}."
    return reminder(offer)


def _option_line(option: Option, offer: Offer) -> str:
    label = f"{option.label} {option.note}".strip()
    if not option.items or same_items(option.items, offer.items):
        return label
    if option.shown:
        return f"{label}: {items_words(option.items)}"
    records = plural(sum(item.count for item in option.items), "record")
    return f"{label}: {records} in {plural(len(_per_topic(option.items)), 'topic')}"


def _per_topic(items: Sequence[PlanItem]) -> dict[str, int]:
    added: dict[str, int] = {}
    for item in items:
        added[item.topic] = added.get(item.topic, 0) + item.count
    return added
