"""What to do next: proceed to the grader, generate (what, how many, how), or have a person look first."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Literal

from pydantic import BaseModel, Field

from .balance import shown_score
from .focus import focus_additions, why_focus
from .frontier import Frontier, frontier
from .plans import PlanItem, Planner, PlanOption, Thresholds, alternatives, caps_of
from .report import Coverage, default_additions
from .review_needs import ReviewNeed, doubt_about_labels, needs_of_counts
from .strategy_choice import STRATEGIES, TopicProfile, choose_strategy, passed_over
from .wording import FREE_FIRST, plural, records_of

__all__ = ["Action", "Frontier", "PlanItem", "PlanOption", "Recommendation", "ReviewNeed", "recommend"]

Action = Literal["proceed_to_grader", "generate_synthetic_data", "manual_review"]


class Recommendation(BaseModel):
    """What to do next, with its options.

    Attributes:
        action: the recommendation.
        reason: why, in sentences for a person.
        worst_topic: generate for the lowest topic only; ``None`` if nothing is recommended for any.
        all_under_represented: the default recommendation for all topics that need records.
        alternatives: other plans: the fewest records, an excellent score, the minimum for every topic.
        review: what needs a person's eye, whatever the action is.
        frontier: the cheapest plan for each goal that is not met yet.
        is_for_focus: it generates for topics that were named, and not for the balance.
        labels_looked_at: whether labels that contradict their texts are among the needs.
        passed_over: of topics that need records, which strategies brought nothing lately.
    """

    action: Action
    reason: str
    worst_topic: PlanOption | None
    all_under_represented: PlanOption | None
    alternatives: list[PlanOption]
    review: list[ReviewNeed]
    frontier: Frontier
    is_for_focus: bool = False
    labels_looked_at: bool = True
    passed_over: list[str] = Field(default_factory=list)


def recommend(
    coverage: Coverage,
    profiles: Mapping[str, TopicProfile],
    review: list[ReviewNeed],
    settings: Thresholds,
    *,
    focus_topics: Collection[str] | None = None,
    focus_failed: bool = False,
    left_out: Collection[str] = (),
    labels_looked_at: bool = True,
) -> Recommendation:
    """Decide from the exact score, and from what stands in the way of trusting or mending it.

    Above the target score the recommendation is to proceed, else to generate. It is manual review instead
    when more than a fifth of the records have no topic or fewer than two topics remain (the score then says
    little), when nothing can be generated, or when a topic to generate for has doubtful labels. The plans are
    offered all the same.

    Args:
        coverage: the report.
        profiles: what each topic's records offer.
        review: needs found elsewhere, such as labels that contradict the text.
        settings: target score, minimum per topic, largest synthetic share.
        focus_topics: generate for these topics only; ``None`` or empty for all.
        focus_failed: they failed a dry run, so they need records also where the balance does not.
        left_out: generate for none of these topics.
        labels_looked_at: whether ``review`` holds what the label check finds.
    """
    caps = caps_of(coverage, profiles, settings, focus_topics, left_out)
    additions, capped = default_additions(
        coverage.scored_counts,
        coverage.weights,
        target_score=settings.target_score,
        minimum_per_topic=settings.minimum_per_topic,
        caps=caps,
    )
    score = coverage.balance_score_exact
    proceed = score is not None and score > settings.target_score
    is_for_focus = proceed and focus_failed and bool(focus_topics)
    if is_for_focus:
        additions = focus_additions(coverage, focus_topics or (), caps, settings.minimum_per_topic)
        capped, proceed = {}, False
    planner = Planner(coverage, profiles)
    needs = [*needs_of_counts(coverage, profiles, additions, capped), *review]
    doubt = doubt_about_labels(coverage, needs, {} if proceed else additions)
    everything = planner.option(additions, _why_all(coverage, additions))
    action: Action
    if doubt:
        action, reason = "manual_review", doubt
    elif proceed:
        action, reason = "proceed_to_grader", _why_proceed(coverage, settings)
    elif is_for_focus:
        action = "generate_synthetic_data" if additions else "manual_review"
        reason = why_focus(coverage, additions, focus_topics or ())
        if everything is not None and everything.lowers_score:
            reason += " That lowers the balance score."
    elif everything is None:
        held = "; ".join(f"'{topic}': {why}" for topic, why in list(capped.items())[:5])
        action = "manual_review"
        reason = f"{_score_sentence(coverage)} Nothing can be generated. {held}".strip()
    else:
        action, reason = "generate_synthetic_data", _why_generate(planner, everything, capped, settings)
    worst = dict(list(additions.items())[:1])
    return Recommendation(
        action=action,
        reason=reason,
        worst_topic=planner.option(worst, "Starts with the topic that is furthest below its target share."),
        all_under_represented=everything,
        alternatives=alternatives(planner, caps, additions, settings),
        review=needs,
        frontier=frontier(planner, caps, settings),
        is_for_focus=is_for_focus,
        labels_looked_at=labels_looked_at,
        passed_over=[
            said for topic in {**capped, **additions} if (said := passed_over(planner.profile(topic)))
        ],
    )


def _score_sentence(coverage: Coverage) -> str:
    if coverage.balance_score is None:
        return "There is no balance score yet."
    return f"The balance score is {coverage.balance_score:.2f} ({coverage.status})."


def _why_proceed(coverage: Coverage, settings: Thresholds) -> str:
    reason = f"{_score_sentence(coverage)} That is above the target of {settings.target_score:g}."
    if coverage.below_minimum:
        reason += (
            f" {plural(len(coverage.below_minimum), 'topic')} below {settings.minimum_per_topic} records: "
            "generating more is possible and not required."
        )
    return reason


def _why_all(coverage: Coverage, additions: Mapping[str, int]) -> str:
    if not any(coverage.scored_counts.values()):
        return "Gives every topic its first records."
    if all(topic in coverage.under_represented for topic in additions):
        return "Lifts the under-represented topics towards the others."
    return "Fills the lowest topics until the balance is above the target."


def _why_generate(planner: Planner, plan: PlanOption, capped: Mapping[str, str], settings: Thresholds) -> str:
    coverage = planner.coverage
    worst = plan.items[0]
    records = coverage.topic_distribution[worst.topic]
    sentences = [_score_sentence(coverage)]
    if records:
        sentences.append(
            f"'{worst.topic}' has only {records_of(records)} ({records / coverage.total_records:.0%} of the "
            "total), which may cause the model to underperform on it."
        )
    else:
        sentences.append(f"'{worst.topic}' has no records, so the model would learn nothing about it.")
    strategy = STRATEGIES[worst.strategy].title
    if len(plan.items) == 1:
        sentences.append(f"Generate {records_of(worst.count)} for it with {strategy}.")
    else:
        count = sum(item.count for item in plan.items)
        sentences.append(
            f"Generate {records_of(count)} for {plural(len(plan.items), 'topic')}, of these {worst.count:,} "
            f"for '{worst.topic}' with {strategy}."
        )
    sentences.append(choose_strategy(planner.profile(worst.topic))[1])
    shown = shown_score(plan.predicted_score)
    if shown is not None and plan.predicted_score is not None:
        reached = f"The score will be {shown:.2f}."
        if plan.predicted_score <= settings.target_score:
            reached = f"The score will be {shown:.2f}, not above {settings.target_score:g} yet."
        if plan.lowers_score:
            reached = f"The score will be {shown:.2f}, lower than it is now."
        sentences.append(reached)
    sentences.append(FREE_FIRST)
    sentences += [f"Held down for '{topic}': {why}." for topic, why in list(capped.items())[:5]]
    return " ".join(sentences)
