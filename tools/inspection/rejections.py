"""Why drafts were rejected: counts by check, and examples with the check's evidence."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field
from sqlalchemy import func, select

from ..dataset.topic_names import topic_names, unknown_topic
from ..generation.jobs.ledger import NO_DRAFTS
from ..models.json_reply import parse_json
from ..store.journal_tables import attempts, jobs

if TYPE_CHECKING:
    from ..services import Services
    from ..store.store import Store

_EVIDENCE = 300
_NOT_SAID = frozenset({"role", "name", "type", "id", "tool_call_id"})


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


@dataclass(frozen=True)
class RefusedDraft:
    """A draft that did not pass, to be read.

    Attributes:
        evidence: what the check saw.
        text: what was written; of an answer in JSON what is said in it.
    """

    evidence: str
    text: str


def refused_drafts(store: Store, job_id: str, check: str, limit: int) -> list[RefusedDraft]:
    """The latest drafts of a job that a check refused."""
    query = (
        select(attempts.c.evidence, attempts.c.response)
        .where(attempts.c.job_id == job_id, attempts.c.check == check)
        .where(attempts.c.status.in_(("rejected", "failed")))
        .order_by(attempts.c.number.desc())
        .limit(limit)
    )
    with store.read() as connection:
        rows = connection.execute(query).all()
    return [RefusedDraft(_in_a_line(row.evidence), _in_a_line(_said_in(row.response or ""))) for row in rows]


def _said_in(answer: str) -> str:
    try:
        return " … ".join(_texts(parse_json(answer))) or answer
    except ValueError:
        return answer


def _texts(found: Any) -> list[str]:
    if isinstance(found, str):
        return [found]
    if isinstance(found, dict):
        found = [part for key, part in found.items() if key not in _NOT_SAID]
    return [text for part in found for text in _texts(part)] if isinstance(found, list) else []


def _in_a_line(text: str | None) -> str:
    return " ".join((text or "").split())[:_EVIDENCE]


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
                        evidence=_in_a_line(evidence),
                    )
                )
    return Rejections(
        topic=topic, total=counted.total(), by_check=dict(counted.most_common()), examples=examples
    )
