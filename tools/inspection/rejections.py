"""Why drafts were rejected: counts by check, and examples with the check's evidence."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pydantic import BaseModel, Field
from sqlalchemy import func, select

from ..dataset.topic_names import topic_names, unknown_topic
from ..generation.jobs.ledger import NO_DRAFTS
from ..store.journal_tables import attempts, jobs

if TYPE_CHECKING:
    from ..services import Services

_EVIDENCE = 300


class Rejection(BaseModel):
    """One draft that did not pass."""

    job_id: str
    attempt: int
    topic: str
    check: str
    evidence: str


class Rejections(BaseModel):
    """All of them counted, some of them shown: the latest of each check."""

    topic: str | None
    total: int
    by_check: dict[str, int]
    examples: list[Rejection] = Field(description="At most a few for each check, the latest.")


def inspect_rejections(
    services: Services, workflow_id: str, *, topic: str | None = None, each: int = 2
) -> Rejections:
    """The drafts of this workflow that were rejected.

    Args:
        services: where the workflow is.
        workflow_id: which.
        topic: only drafts for this topic.
        each: examples of each check.

    Raises:
        WorkflowNotFound: there is no such workflow.
        TopicNotFound: there is no such topic, nor was there a job for it.
    """
    known = topic_names(services.store, workflow_id)
    query = (
        select(jobs.c.id, attempts.c.number, jobs.c.topic, attempts.c.check, attempts.c.evidence)
        .join(jobs, jobs.c.id == attempts.c.job_id)
        .where(jobs.c.workflow_id == workflow_id, attempts.c.status.in_(("rejected", "failed")))
        .where(func.coalesce(attempts.c.check, "").not_in(NO_DRAFTS))
        .order_by(jobs.c.created_at.desc(), attempts.c.number.desc())
    )
    if topic is not None:
        query = query.where(jobs.c.topic == topic)
        tried = select(jobs.c.topic).where(jobs.c.workflow_id == workflow_id).distinct()
        with services.store.read() as connection:
            known += connection.execute(tried).scalars()  # also topics that ended since
        if topic not in known:
            raise unknown_topic(workflow_id, topic, known)
    counted: Counter[str] = Counter()
    examples: list[Rejection] = []
    with services.store.read() as connection:
        for job_id, number, its_topic, check, evidence in connection.execute(query):
            name = check or "unknown"
            counted[name] += 1
            if counted[name] <= each:
                examples.append(
                    Rejection(
                        job_id=job_id,
                        attempt=number,
                        topic=its_topic,
                        check=name,
                        evidence=" ".join((evidence or "").split())[:_EVIDENCE],
                    )
                )
    return Rejections(
        topic=topic, total=counted.total(), by_check=dict(counted.most_common()), examples=examples
    )
