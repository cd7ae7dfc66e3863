"""Repeating the records of small topics, so that training sees each topic as often as its target says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping


class Oversampling:
    """How often each record is written.

    The topic that is largest beside its target stays as it is; the others are repeated up to theirs, each record of a
    topic as often as the next one or once more. Records without a topic, or of one without a target, are not.

    Args:
        counts: records of each topic that are exported; ``None`` is uncategorized.
        weights: target weights; empty when all topics weigh the same.
        before: records of each topic that were written elsewhere, before those that are asked about.
    """

    def __init__(
        self,
        counts: Mapping[str | None, int],
        weights: Mapping[str, float],
        before: Mapping[str | None, int] | None = None,
    ) -> None:
        scored = {
            topic: count for topic, count in counts.items() if topic and (not weights or topic in weights)
        }
        weight = {topic: weights.get(topic, 1.0) for topic in scored}
        most = max((count / weight[topic] for topic, count in scored.items()), default=0.0)
        self._goals = {topic: (count, round(most * weight[topic])) for topic, count in scored.items()}
        self._seen: Counter[str | None] = Counter(before)

    def times(self, topic: str | None) -> int:
        """How often the next record of this topic is written, at least once."""
        seen = self._seen[topic]
        self._seen[topic] += 1
        count, goal = self._goals.get(topic or "", (1, 1))
        return (seen + 1) * goal // count - seen * goal // count
