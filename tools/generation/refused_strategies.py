"""Which strategies brought nothing lately: of the drafts for a topic that the same model wrote all were refused."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import func, select

from ..coverage.strategy_choice import RefusedDrafts, StrategyName, require_strategy
from ..store.journal_tables import attempts, jobs
from ..store.store import Store
from .jobs.ledger import NO_DRAFTS
from .jobs.shortfall import likely_cause

ENOUGH_DRAFTS = 10
"""So many of the latest drafts tell; the jobs of fewer are looked at together with those before them."""


def refused_strategies(
    store: Store, workflow_id: str, model: str
) -> dict[str, dict[StrategyName, RefusedDrafts]]:
    """By topic, the strategies of whose latest drafts, `ENOUGH_DRAFTS` at least, none was accepted.

    Args:
        store: where the journal is.
        workflow_id: whose topics.
        model: drafts of other models say nothing of this one.
    """
    number = func.count().label("number")
    query = (
        select(jobs.c.id, jobs.c.topic, jobs.c.strategy, attempts.c.status, attempts.c.check, number)
        .join(attempts, attempts.c.job_id == jobs.c.id)
        .where(jobs.c.workflow_id == workflow_id, jobs.c.model == model)
        .where(attempts.c.status.in_(("accepted", "rejected")))
        .where(func.coalesce(attempts.c.check, "").not_in(NO_DRAFTS))
        .group_by(jobs.c.id, attempts.c.status, attempts.c.check)
        .order_by(jobs.c.created_at.desc(), jobs.c.id)
    )
    latest: dict[tuple[str, str], dict[str, Counter[str]]] = {}
    with store.read() as connection:
        for row in connection.execute(query):
            by_job = latest.setdefault((row.topic, row.strategy), {})
            if row.id in by_job or sum(map(Counter.total, by_job.values())) < ENOUGH_DRAFTS:
                refusal = "" if row.status == "accepted" else row.check or "unknown"
                by_job.setdefault(row.id, Counter())[refusal] += row.number
    refused: dict[str, dict[StrategyName, RefusedDrafts]] = {}
    for (topic, strategy), by_job in latest.items():
        drafts = sum(by_job.values(), Counter[str]())
        if drafts.total() >= ENOUGH_DRAFTS and "" not in drafts:
            (check, _), *_ = drafts.most_common(1)
            why = RefusedDrafts(drafts.total(), check.replace("_", " "), likely_cause(check))
            refused.setdefault(topic, {})[require_strategy(strategy)] = why
    return refused
