"""What is looked up for a question: the tools that are called, and their results in plain words, by code."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ...tools.coverage.strategy_choice import explain_strategy
from ...tools.coverage.wording import worth_words
from ...tools.dataset.exports.export_format import FORMATS
from ...tools.errors import CoverageError
from ...tools.generation.money.amounts import as_usd, usd_words
from ...tools.generation.money.prices import price_of
from ...tools.generation.money.use import Use, sum_of, use_words
from ...tools.inspection.flaws import inspect_flaws
from ...tools.inspection.plans import PlanEffect, inspect_plan, inspect_strategies, plan_for_score
from ...tools.inspection.records import RecordsLook, inspect_records, shown_record
from ...tools.inspection.rejections import inspect_rejections
from ...tools.inspection.review_page import Wanted, count_meant
from ...tools.inspection.rounds import Rounds, inspect_rounds
from ...tools.inspection.topics import inspect_other_counts, inspect_topics
from ...tools.store.records import get_record
from ...tools.text.durations import duration_words
from ..offers.offer import same_items
from ..wording.check_words import what_is_checked
from ..wording.inspections import (
    MOST_ROUNDS,
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
from ..wording.report import titles
from . import catalog
from .asked_tools import Asked
from .catalog import Action
from .checked import known_topic, plan_items

_EXAMPLES = 2


@dataclass(frozen=True)
class Answer:
    """An answer as code puts it.

    Attributes:
        said: the facts, every number of them from a tool.
        quotes: what is shown with it and never put in other words: records, how to go on.
        examples: records that are shown where nobody but this code has read them.
    """

    said: str
    quotes: str = ""
    examples: str = ""


def look_up(action: Action, asked: Asked) -> Answer:
    """The facts that a question is about.

    Raises:
        CoverageError: a tool refused, or it names a topic or record that there is not.
    """
    return ANSWERS[type(action)](asked, action)


def _topic(asked: Asked, action: Any) -> str | None:
    """The topic that a question names, in full."""
    return known_topic(action.topic, asked.offer) if action.topic else None


def _cost_of(effect: PlanEffect) -> str:
    return f" Cost: {escape(effect.estimate.note)}." if effect.estimate else ""


def _time_unknown(effect: PlanEffect) -> str:
    is_unknown = effect.estimate is not None and effect.estimate.seconds is None
    return " How long it takes is known after the first records: a pilot tells." if is_unknown else ""


def _what_if(asked: Asked, action: catalog.WhatIf) -> Answer:
    effect = asked.call(inspect_plan, items=plan_items(action.items, asked.offer, asked.services))
    refused = f" {escape(effect.why_not)}" if effect.why_not else ""
    said = f"With {items_words(effect.items)} the result would be: {effect_of(effect)}."
    return Answer(said + _cost_of(effect) + _time_unknown(effect) + refused)


def _score_with(asked: Asked, action: catalog.ScoreWith) -> Answer:
    """The score with other numbers of records."""
    counts = []
    for count in action.counts:
        with suppress(CoverageError):  # a new topic
            count.topic = known_topic(count.topic, asked.offer)
        counts.append(count)
    effect = asked.call(inspect_other_counts, counts=counts)
    then = ", ".join(f"{topic_title(topic)} {number:,}" for topic, number in effect.counts_then.items())
    low = (
        f" Under-represented then: {titles(effect.under_represented_then)}."
        if effect.under_represented_then
        else ""
    )
    return Answer(
        f"With {then} the balance score would be {score_words(effect.score_then, effect.status_then)}, where it is "
        f"{effect.score_now} now. Records would be taken out or moved for that; nothing has been.{low}"
    )


def _score(asked: Asked, action: catalog.ExplainScore) -> Answer:
    """What the balance score is, what the plan would make of it, and what a score that is named takes."""
    standing = asked.call(inspect_topics, most=1)
    said = (
        f"The balance score is {score_words(standing.balance_score, standing.status)}. It is "
        f"{standing.highest_score:g} "
        "when every topic has its target share: the larger part of it is the overall evenness, the rest how far the "
        "worst topic is behind the best. It counts records, and says nothing of how good they are. From "
        f"{standing.excellent_from:g} it is excellent, from {standing.good_from:g} good, below that poor."
    )
    if asked.items:
        said += f" With the plan: {effect_of(asked.call(inspect_plan, items=asked.items))}."
    if action.score is not None:
        said += f" {_plan_for_score(asked, catalog.PlanForScore(score=action.score)).said}"
    return Answer(said)


def _topics(asked: Asked, action: catalog.ExplainTopics) -> Answer:
    """Those named, the lowest, or the whole distribution."""
    if action.topics:
        standing = asked.call(
            inspect_topics, topics=[known_topic(name, asked.offer) for name in action.topics]
        )
        return Answer("\n".join(topic_line(topic) for topic in standing.topics))
    standing = asked.call(inspect_topics, most=action.lowest)
    if action.lowest:
        under = plural(standing.under_represented, "topic") if standing.under_represented else "No topic"
        verb = "is" if standing.under_represented <= 1 else "are"
        said = f"{under} {verb} under-represented. The lowest first:"
        return Answer(f"{said}\n\n{standing_table(standing.topics)}")
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


def _why_low(asked: Asked, action: catalog.ExplainWhyLow) -> Answer:
    """What is known about why a topic has few records."""
    topic = _topic(asked, action) or (asked.items[0].topic if asked.items else None)
    which: dict[str, Any] = {"topics": [topic]} if topic else {"most": 1}
    standing = asked.call(inspect_topics, **which)
    if not standing.topics:
        return Answer("There is no topic yet.")
    rejections = asked.call(inspect_rejections, topic=standing.topics[0].topic)
    return Answer(why_low_words(standing, rejections))


def _look_at(asked: Asked, action: catalog.LookAtRecords) -> Answer:
    """What records are like in figures, with a few of them."""
    which = action.which
    look = asked.call(
        inspect_records,
        topic=_topic(asked, action),
        origin=which.origin,
        containing=which.containing,
        ends_with=which.ends_with,
        order=which.order,
        examples=action.examples,
    )
    title = f'"{topic_title(look.which.topic)}"' if look.which.topic else "The dataset"
    said = f"{title} has {plural(look.records, f'{which.origin} record' if which.origin else 'record')}"
    said += f" in which “{escape(which.containing)}” stands" if which.containing else ""
    said += f" that end with the {which.ends_with}" if which.ends_with else ""
    said += " that the checks are unsure of." if which.order == "doubtful" else "."
    if look.looked_at:
        over = "" if look.looked_at == look.records else f"Of the first {look.looked_at:,}: "
        said += (
            f" {over}{look.multi_turn:,} with several turns of the user, {look.uses_tools:,} with tool calls, "
            f"{look.has_system_prompt:,} with a system prompt, {look.synthetic:,} synthetic; "
            f"{look.mean_messages:g} messages "
            f"on average, a user's message has about {look.median_user_words} words and a reply "
            f"{look.median_assistant_words}."
        )
        said += _languages_words(look)
    return Answer(said, examples="\n\n".join(map(quoted, look.examples[:_EXAMPLES])))


def _languages_words(look: RecordsLook) -> str:
    """In which languages and scripts users write, where there are several."""
    several = [
        (kinds, "language, where they write enough to tell" if kinds is look.languages else "script")
        for kinds in (look.languages, look.scripts)
        if len(kinds) > 1
    ]
    return "".join(
        f" By the user's {what}: {', '.join(f'{name} {number:,}' for name, number in kinds.items())}."
        for kinds, what in several
    )


def _flaws(asked: Asked, _: Action) -> Answer:
    """What validation finds, and what many records share."""
    flaws = asked.call(inspect_flaws)
    lines = [f"{flaws.clean:,} of {plural(flaws.records, 'record')} are without a finding."]
    lines += [
        f"- {plural(one.records, 'record')}: {one.says}; {one.fix_kind}: {one.fix}."
        + (f" Refused by {', '.join(one.refused_by)}." if one.refused_by else "")
        for one in flaws.found
    ]
    lines += [f"- {one.records:,} begin with the same “{escape(one.text)}”." for one in flaws.same_openings]
    lines += [
        f"- {one.records:,} end with the same reply “{escape(one.text)}”." for one in flaws.same_replies
    ]
    lines.append("\nWhether what they say is true or well written, nobody has judged here.")
    return Answer("\n".join(lines))


def _rounds(asked: Asked, _: Action) -> Answer:
    """What the rounds of generation did."""
    return Answer(rounds_words(asked.call(inspect_rounds, last=MOST_ROUNDS)))


def _rejected(asked: Asked, action: catalog.ExplainRejections) -> Answer:
    """Which drafts did not pass the checks, by check."""
    topic = _topic(asked, action)
    rejections = asked.call(inspect_rejections, topic=topic)
    if not rejections.total:
        where = f' for "{topic_title(topic)}"' if topic else ""
        return Answer(f"No draft was rejected{where} so far.")
    return Answer(
        f"{plural(rejections.total, 'draft')} did not pass the checks; each was written anew. By check, with the "
        f"latest cases:\n\n{rejection_lines(rejections)}"
    )


def _quality(asked: Asked, action: catalog.ExplainQuality) -> Answer:
    """What can be told of how good the synthetic records are; what cannot is said too."""
    topic = _topic(asked, action)
    made = asked.call(inspect_records, topic=topic, examples=_EXAMPLES, origin="synthetic")
    if not made.looked_at:
        yet = "Nothing was generated yet" + (f' for "{topic_title(topic)}".' if topic else ".")
        return Answer(f"{yet} {_checked(asked)}")
    real = asked.call(inspect_records, topic=topic, examples=0, origin="real")
    refused = asked.call(inspect_rejections, topic=topic)
    edited = count_meant(
        asked.services.store,
        asked.offer.workflow_id,
        Wanted(topic=topic, origin="synthetic", judged="edited"),
    )
    said = [
        f"{plural(made.looked_at - edited, 'synthetic record')} passed every check; "
        f"{plural(refused.total, 'draft')} did not.",
        *([f"{plural(edited, 'record')} you edited, and no check has seen the new text."] if edited else []),
        f"A synthetic user's message has about {made.median_user_words} words and a reply "
        f"{made.median_assistant_words}; in the real records it is {real.median_user_words} and "
        f"{real.median_assistant_words}.",
        *_worth_lines(asked.call(inspect_rounds, last=MOST_ROUNDS), topic),
        "The checks find copies, wrong labels, broken form and invented facts. Whether it is what you want, only you "
        "see: a few are shown below, “show me the new ones” shows all.",
    ]
    return Answer(" ".join(said), quotes="\n\n".join(map(quoted, made.examples)))


def _worth_lines(rounds: Rounds, topic: str | None) -> list[str]:
    """What each round's records are worth and bring; the latest first."""
    return [
        f'When round {entry.round} ended, its {item.accepted:,} for "{topic_title(item.topic)}" were {words}.'
        for entry in reversed(rounds.shown)
        for item in entry.items
        if item.accepted and not item.is_undone and topic in (None, item.topic)
        if (words := worth_words(item.worth, item.uplift))
    ]


def _plan_for_score(asked: Asked, action: catalog.PlanForScore) -> Answer:
    """The fewest records that reach a score, with their cost."""
    plan = asked.call(plan_for_score, target=action.score, left_out=asked.offer.left_out)
    if plan.is_reached:
        return Answer(f"The score is {score_words(plan.score_now, None).split(' (')[0]} already.")
    if plan.plan is None:
        return Answer(
            f"A score of {plan.target:g} cannot be reached within the limits on synthetic records"
            f"{' and without what is left out' if asked.offer.left_out else ''}."
        )
    effect = plan.plan
    options = asked.offer.options
    same = next((option for option in options if same_items(option.items, effect.items)), None)
    how = "name the topics, numbers and strategies"
    if same is not None:
        how = f"answer “plan {same.letter}”" if same.letter else f"answer {options.index(same) + 1}"
    return Answer(
        f"The fewest records that bring the score to {plan.target:g} are {effect.records:,}: "
        f"{items_words(effect.items)}. "
        f"That makes {effect_of(effect)}.{_cost_of(effect)}{_time_unknown(effect)} To see it as a plan, {how}."
    )


def strategies(asked: Asked, action: catalog.ExplainStrategies) -> Answer:
    """Those named, or all, and which suits the topic."""
    topic = _topic(asked, action) or (asked.items[0].topic if asked.items else None)
    fit = asked.call(inspect_strategies, names=action.names, topic=topic)
    why = []
    if fit.topic and fit.chosen:
        chosen = strategy_words(fit.chosen)
        why = [f'For "{topic_title(fit.topic)}" I suggest {chosen}. {escape(fit.reason or "")}']
    if not action.names:
        rows = [f"| {guide.title} | {guide.best_for} | {guide.description} |" for guide in fit.strategies]
        table = "\n".join(["| Strategy | Best For | Description |", "|---|---|---|", *rows])
        return Answer("\n\n".join([table, *why]))
    return Answer("\n\n".join([*why, *map(explain_strategy, action.names)]))


def cost(asked: Asked, _: Action | None = None) -> Answer:
    """What the plan costs, what was used so far, and how long it takes."""
    said = []
    if asked.items:
        effect = asked.call(inspect_plan, items=asked.items)
        note = effect.estimate.note if effect.estimate else effect.why_not
        said.append(f"The plan takes {escape(note or '')}.")
        said += [escape(effect.estimate.made_of)] if effect.estimate else []
        said += filter(None, [_time_unknown(effect).strip()])
    rounds = asked.call(inspect_rounds)
    if rounds.tokens:
        which = "The round" if rounds.rounds == 1 else "The rounds"
        said.append(f"{which} so far used {escape(use_words(rounds))}.")
    said += _time_words(rounds)
    if asked.reading.tokens:
        reading = _use_of_reading(asked)
        money = f" ({usd_words(reading.usd)})" if reading.usd else ""
        said.append(f"Reading what you typed took {reading.tokens:,} tokens{money} beside that.")
        if rounds.tokens and not asked.reading.uncounted_calls:
            said.append(f"Together: {escape(use_words(sum_of([rounds, reading])))}.")
    if asked.reading.uncounted_calls:
        calls = plural(asked.reading.uncounted_calls, "call")
        said.append(f"Reading what you typed took {calls} that the endpoint did not count, in no budget.")
    said.append(
        f"The model is {escape(asked.services.settings.model_in_use)}; another: FINETUNE_COVERAGE_MODEL."
    )
    if price_of(asked.services.settings) is None:
        said.append("Its price is not known: FINETUNE_COVERAGE_PRICES tells it.")
    return Answer(" ".join(said))


def _use_of_reading(asked: Asked) -> Use:
    used, price = asked.reading, price_of(asked.services.settings)
    if price is None:
        return Use.model_validate({"tokens": used.tokens, "usd": None})
    spent = price.picodollars(used.prompt_tokens, used.completion_tokens, cached_tokens=used.cached_tokens)
    return Use.model_validate({"tokens": used.tokens, "usd": as_usd(spent)})


def _time_words(rounds: Rounds) -> list[str]:
    """How long the last round took."""
    timed = [entry for entry in rounds.shown if entry.seconds and entry.accepted]
    if not timed:
        return []
    last = timed[-1]
    return [
        f"Round {last.round} took {duration_words(last.seconds or 0)} for {plural(last.accepted, 'record')}."
    ]


def _plan(asked: Asked, _: Action) -> Answer:
    """What a yes would start, and what follows it."""
    if not asked.items:
        return Answer(
            "There is no plan at the moment, and nothing is generated without one that you approved."
        )
    effect = asked.call(inspect_plan, items=asked.items)
    said = [
        f"A yes starts exactly this: {items_words(asked.items)}. That makes {effect_of(effect)}.{_cost_of(effect)}",
        effect.pilots,
        _checked(asked),
        "Then I measure again and ask you what is next.",
    ]
    return Answer(" ".join(filter(None, said)))


def _checked(asked: Asked) -> str:
    """What every draft is checked for with the settings as they are."""
    settings = asked.services.settings
    verifier = settings.for_verifier()
    reader = escape(verifier.model_in_use) if verifier is not None else ""
    return what_is_checked(by_meaning=settings.checks.semantic, reader=reader, share=settings.verifier_share)


OUTSIDE = f"""In the conversation: plans, pilots, records shown and taken out, topics found, given, merged, moved and \
described, targets, rounds undone, copies compared, questions about all of it; and, where a model at an endpoint \
reads it, a new file for a trainer (“export it as axolotl, 90/10”). On the command line, with `-w NAME` of the \
dataset behind the command: `finetune-coverage export -o FILE`, for any place (--format: {", ".join(FORMATS)}; \
openai, the usual one, writes topics and other fields along, openai-upload only what OpenAI documents; \
--no-synthetic; --split 0.9 keeps a tenth of each topic for validation, generated records among them unless \
--real-validation is given; --oversample repeats the records of small topics; openai, openai-upload and trl keep \
tools and their calls, and what a format \
cannot hold is named when it is written; no format marks which records are generated: --provenance writes that beside \
it, --only-synthetic and --no-synthetic write them apart; --without-topic NAME; records that were taken out are not \
in it, those of topics that are left out of plans are), `finetune-coverage topics assign --topics FILE` (topics from \
a file of yours), `finetune-coverage topics split NAME`, `finetune-coverage import FILE`, `finetune-coverage targets \
from-file FILE`, `finetune-coverage validate`, `finetune-coverage jobs show`. Another model: FINETUNE_COVERAGE_MODEL; \
its prices: FINETUNE_COVERAGE_PRICES; limits: FINETUNE_COVERAGE_BUDGET_USD, _TOKENS."""


def _where_from(asked: Asked, action: catalog.WhereFrom) -> Answer:
    """Why one of the shown records is there."""
    number = action.number
    (record_id,) = asked.offer.shown_under([number])
    record = get_record(asked.services.store, asked.offer.workflow_id, record_id)
    if record.origin == "real":
        return Answer(f"Record {number} is a real one: it came with the import, and nothing here wrote it.")
    store, known = asked.services.store, record.provenance or {}
    passed = known.get("checks") or known.get("gates") or []  # records of earlier versions
    lines = [
        f'Record {number} was generated for "{topic_title(record.topic or "no topic")}" by '
        f"{strategy_words(str(known.get('strategy')))}, with the model {escape(str(known.get('model')))}, in the job "
        f"{escape(str(known.get('job')))}. It passed the checks: {escape(', '.join(passed))}."
    ]
    for seed in known.get("seeds") or []:
        with suppress(CoverageError):  # a record that was deleted since
            lines.append(quoted(shown_record(get_record(store, asked.offer.workflow_id, seed))))
    made_from = ["It was made from:"] if len(lines) > 1 else []
    said = lines[0] + (
        f" It was made from {plural(len(lines) - 1, 'real record')}, shown below." if made_from else ""
    )
    return Answer(said, quotes="\n\n".join([*made_from, *lines[1:]]))


ANSWERS: dict[type[Action], Callable[[Asked, Any], Answer]] = {
    catalog.ExplainScore: _score,
    catalog.ExplainTopics: _topics,
    catalog.ExplainWhyLow: _why_low,
    catalog.LookAtRecords: _look_at,
    catalog.FindFlaws: _flaws,
    catalog.ExplainRounds: _rounds,
    catalog.ExplainRejections: _rejected,
    catalog.ExplainQuality: _quality,
    catalog.WhatIf: _what_if,
    catalog.ScoreWith: _score_with,
    catalog.PlanForScore: _plan_for_score,
    catalog.ExplainStrategies: strategies,
    catalog.ExplainPlan: _plan,
    catalog.ExplainCost: cost,
    catalog.WhereFrom: _where_from,
    catalog.ExplainMeans: lambda *_: Answer(OUTSIDE),
}
"""What is looked up: the model reads the facts and answers, or asks for more."""
