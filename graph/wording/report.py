"""Renders the reports of the conversation: after an analysis, and after a round of generation."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader

from ...tools.coverage.recommendation import Recommendation
from ...tools.coverage.report import MANY_TOPICS, Coverage, TopicCoverage, worth_a_line
from ...tools.coverage.score_change import ScoreChange, moves_to_target
from ...tools.coverage.uplift import Uplift
from ...tools.coverage.wording import FREE_FIRST, worth_words
from ...tools.generation.money.use import Use, sum_of, use_words
from ..offers.offer import Offer, ProceedOffer, same_items
from ..offers.options import further_lines
from .markdown import escape, percent, plural, score_words, topic_title
from .plan_words import numbered_lines, option_lines, plan_lines, strategy_words

# Not HTML: every value of the dataset passes through `escape`, which is what Markdown needs.
_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent), trim_blocks=True, lstrip_blocks=True, autoescape=False
)
_ANALYSIS = _TEMPLATES.get_template("coverage.jinja")
_GENERATED = _TEMPLATES.get_template("generated.jinja")

_FEW = "which may cause the model to underperform on these types of questions"


def analysis_report(
    coverage: Coverage,
    recommendation: Recommendation,
    offer: Offer,
    *,
    costs: Sequence[str] = (),
    notice: str | None = None,
    focus_topics: Sequence[str] = (),
) -> str:
    """The report after an analysis.

    Args:
        coverage: the measured coverage.
        recommendation: what the tools recommend.
        offer: the options, and the plan if there is one.
        costs: the expected cost of each plan among the options, in words.
        notice: said first, such as what a review changed.
        focus_topics: the only topics to generate for, if the person set any.
    """
    remarks = (
        [f"Only these topics are considered for generation: {_titles(focus_topics)}."] if focus_topics else []
    )
    return _render(
        _ANALYSIS,
        notice=notice,
        score=score_words(coverage.balance_score, coverage.status),
        **_table(coverage, offer.workflow_id),
        remarks=remarks + _review_remarks(recommendation),
        recommendation=_recommendation(coverage, recommendation, offer),
        plan=[
            *_plan_lines(coverage, offer, costs),
            *further_lines(offer, recommendation.frontier.unreachable),
        ],
        question="Would you like me to:" if offer.plan_id else "Would you like to:",
        options=option_lines(offer),
    )


def round_report(
    before: Coverage,
    after: Coverage,
    results: Sequence[Mapping[str, Any]],
    offer: Offer,
    *,
    costs: Sequence[str] = (),
    stop_reason: str | None = None,
) -> str:
    """The report after a round of generation.

    Args:
        before: coverage before the round.
        after: coverage now.
        results: what each generation returned, with its ``topic``, ``requested``, ``accepted``, ``rejected``.
        offer: the options, and the next plan if there is one.
        costs: the expected cost of each plan among the options, in words.
        stop_reason: why no further round is recommended: the goal is met, or it will not be met like that.
    """
    complete = all(result["accepted"] >= result["requested"] for result in results)
    return _render(
        _GENERATED,
        heading="Generation Complete" if complete else "Generation Ended Short",
        generated=round_lines(results),
        score_change=score_change(before, after),
        changes=_count_changes(before, after),
        **_table(after, offer.workflow_id, before),
        plan=[
            *_plan_lines(after, offer, costs),
            *further_lines(offer),
            *([stop_reason] if stop_reason else []),
        ],
        question=_verdict(before, after, offer),
        options=option_lines(offer),
    )


def round_lines(results: Sequence[Mapping[str, Any]]) -> list[str]:
    """What a round made, what it refused and what it took."""
    remarks = [escape(remark) for result in results for remark in result.get("remarks", [])]
    return [*map(_generated, results), *_rejections(results), *remarks, *_spent(results)]


def _render(template: Any, **values: Any) -> str:
    text: str = template.render(**values)
    while "\n\n\n" in text:
        text = text.replace("\n\n\n", "\n\n")
    return text.strip()


def _table(coverage: Coverage, workflow_id: str | None, before: Coverage | None = None) -> dict[str, Any]:
    """The rows of the topics, and a line on those that have none."""
    shown = set(worth_a_line((topic.name, topic.representation) for topic in coverage.topics))
    rest = len(coverage.topics) - len(shown)
    line = (
        f"… and {rest:,} more topics, none further below its target. "
        f"`finetune-coverage analyze -w {workflow_id} --all` lists them; here ask for a topic by its name."
    )
    return {"rows": _rows(coverage, shown, before), "rest": line if rest else ""}


def _rows(coverage: Coverage, shown: Collection[str], before: Coverage | None) -> list[dict[str, str]]:
    rows = []
    moves = moves_to_target(before, coverage) if before is not None else {}
    for topic in (
        sorted(coverage.topics, key=_furthest_below) if len(shown) < len(coverage.topics) else coverage.topics
    ):
        if topic.name not in shown:
            continue
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
        rows.append(_row(topic_title(topic.name), topic.records, coverage.total_records, mark))
    if coverage.uncategorized:
        rows.append(_row("(no topic)", coverage.uncategorized, coverage.total_records, "not in the score"))
    return rows


def _furthest_below(topic: TopicCoverage) -> float:
    return float("inf") if topic.representation is None else topic.representation


def _row(title: str, records: int, total: int, mark: str) -> dict[str, str]:
    return {"title": title, "records": f"{records:,}", "share": percent(records, total), "mark": mark}


def _recommendation(coverage: Coverage, recommendation: Recommendation, offer: Offer) -> str:
    if recommendation.action != "generate_synthetic_data" or not offer.items:
        return escape(recommendation.reason)
    if recommendation.is_for_focus:
        return escape(recommendation.reason)
    item = offer.items[0]
    records = coverage.topic_distribution.get(item.topic, 0)
    only = f"only has {plural(records, 'record')}" if records else "has no records"
    return (
        f'The "{topic_title(item.topic)}" topic {only}, {_FEW}.\n\n'
        f"I recommend generating ~{plural(item.count, 'synthetic record')} for this topic using the "
        f'"{strategy_words(item.strategy)}" strategy. {FREE_FIRST}'
    )


def _plan_lines(coverage: Coverage, offer: Offer, costs: Sequence[str]) -> list[str]:
    """Each plan among the options, with all that it takes to choose it."""
    lines: list[str] = []
    for plan_number, items in enumerate(offer.generations if offer.plan_id else []):
        option = next(option for option in offer.options if option.items == items)
        name = "**Plan**" if same_items(items, offer.items) else f"**{option.label}**"
        cost = costs[plan_number] if plan_number < len(costs) else ""
        lines += plan_lines(name, coverage, items, cost)
    return lines


def _review_remarks(recommendation: Recommendation) -> list[str]:
    remarks = []
    for need in recommendation.review[:5]:
        where = f'"{topic_title(need.topic)}": ' if need.topic else ""
        remarks.append(f"For your eye: {where}{escape(need.reason)}")
    return remarks


def _generated(result: Mapping[str, Any]) -> str:
    topic, accepted, requested = topic_title(str(result["topic"])), result["accepted"], result["requested"]
    records = plural(accepted, "new synthetic record")
    brought = Uplift.model_validate(result["uplift"]) if result.get("uplift") else None
    measured = (
        f" They are {words}." if accepted and (words := worth_words(result.get("worth"), brought)) else ""
    )
    if accepted >= requested:
        return f'I\'ve generated {records} for "{topic}".{measured}'
    reason = f" {escape(str(result['reason']))}" if result.get("reason") else ""
    return f'I\'ve generated {records} of the {requested:,} for "{topic}".{measured}{reason}'


def _rejections(results: Sequence[Mapping[str, Any]]) -> list[str]:
    reasons: dict[str, int] = {}
    for result in results:
        for reason, number in result["rejected"].items():
            reasons[reason] = reasons.get(reason, 0) + number
    if not reasons:
        return []
    named = ", ".join(f"{number:,} {escape(reason).replace('_', ' ')}" for reason, number in reasons.items())
    return [f"Drafts that did not pass the checks and were written anew, by check: {named}."]


def _spent(results: Sequence[Mapping[str, Any]]) -> list[str]:
    """What the round took; in money too where every part of it has a known price."""
    total = sum_of(Use.model_validate(result.get("cost") or {}) for result in results)
    return [f"Used: {escape(use_words(total))}."] if total.tokens or total.lost_calls else []


def score_change(before: Coverage, after: Coverage) -> str:
    """``0.45 → 0.72 ✓``; the mark says that the score is higher, and the numbers show it."""
    change = ScoreChange(before.balance_score_exact, after.balance_score_exact)
    return f"{change}{' ✓' if change.improves else ''}"


def _count_changes(before: Coverage, after: Coverage) -> list[str]:
    old, new = before.topic_distribution, after.topic_distribution
    changes = [
        f"{topic_title(topic)}: {old.get(topic, 0):,} → {plural(count, 'record')}"
        for topic, count in new.items()
        if count != old.get(topic, 0)
    ]
    rest = changes[MANY_TOPICS:]
    return [*changes[:MANY_TOPICS], *([f"and {len(rest):,} more topics"] if rest else [])]


def _verdict(before: Coverage, after: Coverage, offer: Offer) -> str:
    change = ScoreChange(before.balance_score_exact, after.balance_score_exact)
    if change.improves and isinstance(offer, ProceedOffer):
        return "The dataset is now better balanced. Would you like to:"
    if change.improves:
        return "The dataset is better balanced, and not yet where it should be. Would you like to:"
    if change.lowers:
        return "The dataset is less balanced than before. Would you like to:"
    return "The balance has not improved. Would you like to:"


def _titles(topics: Sequence[str]) -> str:
    return ", ".join(f'"{topic_title(topic)}"' for topic in topics)


def revised_plan(coverage: Coverage, offer: Offer, cost: str, *, note: str = "") -> str:
    """A changed plan, asked again."""
    parts = [note] if note else []
    parts += ["\n\n".join(plan_lines("**Plan**", coverage, offer.items, cost))]
    parts += further_lines(offer)
    return "\n\n".join([*parts, numbered_lines(offer, "Would you like me to:")])
