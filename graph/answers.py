"""Answers to questions about figures, strategies, cost and rejections; by code, from what the tools returned."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from ..tools.coverage.report import Coverage, TopicCoverage
from ..tools.coverage.strategy_choice import STRATEGIES, StrategyName, explain_strategy
from ..tools.generation.money import usd_words
from ..tools.settings import Settings
from .change import read_change
from .markdown import escape, percent, plural, score_words, topic_title
from .mentions import find_mentions
from .offer import Offer
from .plan_words import effect_words, items_words, strategy_words


@dataclass(frozen=True)
class Facts:
    """What answers are made of.

    Attributes:
        coverage: the latest report.
        settings: thresholds, budget, model.
        offer: what lies on the table, if anything does.
        cost: expected cost of the plan, in words.
        spent: tokens and US dollars so far.
        rejected: drafts rejected so far, by reason.
        added: how many records were added so far.
    """

    coverage: Coverage
    settings: Settings
    offer: Offer | None = None
    cost: str = ""
    spent: dict[str, float | None] = field(default_factory=dict)
    rejected: dict[str, int] = field(default_factory=dict)
    added: int = 0


def answer(question: str, facts: Facts) -> str | None:
    """The answer as Markdown, or None when the question is about none of the things that we know."""
    lower = question.lower()
    for pattern, respond in _TOPICS:
        if pattern.search(lower):
            said = respond(question, facts)
            if said is not None:
                return said
    return None


def _strategies(question: str, facts: Facts) -> str | None:
    named: list[StrategyName] = list(dict.fromkeys(find_mentions(question, []).strategies))
    if named:
        said = [explain_strategy(name) for name in named]
        why = _why_this_strategy(named, facts) if re.search(r"\bwhy\b", question.lower()) else []
        return "\n\n".join([*why, *said])
    if not re.search(r"\bstrateg", question.lower()):
        return None
    if re.search(r"\bwhy\b", question.lower()) and facts.offer is not None and facts.offer.items:
        names = list(dict.fromkeys(item.strategy for item in facts.offer.items))
        return "\n\n".join([*_why_this_strategy(names, facts), *map(explain_strategy, names)])
    rows = [f"| {guide.title} | {guide.best_for} | {guide.description} |" for guide in STRATEGIES.values()]
    return "\n".join(["| Strategy | Best For | Description |", "|---|---|---|", *rows])


def _why_this_strategy(names: list[StrategyName], facts: Facts) -> list[str]:
    items = facts.offer.items if facts.offer is not None else []
    chosen = [item for item in items if item.strategy in names]
    return [
        f'The plan uses {strategy_words(item.strategy)} for "{topic_title(item.topic)}" because of what its '
        "records are like; you can name another one."
        for item in chosen
    ]


def _what_if(question: str, facts: Facts) -> str | None:
    if facts.offer is None:
        return None
    change = read_change(question.lower().rstrip("? "), facts.offer, facts.offer.items)
    if change.kind != "change":
        return None
    return (
        f"With {items_words(change.items)} the result would be: {effect_words(facts.coverage, change.items)}."
    )


def _cost(_: str, facts: Facts) -> str:
    said = []
    if facts.cost:
        said.append(f"The plan takes {facts.cost}.")
    tokens = int(facts.spent.get("tokens") or 0)
    if tokens:
        usd = facts.spent.get("usd")
        said.append(
            f"So far {tokens:,} tokens were used{f' ({escape(usd_words(usd))})' if usd is not None else ''}."
        )
    said.append(f"The model is {escape(facts.settings.model_in_use)}.")
    return " ".join(said)


def _model(_: str, facts: Facts) -> str:
    return f"The model is {escape(facts.settings.model_in_use)}."


def _rejections(_: str, facts: Facts) -> str:
    if not facts.rejected:
        return "No draft was rejected in this conversation so far."
    named = ", ".join(
        f"{number:,} {escape(reason).replace('_', ' ')}" for reason, number in facts.rejected.items()
    )
    total = sum(facts.rejected.values())
    return (
        f"{plural(total, 'draft')} did not pass the checks: {named}. They were written anew; "
        "`finetune-coverage jobs show ID` lists each of them with the evidence."
    )


def _minimum(_: str, facts: Facts) -> str:
    minimum, below = facts.settings.minimum_per_topic, facts.coverage.below_minimum
    if not below:
        return f"Every topic has at least the minimum of {minimum} records."
    counts = facts.coverage.topic_distribution
    named = ", ".join(f"{topic_title(topic)} ({counts[topic]:,})" for topic in below[:12])
    return f"The aim is {minimum} records for each topic where possible. Below it: {named}."


def _under(_: str, facts: Facts) -> str:
    under, counts = facts.coverage.under_represented, facts.coverage.topic_distribution
    if not under:
        return "No topic is under-represented, that is, has less than half of its target share."
    named = ", ".join(f"{topic_title(topic)} ({plural(counts[topic], 'record')})" for topic in under[:12])
    return f"Under-represented, with less than half of the target share: {named}."


def _score(_: str, facts: Facts) -> str:
    coverage = facts.coverage
    said = (
        f"The balance score is {score_words(coverage.balance_score, coverage.status)}. It is 1 when every topic has "
        "its target share, two thirds of it measure the overall evenness and one third the worst topic. From 0.8 it "
        "is excellent, from 0.5 good, below that poor."
    )
    if facts.offer is not None and facts.offer.items:
        said += f" With the plan: {effect_words(coverage, facts.offer.items)}."
    return said


def _plan(_: str, facts: Facts) -> str | None:
    if facts.offer is None or not facts.offer.items:
        return "There is no plan at the moment, and nothing is generated without one that you approved."
    effect = effect_words(facts.coverage, facts.offer.items)
    cost = f" Cost: {facts.cost}." if facts.cost else ""
    return f"The plan is {items_words(facts.offer.items)}. That makes {effect}.{cost}"


def _topics(question: str, facts: Facts) -> str | None:
    named = find_mentions(question, list(facts.coverage.topic_distribution)).topics
    lines = [_topic_line(topic, facts.coverage) for topic in facts.coverage.topics if topic.name in named]
    return "\n".join(lines) if lines else None


def _topic_line(topic: TopicCoverage, coverage: Coverage) -> str:
    said = (
        f'"{topic_title(topic.name)}" has {plural(topic.records, "record")}, '
        f"{percent(topic.records, coverage.total_records)} of all"
    )
    if topic.synthetic:
        said += f", {topic.synthetic:,} of them synthetic"
    if topic.target is not None:
        said += f"; its target is {topic.target:.0%}"
    return said + (", so it is under-represented." if topic.under_represented else ".")


def _counts(_: str, facts: Facts) -> str:
    coverage = facts.coverage
    synthetic = sum(topic.synthetic for topic in coverage.topics)
    said = f"There are {plural(coverage.total_records, 'record')} in {plural(len(coverage.topics), 'topic')}"
    said += f", {synthetic:,} of them synthetic." if synthetic else ", none of them synthetic."
    if facts.added:
        said += f" {plural(facts.added, 'record')} were added in this conversation."
    if coverage.uncategorized:
        said += f" {plural(coverage.uncategorized, 'record')} have no topic."
    return said


def _help(_: str, __: Facts) -> str:
    return (
        "You can answer with a number, change the plan (“20 for the topic, with few-shot”), ask about the score, a "
        "topic, the strategies, the cost or rejected drafts, review records, “skip” to the grader, or “stop”."
    )


# The first that knows an answer gives it.
_TOPICS: tuple[tuple[re.Pattern[str], Callable[[str, Facts], str | None]], ...] = (
    (re.compile(r"\bwhat if\b|\bwould (?:it|the score|that)\b|\bif (?:you|we|i)\b"), _what_if),
    (re.compile(r"strateg|few.?shot|variation|description|scenario|tool.?chain|edge case"), _strategies),
    (re.compile(r"reject|refus|fail|discard|did not pass|didn't pass"), _rejections),
    (
        re.compile(r"\bcosts?\b|how much (?!data|records)|price|token|expens|model calls|budget|how long"),
        _cost,
    ),
    (re.compile(r"\b(?:which|what) (?:language )?model\b|\bllm\b"), _model),
    (re.compile(r"minimum|\b100\b|hundred"), _minimum),
    (re.compile(r"under.?represented|weakest|lowest|worst|smallest|fewest"), _under),
    (re.compile(r"score|balance|poor|excellent|\bgood\b"), _score),
    (re.compile(r"\bplan\b|what (?:will|would|do) you|what happens|safe|approve|say yes"), _plan),
    (re.compile(r""), _topics),
    (re.compile(r"how many|records|topics|dataset|synthetic|distribution|coverage"), _counts),
    (re.compile(r"\bhelp\b|what can"), _help),
)
