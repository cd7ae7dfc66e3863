"""The coverage report: the score, the distribution, and what they suggest, as `analyze_coverage` tells it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from pydantic import BaseModel, Field

from .additions import DEFAULT_TARGET, additions_to_minimum, recommended_additions
from .balance import Status, balance_score, check_weights, representation, shown_score, status_of
from .balance import under_represented as find_under_represented
from .caps import Cap, at_ceiling, binding_caps, topic_cap
from .strategy_choice import profile_topics
from .wording import name_some, plural, records_of

if TYPE_CHECKING:
    from ..store.records import TopicCount
    from ..store.workflows import TopicInfo


MANY_TOPICS = 40
"""From more topics on, a table of all of them is no answer any more."""
LINES_OF_MANY = 5
_PARTS = 100
"""Worths enter the score, which counts whole records, in so many parts of one."""


class TopicCoverage(BaseModel):
    """One topic's line of the report.

    Attributes:
        name: the topic.
        records: its active records, real and synthetic.
        synthetic: how many of them were generated.
        worth: how many real-like records the synthetic ones count for, 0 to their number.
        share: its part of all active records, 0 to 1.
        target: its target share of the records that are scored; ``None`` when it stays out of the score.
        representation: its share of the scored records over its target; 1 is at target. ``None`` when it
            stays out of the score or there are no records.
        under_represented: whether it has less than half its target share.
        below_minimum: whether it has fewer records than the minimum.
        most: its ceiling; at it, it is neither under-represented nor below the minimum.
    """

    name: str
    records: int
    synthetic: int
    worth: float = 0.0
    share: float
    target: float | None
    representation: float | None
    under_represented: bool
    below_minimum: bool
    most: int | None = Field(default=None, exclude_if=lambda value: value is None)


class Coverage(BaseModel):
    """How the records of a workflow spread over its topics.

    Attributes:
        balance_score: 2 decimals, for people; ``None`` with no scored records or fewer than two topics.
        balance_score_exact: what decisions use.
        effective_score: the balance score with what synthetic records are worth in place of their number, 2 decimals.
        status: of the exact score.
        total_records: all active records, uncategorized and untargeted ones included.
        topic_distribution: records per topic, declared topics first; uncategorized ones are not in it.
        under_represented: topics with less than half their target share, lowest first, but for those at their ceiling.
        recommendations: sentences for a person.
        uncategorized: records with no topic; not scored.
        untargeted: records per topic that has no target while others have one; not scored.
        below_minimum: scored topics with fewer records than the minimum, fewest first.
        topics: one line per topic, in the order of the distribution.
        capped: topics for which less is recommended than they would need, and what holds it down.
        additions: the default recommendation, records per topic, lowest topic first.
        weights: the target weights as declared; ``None`` when all topics weigh the same.
    """

    balance_score: float | None
    balance_score_exact: float | None
    effective_score: float | None = None
    status: Status | None
    total_records: int
    topic_distribution: dict[str, int]
    under_represented: list[str]
    recommendations: list[str]
    uncategorized: int
    untargeted: dict[str, int]
    below_minimum: list[str]
    topics: list[TopicCoverage]
    capped: dict[str, str]
    additions: dict[str, int]
    weights: dict[str, float] | None = None

    @property
    def scored_counts(self) -> dict[str, int]:
        """Records per topic that enters the score."""
        return {topic.name: topic.records for topic in self.topics if topic.target is not None}

    @property
    def ceilings(self) -> dict[str, int]:
        """How many records a topic may have, of each that has a ceiling."""
        return {topic.name: topic.most for topic in self.topics if topic.most is not None}


def worth_a_line(topics: Iterable[tuple[str, float | None]]) -> list[str]:
    """The topics that a report for people lists: all, or of many those that are furthest below their targets.

    Args:
        topics: name and `TopicCoverage.representation` of each.
    """
    every = list(topics)
    if len(every) <= MANY_TOPICS:
        return [name for name, _ in every]
    scored = [(representation, name) for name, representation in every if representation is not None]
    return [name for _, name in sorted(scored)[:LINES_OF_MANY]] or [name for name, _ in every[:LINES_OF_MANY]]


def build_coverage(
    counts: Sequence[TopicCount],
    topics: Sequence[TopicInfo],
    *,
    target_score: float = DEFAULT_TARGET,
    minimum_per_topic: int = 100,
    max_synthetic_share: float = 0.9,
    worths: Mapping[str, float] | None = None,
) -> Coverage:
    """The report on these counts.

    Once one topic has a target weight, topics without one are untargeted. Without any weights, every topic
    that is declared or found counts the same; a declared parent of other topics counts only if it has records
    itself.

    Args:
        counts: active records per topic, as counted in the store; topic ``None`` is uncategorized.
        topics: the declared topics.
        target_score: the score to get above.
        minimum_per_topic: the number of records that every topic should have where possible.
        max_synthetic_share: the largest part of a topic that may be synthetic.
        worths: what the synthetic records of each topic are worth; their number when not given.

    Raises:
        InvalidInput: a bad weight or target score.
    """
    distribution, synthetic = _distribution(counts, topics)
    weights = {topic.name: topic.weight for topic in topics if topic.weight is not None} or None
    check_weights(weights)
    scored = {name: n for name, n in distribution.items() if weights is None or name in weights}
    total = sum(count.records for count in counts)
    profiles = profile_topics(counts, topics)
    ceilings = {topic.name: topic.most for topic in topics if topic.most is not None}
    caps = {
        name: topic_cap(
            records=records,
            synthetic=synthetic.get(name, 0),
            usable_seeds=profiles[name].usable_seeds,
            has_description=profiles[name].has_description,
            max_synthetic_share=max_synthetic_share,
            most=ceilings.get(name),
        )
        for name, records in scored.items()
    }
    additions, capped = default_additions(
        scored, weights, target_score=target_score, minimum_per_topic=minimum_per_topic, caps=caps
    )
    score = balance_score(scored, weights)
    worths = synthetic if worths is None else worths
    effective = {
        name: round(_PARTS * (n - synthetic.get(name, 0) + worths.get(name, 0.0)))
        for name, n in scored.items()
    }
    full = at_ceiling(distribution, ceilings)
    under = [name for name in find_under_represented(scored, weights) if name not in full]
    below = [name for name, n in scored.items() if n < minimum_per_topic and name not in full]
    below.sort(key=scored.__getitem__)
    ratios = representation(scored, weights)
    whole = sum(weights.values()) if weights else len(scored)
    coverage = Coverage(
        balance_score=shown_score(score),
        balance_score_exact=score,
        effective_score=shown_score(balance_score(effective, weights)),
        status=status_of(score),
        total_records=total,
        topic_distribution=distribution,
        under_represented=under,
        recommendations=[],
        uncategorized=sum(count.records for count in counts if count.topic is None),
        untargeted={name: n for name, n in distribution.items() if name not in scored},
        below_minimum=below,
        topics=[
            TopicCoverage(
                name=name,
                records=records,
                synthetic=synthetic.get(name, 0),
                worth=round(worths.get(name, 0.0), 1),
                share=records / total if total else 0.0,
                target=(weights[name] if weights else 1) / whole if name in scored else None,
                representation=ratios.get(name),
                under_represented=name in under,
                below_minimum=name in below,
                most=ceilings.get(name),
            )
            for name, records in distribution.items()
        ],
        capped=capped,
        additions=additions,
        weights=weights,
    )
    coverage.recommendations = _sentences(coverage, target_score, minimum_per_topic)
    return coverage


def default_additions(
    counts: Mapping[str, int],
    weights: Mapping[str, float] | None,
    *,
    target_score: float,
    minimum_per_topic: int,
    caps: Mapping[str, Cap],
) -> tuple[dict[str, int], dict[str, str]]:
    """The default recommendation and the caps that bound it.

    With no records at all there is nothing to balance yet: every topic starts with the minimum.
    """

    def within(limits: Mapping[str, Cap] | None) -> dict[str, int]:
        if len(counts) >= 2 and not any(counts.values()):
            return additions_to_minimum(counts, weights, minimum=minimum_per_topic, caps=limits)
        return recommended_additions(counts, weights, target_score=target_score, caps=limits)

    additions = within(caps)
    return additions, binding_caps(within(None), additions, caps)


def _distribution(
    counts: Sequence[TopicCount], topics: Sequence[TopicInfo]
) -> tuple[dict[str, int], dict[str, int]]:
    """Records, and synthetic ones, per topic: declared topics first, then others in the order they come."""
    found = {count.topic: count for count in counts if count.topic is not None}
    parents = {topic.parent for topic in topics if topic.parent}
    # A branch of the topic tree is no topic of its own, unless it has records or a target.
    declared = [
        topic.name
        for topic in topics
        if topic.name in found or topic.name not in parents or topic.weight is not None
    ]
    order = dict.fromkeys([*declared, *found])
    records = {name: found[name].records if name in found else 0 for name in order}
    return records, {name: count.synthetic for name, count in found.items()}


def _sentences(coverage: Coverage, target_score: float, minimum: int) -> list[str]:
    sentences = [
        f"Generate {number}+ records for '{topic}' to improve balance"
        for topic, number in coverage.additions.items()
    ]
    sentences += [
        f"Fewer records than needed can be generated for '{topic}': {reason}"
        for topic, reason in coverage.capped.items()
    ]
    score = coverage.balance_score_exact
    if score is None:
        sentences.append(_why_no_score(coverage))
    elif score > target_score:
        sentences.append(
            f"The balance is {coverage.status} ({coverage.balance_score}): "
            "you can proceed to the grader configuration"
        )
    if coverage.uncategorized:
        sentences.append(
            f"Review {records_of(coverage.uncategorized)} without a topic: not counted in the score"
        )
    if coverage.untargeted:
        sentences.append(
            f"Review {plural(len(coverage.untargeted), 'topic')} without a target, not counted in the score: "
            f"{name_some(coverage.untargeted)}"
        )
    if coverage.below_minimum:
        few = {name: coverage.topic_distribution[name] for name in coverage.below_minimum}
        verb = "has" if len(few) == 1 else "have"
        sentences.append(f"{plural(len(few), 'topic')} {verb} fewer than {minimum} records: {name_some(few)}")
    return sentences


def _why_no_score(coverage: Coverage) -> str:
    if len(coverage.scored_counts) < 2:
        return "Balance cannot be measured with fewer than two topics: label the records or declare topics"
    return "Balance cannot be measured yet: no record has one of the topics"
