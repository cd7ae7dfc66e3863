"""Plans that a person may choose from: what to generate, how many, with which strategy, and what it gives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Protocol

from pydantic import BaseModel, Field, model_validator

from .additions import additions_to_minimum, least_additions, predicted_score, recommended_additions
from .balance import EXCELLENT
from .caps import MAX_PER_ITEM, Cap, topic_cap
from .report import Coverage
from .score_change import effect_on_score
from .strategy_choice import StrategyName, TopicProfile, choose_strategy, passed_over


class PlanItem(BaseModel):
    """What to generate for one topic.

    Attributes:
        pilot: so many of the count come first, and the rest follows by itself where these are worth what the plan says;
            where they fall short it waits for another yes. A pilot of the whole count is none.
    """

    topic: str
    count: int = Field(ge=1, le=MAX_PER_ITEM)
    strategy: StrategyName
    pilot: int | None = Field(
        default=None,
        ge=1,
        le=MAX_PER_ITEM,
        description="So many of them first; the rest follows where these are worth what the plan says.",
        exclude_if=lambda value: value is None,
    )

    @model_validator(mode="after")
    def _leaves_a_rest(self) -> PlanItem:
        if self.pilot is not None and self.pilot >= self.count:
            self.pilot = None
        return self


class PlanOption(BaseModel):
    """A plan that a person may choose.

    Attributes:
        items: what to generate, lowest topic first.
        predicted_score: the exact score once all of it is accepted.
        lowers_score: whether that is less than the score is now.
        reason: why one would choose it.
    """

    items: list[PlanItem]
    predicted_score: float | None
    lowers_score: bool
    reason: str


class Thresholds(Protocol):
    """The settings that a recommendation depends on."""

    @property
    def target_score(self) -> float:
        """The score to get above."""

    @property
    def minimum_per_topic(self) -> int:
        """Records that every topic should have where possible."""

    @property
    def max_synthetic_share(self) -> float:
        """The largest part of a topic that may be synthetic."""


class Planner:
    """Turns additions into options, with the strategy that suits each topic."""

    def __init__(self, coverage: Coverage, profiles: Mapping[str, TopicProfile]) -> None:
        self.coverage = coverage
        self.profiles = profiles

    def profile(self, topic: str) -> TopicProfile:
        """The topic's profile; an empty one for a topic that nobody described or labelled."""
        return self.profiles.get(topic) or TopicProfile(topic=topic)

    def option(self, additions: Mapping[str, int], reason: str) -> PlanOption | None:
        """The option that adds these records; ``None`` when they are none."""
        if not additions:
            return None
        items = [
            PlanItem(topic=topic, count=count, strategy=choose_strategy(self.profile(topic))[0])
            for topic, count in additions.items()
        ]
        change = effect_on_score(self.coverage, items)
        return PlanOption(
            items=items, predicted_score=change.after, lowers_score=change.lowers, reason=reason
        )


def caps_of(
    coverage: Coverage,
    profiles: Mapping[str, TopicProfile],
    settings: Thresholds,
    focus_topics: Collection[str] | None,
    left_out: Collection[str] = (),
) -> dict[str, Cap]:
    """What may be added to each topic; nothing to those left out, and to those outside the focus, if there is one."""
    caps = {}
    for topic in coverage.topics:
        profile = profiles.get(topic.name) or TopicProfile(topic=topic.name)
        caps[topic.name] = topic_cap(
            records=topic.records,
            synthetic=topic.synthetic,
            usable_seeds=profile.usable_seeds,
            has_description=profile.has_description,
            max_synthetic_share=settings.max_synthetic_share,
            most=topic.most,
        )
        if focus_topics and topic.name not in focus_topics:
            caps[topic.name] = Cap(0, "it is not among the topics asked for")
        if choose_strategy(profile)[0] in profile.refused:
            caps[topic.name] = Cap(0, passed_over(profile).rstrip("."))
        if topic.name in left_out:
            caps[topic.name] = Cap(0, "it is left out, as you said")
    return caps


def beyond_ceilings(
    coverage: Coverage, items: Sequence[PlanItem], named: Callable[[str], str] = "'{}'".format
) -> list[str]:
    """Which topics a plan that a person made brings above their ceilings; a sentence each.

    Args:
        coverage: the figures before it.
        items: the plan.
        named: how a topic is called.
    """
    added: Counter[str] = Counter()
    for item in items:
        added[item.topic] += item.count
    return [
        f"{named(topic)} would have {then:,} records, and at most {most:,} are wanted."
        for topic, most in coverage.ceilings.items()
        if added[topic] and (then := coverage.topic_distribution[topic] + added[topic]) > most
    ]


def alternatives(
    planner: Planner, caps: Mapping[str, Cap], additions: Mapping[str, int], settings: Thresholds
) -> list[PlanOption]:
    """Further plans beside the default one, each only if it differs."""
    counts, weights = planner.coverage.scored_counts, planner.coverage.weights
    score, target, minimum = (
        planner.coverage.balance_score_exact,
        settings.target_score,
        settings.minimum_per_topic,
    )
    plans: list[tuple[Mapping[str, int], str]] = []
    if score is not None and score <= target:
        least = least_additions(counts, weights, target_score=target, caps=caps) or {}
        plans.append((least, f"The fewest records that bring the score above {target:g}."))
    elif score is not None and score < EXCELLENT:
        more = recommended_additions(counts, weights, target_score=EXCELLENT, caps=caps)
        after = predicted_score(counts, more, weights)
        if after is not None and after >= EXCELLENT:
            plans.append((more, "Brings the balance to excellent."))
    if len(counts) >= 2:
        to_minimum = additions_to_minimum(counts, weights, minimum=minimum, caps=caps)
        short = [topic for topic, count in counts.items() if count + to_minimum.get(topic, 0) < minimum]
        reason = f"Brings every topic to {minimum} records."
        if short:
            reason = f"Brings the topics towards {minimum} records; limits leave {len(short)} of them short."
        plans.append((to_minimum, reason))
    taken = [dict(additions)]
    options = []
    for plan, reason in plans:
        option = planner.option(plan, reason)
        if option is not None and plan not in taken:
            options.append(option)
            taken.append(dict(plan))
    return options
