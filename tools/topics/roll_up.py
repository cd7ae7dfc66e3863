"""Topics of two levels: what the topics under one parent come to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..store.workflows import TopicInfo


@dataclass(frozen=True)
class TopicGroup:
    """A parent and the topics under it.

    Attributes:
        parent: its name; ``None`` for the topics that have no parent.
        records: of all its topics, and those that carry the parent's own name.
        topics: records by topic, in the order in which the topics were declared; others after them.
    """

    parent: str | None
    records: int
    topics: dict[str, int]


def roll_up(counts: Mapping[str | None, int], infos: Sequence[TopicInfo]) -> list[TopicGroup]:
    """Counts by topic as counts by parent.

    Every record counts once: those of a topic under its parent, those that carry a parent's own name under that
    name. Uncategorized ones (``None``) are left out.

    Args:
        counts: records by topic.
        infos: the declared topics.
    """
    parents = {info.name: info.parent for info in infos}
    heads = {parent for parent in parents.values() if parent is not None}
    names = list(dict.fromkeys([*parents, *(topic for topic in counts if topic is not None)]))
    groups: dict[str | None, dict[str, int]] = {}
    for name in names:
        records = counts.get(name, 0)
        group = parents.get(name)
        if name in heads and group is None:
            group = name
            if not records:  # a heading only
                groups.setdefault(group, {})
                continue
        groups.setdefault(group, {})[name] = records
    return [TopicGroup(parent, sum(topics.values()), topics) for parent, topics in groups.items()]
