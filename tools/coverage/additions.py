"""How many records to add to which topic: the default recommendation, the least, and up to a minimum.

Pure functions over counts; how the filling is done stands in `fill`.
"""

from __future__ import annotations

from collections.abc import Mapping

from .balance import balance_score, under_represented
from .caps import Cap
from .fill import Fill

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
    caps: Mapping[str, Cap] | None = None,
) -> dict[str, int] | None:
    """The fewest records that bring the score above the target.

    Exact under uniform targets, where adding to the smallest topic is best for both parts of the score. Under
    weights the two parts round differently: the result is then one from which no single record can be taken.

    Returns:
        As `recommended_additions`; empty when the score is above already, ``None`` when caps make the target
        unreachable or there is no score.

    Raises:
        InvalidInput: a bad weight, count or target score.
    """
    fill = Fill(counts, weights, target_score, caps)
    if fill.score is None:
        return None
    if fill.score > fill.target:
        return {}
    level = fill.target_level()
    if not fill.is_above_target(fill.at(level)):
        return None
    return fill.additions(fill.without_spare_records(fill.part_of_level(level)))


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
