"""How coverage changed, or would: what generation measured, or what the default recommendation promises."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from sqlalchemy import exists, select

from .analyze_coverage import analyze
from .coverage.additions import predicted_score
from .coverage.report import Coverage
from .store.journal_tables import jobs, slots

if TYPE_CHECKING:
    from .services import Services
    from .store.store import Store

Kind = Literal["measured", "predicted", "unchanged"]


@dataclass(frozen=True)
class CoverageChange:
    """Coverage before and after.

    Attributes:
        before: what was measured before.
        counts_after: records per topic afterwards.
        score_after: the balance score afterwards, exact.
        worth_after: real records per topic afterwards with what the synthetic ones are worth; empty when nobody knows.
        effective_after: the balance score of these.
        kind: ``measured`` when records were generated, ``predicted`` when the default recommendation would add
            some, ``unchanged`` when neither is so.
    """

    before: Coverage
    counts_after: dict[str, int]
    score_after: float | None
    kind: Kind
    worth_after: Mapping[str, float] = field(default_factory=dict)
    effective_after: float | None = None


def coverage_change(services: Services, workflow_id: str) -> CoverageChange:
    """Before and after all generation so far; with none, now and after the default recommendation.

    Raises:
        WorkflowNotFound: there is no such workflow.
    """
    now = analyze(services, workflow_id)
    counts = dict(now.topic_distribution)
    first = _before_generation(services.store, workflow_id)
    if first is not None:
        worth = {topic.name: topic.records - topic.synthetic + topic.worth for topic in now.topics}
        return CoverageChange(first, counts, now.balance_score_exact, "measured", worth, now.effective_score)
    if not now.additions:
        return CoverageChange(now, counts, now.balance_score_exact, "unchanged")
    after = {name: number + now.additions.get(name, 0) for name, number in counts.items()}
    score = predicted_score(now.scored_counts, now.additions, now.weights)
    return CoverageChange(now, after, score, "predicted")


def _before_generation(store: Store, workflow_id: str) -> Coverage | None:
    """The coverage that the first job measured whose records are still there."""
    filled = exists().where(slots.c.job_id == jobs.c.id, slots.c.record_id.is_not(None))
    query = (
        select(jobs.c.coverage_before)
        .where(jobs.c.workflow_id == workflow_id, jobs.c.undone_at.is_(None), filled)
        .order_by(jobs.c.position)
        .limit(1)
    )
    with store.read() as connection:
        measured = connection.execute(query).scalar()
    return Coverage.model_validate(measured) if measured else None
