"""Saying what belongs to a topic: a change of the workflow's topics, so that plans made before it are void."""

from __future__ import annotations

from dataclasses import replace

from ..store.store import Store
from ..store.workflows import TopicInfo, list_topics, set_topics_within, topics_within, version_within
from .topic_names import require_topics

LONGEST = 2_000
"""Characters of a description; it stands in every prompt for the topic."""


def describe_topic(store: Store, workflow_id: str, topic: str, description: str) -> str:
    """Give a topic this description; one that only records have is declared by it.

    Args:
        store: where topics live.
        workflow_id: whose topic.
        topic: its name.
        description: what belongs to it and what does not; empty takes the description away.

    Returns:
        The description that it had; empty for none.

    Raises:
        WorkflowNotFound: there is no such workflow.
        TopicNotFound: it has no such topic.
    """
    require_topics(store, workflow_id, [topic])
    said = " ".join(description.split())[:LONGEST]
    with store.write() as connection:
        version_within(connection, workflow_id)
        known = topics_within(connection, workflow_id)
        before = next((info for info in known if info.name == topic), None)
        if before is None:
            infos = [*known, TopicInfo(topic, said)]
        else:
            infos = [replace(info, description=said) if info is before else info for info in known]
        set_topics_within(connection, workflow_id, infos)
    return before.description if before is not None else ""


def description_of(store: Store, workflow_id: str, topic: str) -> str:
    """What is said to belong to a topic; empty for none."""
    return next((info.description for info in list_topics(store, workflow_id) if info.name == topic), "")
