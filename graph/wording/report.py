"""Renders the reports of the conversation, each on one screen: after an analysis, and after a round of generation.

What does not fit stands in the details, which "more" shows.
"""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader

from ...tools.coverage.balance import balance_score, shown_score, with_counts
from ...tools.coverage.recommendation import Recommendation
from ...tools.coverage.report import Coverage, TopicCoverage
from ...tools.coverage.score_change import ScoreChange, moves_to_target
from ...tools.coverage.uplift import Uplift
from ...tools.coverage.wording import FREE_FIRST, percents, worth_words
from ...tools.generation.jobs.shortfall import brief_stop
from ...tools.generation.money.use import Use, sum_of, use_words
from ..offers.offer import Offer, ProceedOffer
from .check_words import refusal_words
from .markdown import escape, plural, score_words, sentence, shorten, topic_name, topic_title
from .plan_words import brief_plan, numbered_lines, option_lines, plan_lines, strategy_words

# Not HTML: every value of the dataset passes through `escape`, which is what Markdown needs.
_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent), trim_blocks=True, lstrip_blocks=True, autoescape=False
)
_ANALYSIS = _TEMPLATES.get_template("coverage.jinja")
_GENERATED = _TEMPLATES.get_template("generated.jinja")
_DETAILS = _TEMPLATES.get_template("details.jinja")

_FEW = "which may cause the model to underperform on these types of questions"
_ROWS, _ROWS_AFTER_A_ROUND, _ROWS_OF_ALL = 4, 3, 100
_NAME, _REASON, _REMARK, _WHY = 28, 150, 110, 260
_NAMED, _REMARKS, _WHOLE_NAME = 3, 5, 80
_FEW_STRATEGIES, _PASSED_OVER = 2, 300


def analysis_report(
    coverage: Coverage,
    recommendation: Recommendation,
    offer: Offer,
    *,
    cost: str = "",
    promise: str = "",
    notice: str | None = None,
    focus_topics: Sequence[str] = (),
) -> str:
    """The report after an analysis.

    Args:
        coverage: the measured coverage.
        recommendation: what the tools recommend.
        offer: the options, and the plan if there is one.
        cost: of the plan, in a line.
        promise: what the plan's records will be worth, in a sentence.
        notice: said first, such as what a review changed.
        focus_topics: the only topics to generate for, if the person set any.
    """
    more = "“more” shows the details" + (" and what needs your eye" if recommendation.review else "")
    return _render(
        _ANALYSIS,
        notice=notice,
        score=score_words(coverage.balance_score, coverage.status),
        rows=_few_rows(coverage, _ROWS),
        recommendation=_recommendation(coverage, recommendation, offer, focus_topics),
        plan=brief_plan(coverage, offer.items, cost, promise) if offer.plan_id else [],
        question=f"Would you like {'me ' if offer.plan_id else ''}to ({more}):",
        options=option_lines(offer),
    )


def round_report(
    before: Coverage,
    after: Coverage,
    results: Sequence[Mapping[str, Any]],
    offer: Offer,
    *,
    cost: str = "",
    promise: str = "",
    remarks: Sequence[str] = (),
    is_met: bool = False,
) -> str:
    """The report after a round of generation.

    Args:
        before: coverage before the round.
        after: coverage now.
        results: what each generation returned, with its ``topic``, ``requested``, ``accepted``, ``rejected``.
        offer: the options, and the next plan if there is one.
        cost: of the next plan, in a line.
        promise: what its records will be worth, in a sentence.
        remarks: why no further round is recommended (the goal is met, or it will not be met like that), and why a
            strategy is not proposed again.
        is_met: whether the balance is where it should be.
    """
    complete = all(result["accepted"] >= result["requested"] for result in results)
    changes = _count_changes(before, after)
    return _render(
        _GENERATED,
        heading="Generation Complete" if complete else "Generation Ended Short",
        generated=" ".join(round_lines(results)),
        score_change=score_change(before, after),
        changes=changes,
        rows=_few_rows(after, _ROWS_AFTER_A_ROUND, before) if changes else [],
        plan=[
            *(brief_plan(after, offer.items, cost, promise) if offer.plan_id else []),
            " ".join([*remarks, *_left_out(offer, after)]),
        ],
        question=_verdict(before, after, offer, is_met=is_met),
        options=option_lines(offer),
    )


def details_report(
    coverage: Coverage,
    recommendation: Recommendation,
    offer: Offer,
    *,
    cost: str,
    promise: str,
    further: Sequence[str],
    strategies: str,
    rounds: str,
) -> str:
    """What the short reports leave out.

    Args:
        coverage: the figures as they are now.
        recommendation: what the tools recommend.
        offer: the plan on the table.
        cost: of the plan on the table, in full.
        promise: what its records will be worth, with the source.
        further: the further plans.
        strategies: a table of them.
        rounds: a table of those so far; empty where there were none.
    """
    ordered = sorted(coverage.topics, key=_furthest_below)
    shown, rest = ordered[:_ROWS_OF_ALL], len(ordered[_ROWS_OF_ALL:])
    listing = shlex.join(["finetune-coverage", "analyze", "-w", offer.workflow_id, "--all"])
    listed = f"`{listing}` lists them; here ask for one by its name."
    rows = [{**row, "advice": ""} for row in _with_shares(_rows(coverage, shown, name=_WHOLE_NAME), coverage)]
    for row, topic in zip(rows, shown, strict=False):
        if suits := offer.suggestions.get(topic.name):
            row["advice"] = f"{suits.count:,} by {strategy_words(suits.strategy)}"
    return _render(
        _DETAILS,
        plan=plan_lines("**Plan**", coverage, offer.items, cost, promise) if offer.items else [],
        rows=rows,
        rest=f"… and {plural(rest, 'more topic')}, none further below its target. {listed}" if rest else "",
        remarks=[
            *map(escape, dict.fromkeys([recommendation.reason, *recommendation.passed_over])),
            *_review_remarks(recommendation),
        ],
        further=further,
        rounds=rounds,
        strategies=strategies,
    )


def round_lines(results: Sequence[Mapping[str, Any]]) -> list[str]:
    """What a round made, why the rest of a pilot followed, what the round refused and what it took."""
    return [
        *_generated_all(results),
        *_followed(results),
        *_rejections(results),
        *_remarks(results),
        *_spent(results),
    ]


def _render(template: Any, **values: Any) -> str:
    text: str = template.render(**values)
    while "\n\n\n" in text:
        text = text.replace("\n\n\n", "\n\n")
    return text.strip()


def _few_rows(coverage: Coverage, most: int, before: Coverage | None = None) -> list[dict[str, Any]]:
    """The topics that matter, in at most so many rows: all of a few; of many those that got records since ``before``,
    the lowest, the largest and the rest.
    """
    topics = coverage.topics
    most -= bool(coverage.uncategorized)
    if len(topics) <= most:
        return _with_shares(_rows(coverage, topics, before), coverage)
    largest = max(topics, key=lambda topic: topic.records)
    had = before.topic_distribution if before is not None else coverage.topic_distribution
    grew = {topic.name for topic in topics if topic.records > had.get(topic.name, 0)}
    lowest = sorted(topics, key=lambda topic: (topic.name not in grew, _furthest_below(topic)))
    lowest.remove(largest)
    rest = lowest[max(1, most - 2) :]
    rows = _rows(coverage, [*lowest[: max(1, most - 2)], largest], before)
    records = sum(topic.records for topic in rest)
    title = f"and {plural(len(rest), 'more topic')}"
    at = len(rows) - bool(coverage.uncategorized)
    return _with_shares([*rows[:at], _row(title, records, ""), *rows[at:]], coverage)


def _rows(
    coverage: Coverage,
    topics: Sequence[TopicCoverage],
    before: Coverage | None = None,
    *,
    name: int = _NAME,
) -> list[dict[str, Any]]:
    rows = []
    moves = moves_to_target(before, coverage) if before is not None else {}
    for topic in topics:
        grew = before is not None and topic.records > before.topic_distribution.get(topic.name, 0)
        mark = "⚠️ Under-represented" if topic.under_represented else ""
        if grew and moves.get(topic.name, 0) > 0:
            mark = "✓ Improved, still under-represented" if topic.under_represented else "✓ Improved"
        elif grew and moves.get(topic.name, 0) < 0:
            mark = mark or "⚠️ Further from balance"
        if topic.name in coverage.untargeted:
            mark = "no target"
        elif coverage.weights and topic.target is not None:
            mark = f"{mark} (target {topic.target:.0%})" if mark else f"target {topic.target:.0%}"
        if topic.most is not None:
            mark = ", ".join([*filter(None, [mark]), f"at most {topic.most:,}"])
        rows.append(_row(topic_title(topic.name, name), topic.records, mark))
    if coverage.uncategorized:
        rows.append(_row("(no topic)", coverage.uncategorized, "not in the score"))
    return rows


def _furthest_below(topic: TopicCoverage) -> float:
    return float("inf") if topic.representation is None else topic.representation


def _row(title: str, records: int, mark: str) -> dict[str, Any]:
    return {"title": title, "number": records, "records": f"{records:,}", "mark": mark}


def _with_shares(rows: Sequence[dict[str, Any]], coverage: Coverage) -> list[dict[str, Any]]:
    shares = percents([row["number"] for row in rows], coverage.total_records)
    return [{**row, "share": share} for row, share in zip(rows, shares, strict=True)]


def _recommendation(
    coverage: Coverage, recommendation: Recommendation, offer: Offer, focus_topics: Sequence[str]
) -> str:
    only = [
        *([f"Only {titles(focus_topics)}."] if focus_topics else []),
        *_left_out(offer, coverage),
        *passed_over_lines(recommendation),
    ]
    is_plan = recommendation.action == "generate_synthetic_data" and offer.items
    if not is_plan or recommendation.is_for_focus:
        return " ".join([*only, escape(shorten(recommendation.reason, _REASON))])
    item = offer.items[0]
    records = coverage.topic_distribution.get(item.topic, 0)
    has = f"only has {plural(records, 'record')}" if records else "has no records"
    return " ".join([*only, f'The "{topic_title(item.topic, _NAME)}" topic {has}, {_FEW}.', FREE_FIRST])


def _review_remarks(recommendation: Recommendation) -> list[str]:
    remarks = []
    for need in recommendation.review[:_REMARKS]:
        where = f'"{topic_title(need.topic)}": ' if need.topic else ""
        remarks.append(f"For your eye: {where}{escape(need.reason)}")
    rest = len(recommendation.review[_REMARKS:])
    return [
        *remarks,
        *([f"{plural(rest, 'more such remark')}: `finetune-coverage recommend`."] if rest else []),
    ]


def _generated_all(results: Sequence[Mapping[str, Any]]) -> list[str]:
    """A sentence each; of many one for all, and what each has that is short of its count."""
    if len(results) <= _NAMED:
        return [*map(_generated, results)]
    brought = [result for result in results if result["accepted"]]
    records = sum(result["accepted"] for result in brought)
    said = f"I've generated {plural(records, 'new synthetic record')} for {plural(len(brought), 'topic')}."
    short = [result for result in results if result["accepted"] < result["requested"]]
    listed = (
        f"{topic_title(str(one['topic']), _NAME)} {one['accepted']} of {one['requested']}" for one in short
    )
    few = f"Short of their count: {shorten(', '.join(listed), _REASON)}."
    return [said, *([few] if short else [])]


def _generated(result: Mapping[str, Any]) -> str:
    topic, accepted, requested = (
        topic_title(str(result["topic"]), _NAME),
        result["accepted"],
        result["requested"],
    )
    records = plural(accepted, "new synthetic record")
    brought = Uplift.model_validate(result["uplift"]) if result.get("uplift") else None
    measured = (
        f" {'It is' if accepted == 1 else 'They are'} {words}."
        if accepted and (words := worth_words(result.get("worth"), brought))
        else ""
    )
    if accepted >= requested:
        return f'I\'ve generated {records} for "{topic}".{measured}'
    why = brief_stop(str(result.get("reason") or ""), result["rejected"])
    reason = f" {sentence(why, _WHY)}" if why else ""
    return f'I\'ve generated {records} of the {requested:,} for "{topic}".{measured}{reason}'


def _followed(results: Sequence[Mapping[str, Any]]) -> list[str]:
    held = [result for result in results if result.get("followed")]
    if not held:
        return []
    if len(held) == 1:
        return [f'The rest of "{topic_title(str(held[0]["topic"]), _NAME)}" followed: {held[0]["followed"]}.']
    return [
        f"For {len(held)} topics the rest followed: their first records are worth what was asked of them."
    ]


def _rejections(results: Sequence[Mapping[str, Any]]) -> list[str]:
    reasons: Counter[str] = Counter()
    for result in results:
        reasons.update(result["rejected"])
    if not reasons:
        return []
    named = [f"{number:,} {escape(refusal_words(check))}" for check, number in reasons.most_common(2)]
    some = ", ".join([*named, *(["…"] if len(reasons) > len(named) else [])])
    return [f"{plural(reasons.total(), 'draft')} did not pass the checks ({some})."]


def _remarks(results: Sequence[Mapping[str, Any]]) -> list[str]:
    """The first remark of the jobs; what else they said is kept with them."""
    said = list(dict.fromkeys(remark for result in results for remark in result.get("remarks", [])))
    rest = len(said[1:])
    more = [f"{plural(rest, 'more remark')}: `finetune-coverage jobs show`."] if rest else []
    return [*(sentence(remark, _REMARK) for remark in said[:1]), *more]


def _spent(results: Sequence[Mapping[str, Any]]) -> list[str]:
    """What the round took; in money too where every part of it has a known price."""
    total = sum_of(Use.model_validate(result.get("cost") or {}) for result in results)
    return [f"Used: {escape(use_words(total))}."] if total.tokens or total.lost_calls else []


def moved_words(before: Coverage, after: Coverage) -> str:
    """Why a report has other figures than the one before it; empty where it has the same."""
    changes = changes_words(before, after)
    return f"So I measured again: {changes}" if changes else ""


def changes_words(before: Coverage, after: Coverage) -> str:
    """``Billing: 45 → 43 records; balance score 0.45 → 0.44.``; empty where no count changed."""
    changes = _count_changes(before, after)
    return f"{changes}; balance score {score_change(before, after)}." if changes else ""


def score_change(before: Coverage, after: Coverage) -> str:
    """``0.45 → 0.72 ✓``; the mark says that the score is higher, and the numbers show it."""
    change = ScoreChange(before.balance_score_exact, after.balance_score_exact)
    return f"{change}{' ✓' if change.improves else ''}"


def _count_changes(before: Coverage, after: Coverage) -> str:
    old, new = before.topic_distribution, after.topic_distribution
    changes = [
        f"{topic_title(topic, _NAME)}: {old.get(topic, 0):,} → {plural(new.get(topic, 0), 'record')}"
        for topic in dict.fromkeys([*new, *old])
        if new.get(topic, 0) != old.get(topic, 0)
    ]
    rest = len(changes[_NAMED:])
    return ", ".join([*changes[:_NAMED], *([f"and {plural(rest, 'more topic')}"] if rest else [])])


def _verdict(before: Coverage, after: Coverage, offer: Offer, *, is_met: bool) -> str:
    change = ScoreChange(before.balance_score_exact, after.balance_score_exact)
    if change.improves and (is_met or isinstance(offer, ProceedOffer)):
        return "The dataset is now better balanced. Would you like to:"
    if change.improves:
        return "The dataset is better balanced, and not yet where it should be. Would you like to:"
    if change.lowers:
        return "The dataset is less balanced than before. Would you like to:"
    return "The balance has not improved. Would you like to:"


def passed_over_lines(recommendation: Recommendation) -> list[str]:
    """Why a strategy is not proposed again, of the topics that lack most; "more" shows the others."""
    said = recommendation.passed_over if recommendation.action != "proceed_to_grader" else []
    return [escape(shorten(one, _PASSED_OVER)) for one in said[:_FEW_STRATEGIES]]


def _left_out(offer: Offer, coverage: Coverage) -> list[str]:
    """What is left out, and the score without it: that of the dataset counts all its records."""
    if not offer.left_out:
        return []
    out = dict.fromkeys(offer.left_out, 0)
    counts, weights = with_counts(coverage.topic_distribution, coverage.weights, out)
    without = shown_score(balance_score(counts, weights))
    them = "it" if len(offer.left_out) == 1 else "them"
    score = f" Without {them} the score is {without:.2f}." if without is not None else ""
    return [f"Left out, as you said: {titles(offer.left_out)}.{score}"]


def titles(topics: Sequence[str]) -> str:
    """Names of topics in quotation marks; of many the first and how many more."""
    return _listed([f'"{topic_title(topic, _NAME)}"' for topic in topics[:_NAMED]], len(topics[_NAMED:]))


def topic_names(topics: Sequence[str]) -> str:
    """The same, as the names are written: where topics change, and two may differ in capitals only."""
    return _listed([topic_name(topic) for topic in topics[:_NAMED]], len(topics[_NAMED:]))


def _listed(named: Sequence[str], rest: int) -> str:
    return ", ".join([*named, *([f"and {rest:,} more"] if rest else [])])


def revised_plan(coverage: Coverage, offer: Offer, cost: str, *, promise: str = "", note: str = "") -> str:
    """A changed plan, asked again."""
    parts = [note] if note else []
    parts += ["\n\n".join(plan_lines("**Plan**", coverage, offer.items, cost, promise))]
    return "\n\n".join([*parts, numbered_lines(offer, "Would you like me to (“more” shows the details):")])
