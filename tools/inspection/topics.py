"""How each topic stands, the lowest first, and what there is to know about why it is low."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import TYPE_CHECKING

from pydantic import BaseModel, Field
from sqlalchemy import func, select

from ..analyze_coverage import analyze
from ..coverage.balance import (
    EXCELLENT,
    GOOD,
    Status,
    exact_score,
    shown_score,
    status_of,
    under_represented,
    with_counts,
)
from ..coverage.caps import at_ceiling
from ..coverage.report import Coverage, TopicCoverage
from ..dataset.topic_names import unknown_topic
from ..store.store import Store
from ..store.tables import records

if TYPE_CHECKING:
    from ..services import Services


class TopicStanding(BaseModel):
    """One topic."""

    topic: str
    place: int = Field(description="1 is the topic that is furthest below its target share.")
    records: int
    real: int
    synthetic: int
    share: float = Field(description="Its part of all records, 0 to 1.")
    target_share: float | None = Field(description="Its target; null when it stays out of the score.")
    times_target: float | None = Field(description="Its share over its target; 1 is at target.")
    is_under_represented: bool
    below_minimum_by: int = Field(description="Records missing to the minimum per topic; 0 when none.")
    recommended: int = Field(description="Records that the default recommendation adds to it.")
    held_down_by: str | None = Field(description="Why less is recommended than it needs, if so.")
    taken_out: int = Field(description="Its records that were rejected in a review, or undone.")
    most: int | None = Field(
        default=None, description="How many records it may have.", exclude_if=lambda value: value is None
    )


class TopicStandings(BaseModel):
    """Topics, the lowest first, and the figures of the whole dataset beside them."""

    balance_score: float | None
    status: Status | None
    highest_score: float = Field(default=1.0, description="The score when every topic has its target share.")
    good_from: float = GOOD
    excellent_from: float = EXCELLENT
    topics: list[TopicStanding]
    topic_count: int
    total_records: int
    synthetic_records: int
    uncategorized: int = Field(description="Records without a topic; some may belong to a low one.")
    median_records: float = Field(description="The middle one of the topics' record counts.")
    most_records: int
    largest_topic: str | None
    minimum_per_topic: int
    under_represented: int = Field(description="How many topics have less than half their target share.")
    below_minimum: int = Field(description="How many topics have fewer records than the minimum.")


class TopicCount(BaseModel):
    """A topic with a number of records that it might have."""

    topic: str = Field(description="The topic's name, exactly as in the state; or a new one.")
    records: int = Field(ge=0, description="How many it would have; 0: the topic would be gone.")


class OtherCounts(BaseModel):
    """The score with other numbers of records."""

    score_now: float | None
    score_then: float | None
    status_then: Status | None
    counts_then: dict[str, int] = Field(description="Of the topics that are named.")
    under_represented_then: list[str]


def inspect_other_counts(services: Services, workflow_id: str, counts: Sequence[TopicCount]) -> OtherCounts:
    """What the score would be if topics had other numbers of records: after a cut, a merge, without a topic.

    A new topic weighs as much as the mean of the others, where targets are set.

    Raises:
        WorkflowNotFound: there is no such workflow.
    """
    coverage = analyze(services, workflow_id)
    named = {count.topic: count.records for count in counts}
    then, weights = with_counts(coverage.topic_distribution, coverage.weights, named)
    exact = exact_score(then, weights)
    score = None if exact is None else float(exact)
    full = at_ceiling(then, coverage.ceilings)
    return OtherCounts(
        score_now=shown_score(coverage.balance_score_exact),
        score_then=shown_score(score),
        status_then=status_of(exact),
        counts_then=named,
        under_represented_then=[topic for topic in under_represented(then, weights) if topic not in full],
    )


def inspect_topics(
    services: Services, workflow_id: str, *, topics: Sequence[str] = (), most: int | None = None
) -> TopicStandings:
    """How topics stand, the lowest first.

    Args:
        services: where the workflow is.
        workflow_id: which.
        topics: only these; all when empty.
        most: at most so many.

    Raises:
        WorkflowNotFound: there is no such workflow.
        TopicNotFound: one of ``topics`` is none.
    """
    coverage = analyze(services, workflow_id)
    counts = coverage.topic_distribution
    unknown = [topic for topic in topics if topic not in counts]
    if unknown:
        raise unknown_topic(workflow_id, unknown[0], counts)
    taken_out = _taken_out(services.store, workflow_id)
    ordered = sorted(coverage.topics, key=_depth)
    lines = [
        _standing(topic, place, coverage, services.settings.minimum_per_topic, taken_out)
        for place, topic in enumerate(ordered, 1)
        if not topics or topic.name in topics
    ]
    return TopicStandings(
        balance_score=coverage.balance_score,
        status=coverage.status,
        topics=lines[:most],
        topic_count=len(counts),
        total_records=coverage.total_records,
        synthetic_records=sum(topic.synthetic for topic in coverage.topics),
        uncategorized=coverage.uncategorized,
        median_records=median(counts.values()) if counts else 0,
        most_records=max(counts.values(), default=0),
        largest_topic=max(counts, key=counts.__getitem__) if counts else None,
        minimum_per_topic=services.settings.minimum_per_topic,
        under_represented=len(coverage.under_represented),
        below_minimum=len(coverage.below_minimum),
    )


def _depth(topic: TopicCoverage) -> tuple[bool, float, int]:
    """Topics outside the score come last: they have no target to be below."""
    ratio = topic.representation
    return topic.target is None, ratio if ratio is not None else 0.0, topic.records


def _standing(
    topic: TopicCoverage, place: int, coverage: Coverage, minimum: int, taken_out: dict[str | None, int]
) -> TopicStanding:
    return TopicStanding(
        topic=topic.name,
        place=place,
        records=topic.records,
        real=topic.records - topic.synthetic,
        synthetic=topic.synthetic,
        share=topic.share,
        target_share=topic.target,
        times_target=topic.representation,
        is_under_represented=topic.under_represented,
        below_minimum_by=max(0, minimum - topic.records) if topic.below_minimum else 0,
        recommended=coverage.additions.get(topic.name, 0),
        held_down_by=coverage.capped.get(topic.name),
        taken_out=taken_out.get(topic.name, 0),
        most=topic.most,
    )


def _taken_out(store: Store, workflow_id: str) -> dict[str | None, int]:
    query = (
        select(records.c.topic, func.count().label("taken_out"))
        .where(records.c.workflow_id == workflow_id, records.c.status == "rejected")
        .group_by(records.c.topic)
    )
    with store.read() as connection:
        return {row.topic: row.taken_out for row in connection.execute(query)}
