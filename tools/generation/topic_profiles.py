"""What the topics of a workflow offer to the strategies, and which of these can really be used there."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from ..coverage.strategy_choice import StrategyName, TopicProfile, profile_topics
from ..store.records import load_records, topic_counts
from ..store.workflows import list_topics
from .attempts.draft import TopicContext

if TYPE_CHECKING:
    from ..services import Services

_LOOKED_AT = 20
"""Records of a topic: a strategy that can use none of them is not proposed."""


def topic_profiles(services: Services, workflow_id: str) -> dict[str, TopicProfile]:
    """A profile for every topic that is declared or has records; declared ones first.

    Raises:
        WorkflowNotFound: there is no such workflow.
    """
    topics = list_topics(services.store, workflow_id)
    profiles = profile_topics(topic_counts(services.store, workflow_id), topics)
    return {
        name: profile.model_copy(update={"unusable": _unusable(services, workflow_id, profile)})
        for name, profile in profiles.items()
    }


def _unusable(services: Services, workflow_id: str, profile: TopicProfile) -> frozenset[StrategyName]:
    if not profile.multi_turn and not profile.uses_tools:
        return frozenset()  # nothing that the counts do not say
    from .strategies import make_strategy

    seeds = list(
        load_records(services.store, workflow_id, topic=profile.topic, usable_only=True, limit=_LOOKED_AT)
    )
    context = TopicContext(profile.topic, "", {}, seeds, profile=services.settings.profile)
    return frozenset(name for name in get_args(StrategyName) if make_strategy(name).unusable(context))
