"""How many records to add to which topic: the default recommendation, the least, and up to a minimum.

Pure functions over counts; how the filling is done stands in `fill`, how the least is found in `least_records`.
"""

from __future__ import annotations

from collections.abc import Mapping

from .balance import balance_score, under_represented
from .caps import Cap
from .fill import Fill
from .least_records import Goal, least_counts

DEFAULT_TARGET = 0.5


def recommended_additions(
    counts: Mapping[str, int],
    weights: Mapping[str, float] | None = None,
    *,
    target_score: float = DEFAULT_TARGET,
    caps: Mapping[str, Cap] | None = None,
) -> dict[str, int]:
    """The default recommendation.

    Every under-represented topic is lifted to the median of ``count / weight``. If that adds nothing or
    leaves the score at or under the target, the lowest topics are filled further, together, until it is
    above. Where caps make the target unreachable, the topics under their target share are filled as far as
    that raises the score.

    Returns:
        Records to add per topic, lowest topic first, only those above zero. Empty when the score is above
        the target and nothing lies under the median, and when there is no score (no records, or under two
        topics).

    Raises:
        InvalidInput: a bad weight, count or target score.
    """
    fill = Fill(counts, weights, target_score, caps)
    if fill.score is None:
        return {}
    lifted = fill.to_median(set(under_represented(counts, weights)))
    if fill.is_above_target(lifted) or (fill.score > fill.target):
        return fill.additions(lifted)
    filled = fill.from_values(lifted).until_target()
    if not fill.is_above_target(filled):
        # Topping up topics that have their share already would win next to nothing.
        filled = fill.from_values(lifted).of_low_topics().until_target()
    return fill.additions(filled)


def least_additions(
    counts: Mapping[str, int],
    weights: Mapping[str, float] | None = None,
    *,
    target_score: float = DEFAULT_TARGET,
    or_equal: bool = False,
    minimum: int = 0,
    caps: Mapping[str, Cap] | None = None,
) -> dict[str, int] | None:
    """The fewest records that bring the score above a target: exactly, no smaller number of records does it.

    Args:
        counts: records per topic.
        weights: as in `balance_score`.
        target_score: the score to get above, from 0 to less than 1.
        or_equal: whether the target itself is enough.
        minimum: every scored topic must have so many records as well, or as many as its cap allows.
        caps: the most that may be added per topic; a topic without one has no limit.

    Returns:
        As `recommended_additions`; empty when nothing is missing, ``None`` when caps make the target
        unreachable or there is no score.

    Raises:
        InvalidInput: a bad weight, count or target score.
    """
    fill = Fill(counts, weights, target_score, caps)
    if fill.score is None:
        return None
    low = [fill.within_cap(i, minimum) for i in range(len(fill.values))]
    found = least_counts(low, fill.ceilings, fill.weights, Goal(fill.target, is_strict=not or_equal))
    return None if found is None else fill.additions(found)


def additions_to_minimum(
    counts: Mapping[str, int],
    weights: Mapping[str, float] | None = None,
    *,
    minimum: int,
    caps: Mapping[str, Cap] | None = None,
) -> dict[str, int]:
    """What lifts every scored topic to ``minimum`` records, as far as the caps allow; lowest topic first."""
    fill = Fill(counts, weights, DEFAULT_TARGET, caps)
    return fill.additions([fill.within_cap(i, minimum) for i in range(len(fill.values))])


def predicted_score(
    counts: Mapping[str, int], additions: Mapping[str, int], weights: Mapping[str, float] | None = None
) -> float | None:
    """The score once these records are added: computed, since the counts are known."""
    after = {topic: counts.get(topic, 0) + additions.get(topic, 0) for topic in [*counts, *additions]}
    return balance_score(after, weights)
