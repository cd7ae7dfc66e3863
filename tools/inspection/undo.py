"""What undoing a round, or all of them, would do: which records leave the dataset, and what the score becomes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pydantic import Field
from sqlalchemy import func, select

from ..analyze_coverage import analyze
from ..coverage.report import build_coverage
from ..errors import InvalidInput
from ..generation.money.use import Use, sum_of
from ..store.records import topic_counts
from ..store.store import Store
from ..store.tables import records
from ..store.workflows import list_topics
from .rounds import Round, inspect_rounds

if TYPE_CHECKING:
    from ..services import Services


class UndoEffect(Use):
    """What taking a round back would change, and what the round took: an undo gives none of it back."""

    rounds: list[int] = Field(description="Which, counted from 1, the oldest.")
    job_ids: list[str] = Field(description="Its jobs that were not undone yet.")
    records: int = Field(description="Active records that would leave the dataset.")
    by_topic: dict[str, int]
    score_now: float | None
    score_then: float | None


def inspect_undo(
    services: Services, workflow_id: str, *, number: int | None = None, every: bool = False
) -> UndoEffect:
    """What taking a round back, or every round, would do; changes nothing.

    Args:
        services: where the workflow is.
        workflow_id: which.
        number: the round, counted from 1; the last one that is not undone when not given.
        every: all rounds that are not undone.

    Raises:
        WorkflowNotFound: there is no such workflow.
        InvalidInput: there is no such round, or nothing of it is left to undo.
    """
    found = _wanted(inspect_rounds(services, workflow_id).shown, number, every=every)
    job_ids = [item.job_id for entry in found for item in entry.items if not item.is_undone]
    leaving = _active_records(services.store, workflow_id, job_ids)
    settings = services.settings
    counts = [
        replace(count, records=count.records - gone, synthetic=count.synthetic - gone)
        for count in topic_counts(services.store, workflow_id)
        # A topic that has neither records nor a declaration is not there any more.
        if count.records > (gone := leaving.get(count.topic, 0))
    ]
    then = build_coverage(
        counts,
        list_topics(services.store, workflow_id),
        target_score=settings.target_score,
        minimum_per_topic=settings.minimum_per_topic,
        max_synthetic_share=settings.max_synthetic_share,
    )
    return UndoEffect(
        rounds=[entry.round for entry in found],
        job_ids=job_ids,
        records=sum(leaving.values()),
        by_topic={topic or "uncategorized": number for topic, number in leaving.items()},
        score_now=analyze(services, workflow_id).balance_score,
        score_then=then.balance_score,
        **sum_of(found).figures(),
    )


def _wanted(rounds: list[Round], number: int | None, *, every: bool) -> list[Round]:
    left = [entry for entry in rounds if not all(item.is_undone for item in entry.items)]
    if not left:
        raise InvalidInput("There is no round to take back.")
    if every:
        return left
    if number is None:
        return left[-1:]
    chosen = next((entry for entry in left if entry.round == number), None)
    if chosen is None:
        known = any(entry.round == number for entry in rounds)
        said = f"Round {number} was taken back before." if known else f"There is no round {number}."
        raise InvalidInput(said, hint=f"The last one is round {left[-1].round}.")
    return [chosen]


def _active_records(store: Store, workflow_id: str, job_ids: list[str]) -> dict[str | None, int]:
    these = (
        (records.c.workflow_id == workflow_id)
        & records.c.job_id.in_(job_ids)
        & (records.c.status == "active")
    )
    query = select(records.c.topic, func.count()).where(these).group_by(records.c.topic)
    with store.read() as connection:
        return {row[0]: int(row[1]) for row in connection.execute(query)}
