"""Answers to questions: which tools are called for what, and their results in plain words, by code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...tools.coverage.strategy_choice import StrategyName, explain_strategy
from ...tools.coverage.wording import worth_words
from ...tools.generation.money.use import use_words
from ...tools.inspection.rounds import Rounds
from ..offers.offer import same_items
from ..wording.answer_words import (
    effect_of,
    quoted,
    rejection_lines,
    rounds_words,
    standing_table,
    topic_line,
    why_low_words,
)
from ..wording.markdown import escape, plural, plural_have, score_words, topic_title
from ..wording.plan_words import items_words, strategy_words
from ..wording.round_table import MOST_ROUNDS, history_words
from .asked_tools import Asked

_EXAMPLES = 2


@dataclass(frozen=True)
class Answer:
    """An answer as code puts it.

    Attributes:
        said: the facts, every number of them from a tool.
        quotes: what is shown with it and never put in other words: records, how to go on.
    """

    said: str
    quotes: str = ""


def score(asked: Asked) -> Answer:
    """What the balance score is, and what the plan would make of it."""
    standing = asked.topics(most=1)
    said = (
        f"The balance score is {score_words(standing.balance_score, standing.status)}. It is "
        f"{standing.highest_score:g} "
        "when every topic has its target share; most of it measures the overall evenness, the rest "
        "the worst topic. From "
        f"{standing.excellent_from:g} it is excellent, from {standing.good_from:g} good, below that poor."
    )
    if asked.items:
        said += f" With the plan: {effect_of(asked.plan(asked.items))}."
    return Answer(said)


def topics(asked: Asked, named: Sequence[str]) -> Answer:
    """Those named, or the whole distribution."""
    if named:
        standing = asked.topics(*named)
        return Answer("\n".join(topic_line(topic) for topic in standing.topics))
    standing = asked.topics()
    said = f"There are {plural(standing.total_records, 'record')} in {plural(standing.topic_count, 'topic')}"
    made = standing.synthetic_records
    said += f", {made:,} of them synthetic." if made else ", none of them synthetic."
    if standing.uncategorized:
        said += f" {plural_have(standing.uncategorized, 'record')} no topic."
    if standing.below_minimum:
        said += (
            f" {plural_have(standing.below_minimum, 'topic')} fewer than the "
            f"{standing.minimum_per_topic} records that "
            "each topic should have where possible."
        )
    return Answer(f"{said}\n\n{standing_table(standing.topics[:12])}")


def lowest_topics(asked: Asked, most: int) -> Answer:
    """The topics with the smallest part of their target."""
    standing = asked.topics(most=most)
    under = plural(standing.under_represented, "topic") if standing.under_represented else "No topic"
    verb = "is" if standing.under_represented <= 1 else "are"
    said = f"{under} {verb} under-represented. The lowest first:"
    return Answer(f"{said}\n\n{standing_table(standing.topics)}")


def why_low(asked: Asked, topic: str | None) -> Answer:
    """What is known about why a topic has few records."""
    topic = topic or (asked.items[0].topic if asked.items else None)
    standing = asked.topics(topic) if topic else asked.topics(most=1)
    topic = standing.topics[0].topic if standing.topics else None
    if topic is None:
        return Answer("There is no topic yet.")
    return Answer(why_low_words(standing, asked.rejections(topic)))


def look_at(asked: Asked, topic: str | None) -> Answer:
    """What the records of a topic, or all, are like in figures, with a few of them."""
    look = asked.look(topic, _EXAMPLES)
    title = f'"{topic_title(look.topic)}"' if look.topic else "The dataset"
    said = f"{title} has {plural(look.records, 'record')}."
    if look.looked_at:
        over = "" if look.looked_at == look.records else f"Of the first {look.looked_at:,}: "
        said += (
            f" {over}{look.multi_turn:,} with several turns of the user, {look.uses_tools:,} with tool calls, "
            f"{look.has_system_prompt:,} with a system prompt, {look.synthetic:,} synthetic; "
            f"{look.mean_messages:g} messages "
            f"on average, a user's message has about {look.median_user_words} words and a reply "
            f"{look.median_assistant_words}."
        )
    return Answer(said, quotes="\n\n".join(map(quoted, look.examples)))


def rounds_so_far(asked: Asked) -> Answer:
    """What the rounds of generation did."""
    rounds = asked.rounds(last=MOST_ROUNDS)
    return Answer(rounds_words(rounds) if rounds.rounds < 2 else history_words(rounds))


def rejected(asked: Asked, topic: str | None) -> Answer:
    """Which drafts did not pass the checks, by check."""
    rejections = asked.rejections(topic)
    if not rejections.total:
        where = f' for "{topic_title(topic)}"' if topic else ""
        return Answer(f"No draft was rejected{where} so far.")
    return Answer(
        f"{plural(rejections.total, 'draft')} did not pass the checks; each was written anew. By check, with the "
        f"latest cases:\n\n{rejection_lines(rejections)}"
    )


def quality(asked: Asked, topic: str | None) -> Answer:
    """What can be told of how good the synthetic records are; what cannot is said too."""
    made = asked.look(topic, _EXAMPLES, "synthetic")
    if not made.looked_at:
        return Answer("Nothing was generated yet" + (f' for "{topic_title(topic)}".' if topic else "."))
    real, refused = asked.look(topic, 0, "real"), asked.rejections(topic)
    said = [
        f"{plural(made.looked_at, 'synthetic record')} passed every check; {plural(refused.total, 'draft')} did not.",
        f"A synthetic user's message has about {made.median_user_words} words and a reply "
        f"{made.median_assistant_words}; in the real records it is {real.median_user_words} and "
        f"{real.median_assistant_words}.",
        *_worth_lines(asked.rounds(last=MOST_ROUNDS), topic),
        "The checks find copies, wrong labels, broken form and invented facts. Whether it is what you want, only you "
        "see: a few are shown below, “show me the new ones” shows all.",
    ]
    return Answer(" ".join(said), quotes="\n\n".join(map(quoted, made.examples)))


def _worth_lines(rounds: Rounds, topic: str | None) -> list[str]:
    """What each round's records are worth and bring; the latest first."""
    return [
        f'The {item.accepted:,} of round {entry.round} for "{topic_title(item.topic)}" are {words}.'
        for entry in reversed(rounds.shown)
        for item in entry.items
        if item.accepted and not item.is_undone and topic in (None, item.topic)
        if (words := worth_words(item.worth, item.uplift))
    ]


def plan_for_score(asked: Asked, target: float) -> Answer:
    """The fewest records that reach a score, with their cost."""
    plan = asked.reach(target)
    if plan.is_reached:
        return Answer(f"The score is {score_words(plan.score_now, None).split(' (')[0]} already.")
    if plan.plan is None:
        return Answer(f"A score of {plan.target:g} cannot be reached within the limits on synthetic records.")
    effect = plan.plan
    cost = f" Cost: {escape(effect.estimate.note)}." if effect.estimate else ""
    options = asked.offer.options if asked.offer is not None else []
    same = next((option for option in options if same_items(option.items, effect.items)), None)
    how = "name the topics, numbers and strategies"
    if same is not None:
        how = f"answer “plan {same.letter}”" if same.letter else f"answer {options.index(same) + 1}"
    return Answer(
        f"The fewest records that bring the score to {plan.target:g} are {effect.records:,}: "
        f"{items_words(effect.items)}. "
        f"That makes {effect_of(effect)}.{cost}",
        quotes=f"To see it as a plan, {how}.",
    )


def strategies(asked: Asked, named: Sequence[StrategyName], topic: str | None) -> Answer:
    """Those named, or all, and which suits the topic."""
    topic = topic or (asked.items[0].topic if asked.items else None)
    fit = asked.strategies(list(named), topic)
    why = []
    if fit.topic and fit.chosen:
        chosen = strategy_words(fit.chosen)
        why = [f'For "{topic_title(fit.topic)}" I suggest {chosen}. {escape(fit.reason or "")}']
    if not named:
        rows = [f"| {guide.title} | {guide.best_for} | {guide.description} |" for guide in fit.strategies]
        table = "\n".join(["| Strategy | Best For | Description |", "|---|---|---|", *rows])
        return Answer("\n\n".join([table, *why]))
    return Answer("\n\n".join([*why, *map(explain_strategy, named)]))


def cost(asked: Asked) -> Answer:
    """What the plan costs, what was used so far, and how long it takes."""
    said = []
    if asked.items:
        effect = asked.plan(asked.items)
        note = effect.estimate.note if effect.estimate else effect.why_not
        said.append(f"The plan takes {escape(note or '')}.")
    rounds = asked.rounds()
    if rounds.tokens:
        which = "The round" if rounds.rounds == 1 else "The rounds"
        said.append(f"{which} so far used {escape(use_words(rounds))}.")
    said += _time_words(rounds, sum(item.count for item in asked.items))
    if asked.reading_tokens:
        said.append(f"Reading what you typed took {asked.reading_tokens:,} tokens beside that.")
    if asked.reading_uncounted:
        calls = plural(asked.reading_uncounted, "call")
        said.append(f"Reading what you typed took {calls} that the endpoint did not count, in no budget.")
    said.append(f"The model is {escape(asked.services.settings.model_in_use)}.")
    return Answer(" ".join(said))


def _time_words(rounds: Rounds, records: int) -> list[str]:
    """How long the last round took, and at that pace the plan."""
    timed = [entry for entry in rounds.shown if entry.seconds and entry.accepted]
    if not timed:
        return ["How long it takes is known after the first records: a pilot tells."]
    last = timed[-1]
    took = f"{_duration(last.seconds or 0)} for {plural(last.accepted, 'record')}"
    said = [f"Round {last.round} took {took}."]
    if records:
        pace = (last.seconds or 0) / last.accepted
        said.append(f"At that pace the plan takes about {_duration(pace * records)}.")
    return said


def _duration(seconds: float) -> str:
    if seconds < 90:
        return plural(max(1, round(seconds)), "second")
    return plural(round(seconds / 60), "minute") if seconds < 5400 else plural(round(seconds / 3600), "hour")


def plan_on_the_table(asked: Asked) -> Answer:
    """What a yes would start, and what follows it."""
    if not asked.items:
        return Answer(
            "There is no plan at the moment, and nothing is generated without one that you approved."
        )
    effect = asked.plan(asked.items)
    cost = f" Cost: {escape(effect.estimate.note)}." if effect.estimate else ""
    return Answer(
        f"A yes starts exactly this: {items_words(asked.items)}. That makes {effect_of(effect)}.{cost} "
        "Each draft has to pass the checks before it is added; then I measure again and ask you what is next."
    )
