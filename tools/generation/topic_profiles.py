"""What the topics of a workflow offer to the strategies, and which of these can really be used there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, get_args

from ..coverage.strategy_choice import (
    StrategyName,
    TopicProfile,
    choose_strategy,
    passed_over,
    profile_topics,
    warned_of,
)
from ..store.records import load_records, topic_counts
from ..store.workflows import dataset_state, list_topics
from .attempts.draft import TopicContext
from .refused_strategies import refused_strategies

if TYPE_CHECKING:
    from ..coverage.recommendation import PlanItem
    from ..services import Services

_LOOKED_AT = 20
"""Records of a topic: a strategy that can use none of them is not proposed."""


def topic_profiles(services: Services, workflow_id: str) -> dict[str, TopicProfile]:
    """A profile for every topic that is declared or has records; declared ones first.

    Raises:
        WorkflowNotFound: there is no such workflow.
    """
    state = dataset_state(services.store, workflow_id)
    topics = list_topics(services.store, workflow_id)
    profiles = profile_topics(topic_counts(services.store, workflow_id), topics)
    refused = refused_strategies(services.store, workflow_id, services.settings.model_in_use)
    unusable = services.unusable_strategies.once(
        (services.settings.profile, *state),
        lambda: {name: _unusable(services, workflow_id, profile) for name, profile in profiles.items()},
    )
    return {
        name: profile.model_copy(
            update={"unusable": unusable.get(name, frozenset()), "refused": refused.get(name, {})}
        )
        for name, profile in profiles.items()
    }


def passed_over_for(services: Services, workflow_id: str, items: Sequence[PlanItem]) -> list[str]:
    """Which strategies brought nothing lately: passed over in the plan, or in it all the same; one sentence each."""
    refused = refused_strategies(services.store, workflow_id, services.settings.model_in_use)
    if not any(item.topic in refused for item in items):
        return []
    profiles = topic_profiles(services, workflow_id)
    said = []
    for item in items:
        profile = profiles[item.topic]
        if item.strategy in profile.refused:
            said.append(warned_of(profile, item.strategy))
        elif choose_strategy(profile)[0] == item.strategy:
            said.append(passed_over(profile))
    return [*dict.fromkeys(filter(None, said))]


def _unusable(services: Services, workflow_id: str, profile: TopicProfile) -> frozenset[StrategyName]:
    if not profile.multi_turn and not profile.uses_tools:
        return frozenset()  # nothing that the counts do not say
    from .strategies import make_strategy

    seeds = list(
        load_records(services.store, workflow_id, topic=profile.topic, usable_only=True, limit=_LOOKED_AT)
    )
    context = TopicContext(profile.topic, "", {}, seeds, profile=services.settings.profile)
    return frozenset(name for name in get_args(StrategyName) if make_strategy(name).unusable(context))
