"""Gathering what a strategy needs to know of a topic."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..dataset.records import load_records
from ..dataset.workflows import list_topics
from .draft import TopicContext
from .ledger import Job
from .lessons.taught import Taught, taught_now, taught_of_job
from .loading_progress import LoadingProgress
from .tool_chain_settings import ToolChainSettings
from .wanted import Wanted, wanted_of_job

if TYPE_CHECKING:
    from ..services import Services

MOST_SEEDS = 500
"""Seeds of one job: more than that are never told apart by the spread."""


def topic_context(
    services: Services,
    workflow_id: str,
    topic: str,
    count: int,
    *,
    spread: bool = True,
    offset: int = 0,
    tool_chain: ToolChainSettings | None = None,
    wanted: Sequence[Wanted] = (),
    loading: LoadingProgress | None = None,
    taught: Taught | None = None,
) -> TopicContext:
    """The topic's description, its neighbours and its usable real records.

    Args:
        services: store and index.
        workflow_id: whose topic it is.
        topic: its name.
        count: how many records are wanted.
        spread: order the seeds so that the first ones cover the topic (maximal marginal relevance over the
            index); without it they come in the order of the dataset, and nothing is embedded.
        offset: records of the topic that were generated before the job. It must be the same each time that the
            job is carried on: the drafts depend on it.
        tool_chain: shares of the kinds of tool chain; the defaults when not given.
        wanted: what the topic lacks most.
        loading: is told how far the embedding of the seeds is.
        taught: what reviews taught; as it is now when not given.
    """
    descriptions = {info.name: info.description for info in list_topics(services.store, workflow_id)}
    seeds = list(
        load_records(
            services.store,
            workflow_id,
            topic=topic,
            usable_only=True,
            limit=10 * MOST_SEEDS if spread else MOST_SEEDS,
        )
    )
    if spread and seeds:
        services.index.ensure(workflow_id, seeds, loading.of(len(seeds)) if loading else None)
        by_id = {record.id: record for record in seeds}
        order = services.index.spread(workflow_id, topic, min(len(seeds), MOST_SEEDS))
        seeds = [by_id[record_id] for record_id in order if record_id in by_id] or seeds[:MOST_SEEDS]
    taught = taught or taught_now(services.store, workflow_id, topic)
    return TopicContext(
        topic=topic,
        description=descriptions.get(topic, ""),
        neighbours={name: text for name, text in descriptions.items() if name != topic},
        seeds=seeds,
        count=count,
        offset=offset,
        tool_chain=tool_chain or ToolChainSettings(),
        wanted=wanted,
        lessons=taught["lessons"],
        rules=taught["rules"],
    )


def job_context(services: Services, job: Job, loading: LoadingProgress | None = None) -> TopicContext:
    """The context of a job: the same whenever it is carried on, as long as the dataset is.

    Attributes are drawn on from where the topic's earlier jobs stopped: what had been generated for the topic when
    the job began stands in its coverage. What the topic lacks is measured once, when the job begins.
    """
    counted = job.coverage_before.get("topics") or []
    earlier = next((topic["synthetic"] for topic in counted if topic["name"] == job.topic), 0)
    return topic_context(
        services,
        job.workflow_id,
        job.topic,
        job.count,
        offset=earlier,
        tool_chain=services.settings.tool_chain,
        wanted=wanted_of_job(services, job.id, job.workflow_id, job.topic, job.count),
        loading=loading,
        taught=taught_of_job(services.store, job.id),
    )
