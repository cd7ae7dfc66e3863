"""What only a person can settle before the numbers, or records modelled on the data, can be trusted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, Field

from .caps import at_ceiling
from .report import Coverage
from .strategy_choice import TopicProfile
from .wording import name_some, plural, records_of

DOUBTFUL_SHARE = 0.2
"""Labels are doubtful above this part: of all records without a topic, of a topic's records suspected."""
FEW_SEEDS = 3
"""With fewer usable seeds than this and no description, new records would all resemble each other."""


class ReviewNeed(BaseModel):
    """Something that only a person can settle.

    Attributes:
        topic: the topic concerned; ``None`` for the whole dataset.
        reason: what is the matter.
        record_ids: the records concerned, where they are known one by one.
        likelier: of doubted labels, the topic that each of these records reads like.
    """

    topic: str | None
    reason: str
    record_ids: list[str] = Field(default_factory=list)
    likelier: list[str] = Field(default_factory=list, exclude=True)


def needs_of_counts(
    coverage: Coverage,
    profiles: Mapping[str, TopicProfile],
    additions: Mapping[str, int],
    capped: Mapping[str, str],
) -> list[ReviewNeed]:
    """What the counts show: records outside the score, and topics that give generation nothing to go by."""
    needs = []
    if coverage.uncategorized:
        part = coverage.uncategorized / coverage.total_records
        reason = (
            f"{records_of(coverage.uncategorized)} ({part:.0%} of all) without a topic, not in the score."
        )
        needs.append(ReviewNeed(topic=None, reason=reason))
    if coverage.untargeted:
        named = name_some(coverage.untargeted)
        reason = f"{plural(len(coverage.untargeted), 'topic')} without a target, not in the score: {named}."
        needs.append(ReviewNeed(topic=None, reason=reason))
    full = at_ceiling(coverage.topic_distribution, coverage.ceilings)
    for topic in dict.fromkeys([*coverage.under_represented, *additions, *capped]):
        if topic in full:
            continue  # nothing is generated for it
        profile = profiles.get(topic) or TopicProfile(topic=topic)
        if profile.usable_seeds < FEW_SEEDS and not profile.has_description:
            seeds = plural(profile.usable_seeds, "usable seed record") if profile.usable_seeds else "none"
            reason = f"Too few usable seed records ({seeds}) and no description: add either."
            needs.append(ReviewNeed(topic=topic, reason=reason))
    return needs


def doubt_about_labels(
    coverage: Coverage, needs: Sequence[ReviewNeed], additions: Mapping[str, int]
) -> str | None:
    """Why the labels are too doubtful to act on, if they are."""
    unlabelled = coverage.uncategorized
    if unlabelled > DOUBTFUL_SHARE * coverage.total_records:
        return (
            f"{unlabelled:,} of {records_of(coverage.total_records)} have no topic, "
            "so the balance score describes too little of the dataset. Label them first."
        )
    if len(coverage.scored_counts) < 2:
        return (
            "Balance needs at least two topics, and there "
            f"{'is one' if coverage.scored_counts else 'are none'}. "
            "Label the records or declare the topics."
        )
    suspected: dict[str, set[str]] = {}
    for need in needs:
        if need.topic is not None and need.topic in additions:
            suspected.setdefault(need.topic, set()).update(need.record_ids)
    for topic, ids in suspected.items():
        records = coverage.topic_distribution[topic]
        if len(ids) > DOUBTFUL_SHARE * records:
            return (
                f"{len(ids):,} of {records_of(records)} of '{topic}' look as if they belonged to another "
                "topic. New records would be modelled on them, so review these labels first."
            )
    return None
