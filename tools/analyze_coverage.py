"""The tool that measures coverage, and what follows from it."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field

from .coverage.frontier import Frontier, frontier
from .coverage.label_doubts import label_doubts, label_doubts_so_far
from .coverage.plans import Planner, caps_of
from .coverage.recommendation import Recommendation, recommend
from .coverage.report import Coverage, build_coverage
from .coverage.review_needs import ReviewNeed
from .dataset.topic_candidates import topic_candidates
from .errors import CoverageError
from .failure import internal_failure
from .generation.topic_profiles import topic_profiles
from .store.records import TopicCount, load_records, topic_counts, worth_of_topics
from .store.workflows import list_topics

if TYPE_CHECKING:
    from langchain_core.tools import StructuredTool

    from .services import Services
    from .shards.cluster import RayCluster


_LABELS_TO_COME = ReviewNeed(
    topic=None,
    reason="Whether labels contradict their texts is still being looked at: ask for a review to see it.",
)


_LOOKED_AT = 200
"""Records without a topic whose other fields are looked at for one."""


class AnalyzeCoverageInput(BaseModel):
    """What `analyze_coverage` needs."""

    workflow_id: str = Field(description="The workflow (dataset) to analyze, such as wf-123.")


def analyze(services: Services, workflow_id: str, counts: Sequence[TopicCount] | None = None) -> Coverage:
    """Measure how the workflow's records cover its topics.

    Args:
        services: store and settings.
        workflow_id: the dataset.
        counts: its records by topic; as the store keeps them when not given.

    Raises:
        WorkflowNotFound: there is no such workflow.
    """
    settings = services.settings
    return build_coverage(
        topic_counts(services.store, workflow_id) if counts is None else counts,
        list_topics(services.store, workflow_id),
        target_score=settings.target_score,
        minimum_per_topic=settings.minimum_per_topic,
        max_synthetic_share=settings.max_synthetic_share,
        worths=worth_of_topics(services.store, workflow_id),
    )


def recommend_for(
    services: Services,
    workflow_id: str,
    coverage: Coverage,
    focus_topics: Collection[str] | None = None,
    *,
    focus_failed: bool = False,
    left_out: Collection[str] = (),
    wait_for_labels: bool = True,
) -> Recommendation:
    """What to do about this coverage: proceed, generate (with plans) or review, with reasons.

    Args:
        services: store and settings.
        workflow_id: the dataset.
        coverage: its report.
        focus_topics: generate for these topics only; ``None`` or empty for all.
        focus_failed: they failed a dry run, so they need records also where the balance does not.
        left_out: generate for none of these topics.
        wait_for_labels: look at the labels before anything is said, which takes seconds in a large dataset.
            Otherwise it goes on while others work, and the recommendation says that it does.

    Raises:
        WorkflowNotFound: there is no such workflow.
    """
    profiles = topic_profiles(services, workflow_id)
    find = label_doubts if wait_for_labels else label_doubts_so_far
    doubtful = find(services.store, workflow_id)
    found = recommend(
        coverage,
        profiles,
        [_LABELS_TO_COME] if doubtful is None else doubtful,
        services.settings,
        focus_topics=focus_topics,
        focus_failed=focus_failed,
        left_out=left_out,
        labels_looked_at=doubtful is not None,
    )
    if coverage.total_records and coverage.uncategorized == coverage.total_records:
        said = _where_topics_could_be(services, workflow_id)
        return found.model_copy(update={"reason": said}) if said else found
    return found


def _where_topics_could_be(services: Services, workflow_id: str) -> str:
    """What to do about records of which none has a topic, where one of their fields could hold it; else nothing."""
    unlabelled = load_records(services.store, workflow_id, topic=None, origin="real", limit=_LOOKED_AT)
    likely = topic_candidates(record.source for record in unlabelled)
    if not likely:
        return ""
    field = likely[0].field
    return f"No record has a topic. {likely[0]} could be it: import with --topic-field {field} into another workflow."


def cheapest_plans(services: Services, workflow_id: str, coverage: Coverage) -> Frontier:
    """The cheapest plan for each goal that this coverage does not meet; labels are not judged.

    Raises:
        WorkflowNotFound: there is no such workflow.
    """
    profiles = topic_profiles(services, workflow_id)
    caps = caps_of(coverage, profiles, services.settings, None)
    return frontier(Planner(coverage, profiles), caps, services.settings)


def analyze_coverage(
    services: Services, workflow_id: str, cluster: RayCluster | None = None
) -> dict[str, Any]:
    """Measure coverage and answer as the tool's contract says; never raises.

    Args:
        services: store and settings.
        workflow_id: the dataset.
        cluster: counts its records anew in their shards; the store has the counts otherwise.

    Returns:
        ``{"success": true, "coverage": {...}}``, or ``{"success": false, "error": {code, message, hint}}``.
    """
    try:
        counts = None
        if cluster is not None:
            from .shards.count_sharded import count_sharded

            counts = count_sharded(services.store, cluster, workflow_id, services.settings.shard_folder)
        return {"success": True, "coverage": analyze(services, workflow_id, counts).model_dump(mode="json")}
    except CoverageError as error:
        return error.to_failure()
    except Exception as error:
        return internal_failure(error, "analyze_coverage")


def analyze_coverage_tool(services: Services) -> StructuredTool:
    """`analyze_coverage` as a LangChain tool; it answers with JSON text."""
    from langchain_core.tools import StructuredTool

    def run(workflow_id: str) -> str:
        return json.dumps(analyze_coverage(services, workflow_id), ensure_ascii=False)

    return StructuredTool.from_function(
        func=run,
        name="analyze_coverage",
        description="Measure how evenly a workflow's records cover its topics: balance score, distribution, "
        "under-represented topics, recommendations. Changes nothing.",
        args_schema=AnalyzeCoverageInput,
    )
