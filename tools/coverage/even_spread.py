"""The most even way to give a number of records to topics, in whole records.

``Q = Σ x²/w`` is a sum of convex functions, so handing out one record after the other, each to the topic where
``Q`` grows least, gives the least ``Q`` of all ways to reach the same total within the same bounds (Gross 1956;
Ibaraki and Katoh, *Resource Allocation Problems*, 1988, ch. 4).
"""

from __future__ import annotations

import heapq
import math
from collections import Counter
from collections.abc import Sequence

from .water_level import WaterLevel


def even_spread(
    total: int, low: Sequence[int], high: Sequence[int], weights: Sequence[int], common: int
) -> list[int]:
    """The counts within the bounds that come to ``total`` and have the least ``Σ x²/w``, exactly.

    Args:
        total: from ``sum(low)`` to ``sum(high)``.
        low: the least for each topic.
        high: the most for each topic.
        weights: whole numbers above zero.
        common: a common multiple of the weights.
    """
    counts = _just_under(total, low, high, weights)
    shares = [common // weight for weight in weights]
    # The cost of one more record, (2x + 1)/w, as a whole number over the common multiple.
    next_costs = [
        ((2 * x + 1) * share, i)
        for i, (x, share, most) in enumerate(zip(counts, shares, high, strict=True))
        if x < most
    ]
    heapq.heapify(next_costs)
    for _ in range(total - sum(counts)):
        cost, i = next_costs[0]
        counts[i] += 1
        if counts[i] < high[i]:
            heapq.heapreplace(next_costs, (cost + 2 * shares[i], i))
        else:
            heapq.heappop(next_costs)
    return counts


def _just_under(total: int, low: Sequence[int], high: Sequence[int], weights: Sequence[int]) -> list[int]:
    """Counts that the handing out passes through shortly before it reaches ``total``.

    Below a cost ``c`` it has handed out the records with ``(2x - 1)/w < c``. Where these come to no more than
    the total, two fewer for each topic were certainly handed out, however floating-point numbers are rounded.
    """
    topics = list(zip(low, high, weights, strict=True))
    alike = Counter(topics)

    def below(cost: float) -> dict[tuple[int, int, int], int]:
        return {
            (least, most, weight): max(least, min(most, math.floor((cost * weight + 1) / 2)))
            for least, most, weight in alike
        }

    def total_of(counts: dict[tuple[int, int, int], int]) -> int:
        return sum(counts[topic] * number for topic, number in alike.items())

    # Filling to a level λ costs 2λ for the last part of a record; whole records come close to that.
    cost = 2 * WaterLevel(low, high, weights).level(total)
    step = cost / (total + 1)
    while total_of(counts := below(cost)) > total:
        cost, step = max(0.0, cost - step), 2 * step
    return [max(topic[0], counts[topic] - 2) for topic in topics]
