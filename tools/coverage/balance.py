"""The balance score: how evenly records spread over topics, against target weights.

For topic shares ``p`` (count / total) and target weights ``w`` (summing to 1) over n >= 2 topics, with
``r = p / w``:

- evenness ``E = (1 / Σ(p²/w) − w_min) / (1 − w_min)``, the mean picture
- floor ``M = min r / max r``, the worst topic
- score ``S = ⅔·E + ⅓·M``, in [0, 1]

All is computed in integers, since decisions hang on whether S is above a threshold: weights are read as the
decimals that a person wrote and scaled to whole numbers, so only the last step rounds to a float.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Literal

from ..errors import InvalidInput

Status = Literal["excellent", "good", "poor"]

EXCELLENT = 0.8
GOOD = 0.5
UNDER_REPRESENTED = Fraction(1, 2)
"""A topic with less than this part of its target share is under-represented."""


def balance_score(counts: Mapping[str, int], weights: Mapping[str, float] | None = None) -> float | None:
    """The balance score S of the module's formula.

    Args:
        counts: records per topic.
        weights: target weight per topic, in any unit; ``None`` or empty means that all topics weigh the same.
            When given, topics without a weight stay out and weighted topics without records count as zero.

    Returns:
        S in [0, 1], or ``None`` with no records or fewer than two topics.

    Raises:
        InvalidInput: a weight that is not a finite number above zero, or a negative count.
    """
    score = exact_score(counts, weights)
    return None if score is None else float(score)


def exact_score(counts: Mapping[str, int], weights: Mapping[str, float] | None = None) -> Fraction | None:
    """Like `balance_score`, without rounding."""
    scored = scored_counts(counts, weights)
    return score_of(list(scored.values()), integer_weights(list(scored), weights))


def with_counts(
    counts: Mapping[str, int], weights: Mapping[str, float] | None, named: Mapping[str, int]
) -> tuple[dict[str, int], dict[str, float] | None]:
    """Counts and target weights if topics had other numbers of records.

    Args:
        counts: records per topic now.
        weights: target weight per topic now.
        named: the topics that change; 0 takes one out. A new one weighs as much as the mean of the others.
    """
    then = {topic: count for topic, count in {**counts, **named}.items() if named.get(topic) != 0}
    if not weights:
        return then, None
    usual = math.fsum(weights.values()) / len(weights)
    known = {topic: weights.get(topic, usual) for topic in then if topic in weights or topic not in counts}
    return then, known


def status_of(score: float | Fraction | None) -> Status | None:
    """What the score means: excellent from 0.8, good from 0.5, else poor. Give it the exact value."""
    if score is None:
        return None
    # As a float: the exact 4/5 is a hair under the float 0.8, and is meant to reach it.
    value = float(score)
    if value >= EXCELLENT:
        return "excellent"
    return "good" if value >= GOOD else "poor"


def shown_score(score: float | None) -> float | None:
    """The score with 2 decimals, never rounded up into a better status: 0.4999 is shown as 0.49."""
    if score is None:
        return None
    shown = round(score, 2)
    return shown if status_of(shown) == status_of(score) else math.floor(score * 100) / 100


def representation(counts: Mapping[str, int], weights: Mapping[str, float] | None = None) -> dict[str, float]:
    """``r = p / w`` of each scored topic: 1 is at target. Empty when there are no records."""
    return {topic: float(ratio) for topic, ratio in exact_representation(counts, weights).items()}


def under_represented(counts: Mapping[str, int], weights: Mapping[str, float] | None = None) -> list[str]:
    """The topics with less than half their target share, lowest first."""
    ratios = exact_representation(counts, weights)
    return sorted((topic for topic in ratios if ratios[topic] < UNDER_REPRESENTED), key=ratios.__getitem__)


def scored_counts(counts: Mapping[str, int], weights: Mapping[str, float] | None = None) -> dict[str, int]:
    """The counts that enter the score: those with a target, or all when no targets are given.

    Raises:
        InvalidInput: as in `balance_score`.
    """
    check_weights(weights)
    scored = {topic: counts.get(topic, 0) for topic in (weights or counts)}
    for topic, count in scored.items():
        if count < 0:
            raise InvalidInput(f"Topic '{topic}' has {count} records.", hint="Counts cannot be negative.")
    return scored


def check_weights(weights: Mapping[str, float] | None) -> None:
    """Refuse weights that are not finite numbers above zero.

    Raises:
        InvalidInput: naming the first topic with such a weight.
    """
    for topic, weight in (weights or {}).items():
        if not (math.isfinite(weight) and weight > 0):
            raise InvalidInput(
                f"Topic '{topic}' has the target weight {weight}.",
                hint="Give a number above 0, or leave the topic out of the targets.",
            )


def integer_weights(topics: Sequence[str], weights: Mapping[str, float] | None) -> list[int]:
    """These topics' weights as the smallest whole numbers in the same proportion; all 1 without targets."""
    if not weights:
        return [1] * len(topics)
    # repr() gives back the decimal that was written: 0.1 is a tenth, not its nearest binary fraction.
    written = [Fraction(repr(float(weights[topic]))) for topic in topics]
    common = math.lcm(*(weight.denominator for weight in written))
    whole = [int(weight * common) for weight in written]
    shared = math.gcd(*whole)
    return [weight // shared for weight in whole]


def score_of(values: Sequence[int], weights: Sequence[int]) -> Fraction | None:
    """S of counts beside whole-number weights in the same order, exactly; both were checked by the caller."""
    total = sum(values)
    if len(values) < 2 or total == 0:
        return None
    by_weight: dict[int, list[int]] = {}
    for value, weight in zip(values, weights, strict=True):
        by_weight.setdefault(weight, []).append(value)
    # Σ count²/weight as one fraction. Reducing it at every step would cost far more than large numbers do.
    above, below = 0, 1
    for weight, group in by_weight.items():
        above = above * weight + sum(value * value for value in group) * below
        below *= weight
    lightest, whole = min(weights), sum(weights)
    evenness = Fraction(total * total * below - lightest * above, above * (whole - lightest))
    lowest = min(Fraction(min(group), weight) for weight, group in by_weight.items())
    highest = max(Fraction(max(group), weight) for weight, group in by_weight.items())
    return (2 * evenness + lowest / highest) / 3


def exact_representation(
    counts: Mapping[str, int], weights: Mapping[str, float] | None
) -> dict[str, Fraction]:
    """`representation` before it is rounded, for comparisons."""
    scored = scored_counts(counts, weights)
    scale = integer_weights(list(scored), weights)
    total, whole = sum(scored.values()), sum(scale)
    if total == 0:
        return {}
    return {
        topic: Fraction(count * whole, total * weight)
        for (topic, count), weight in zip(scored.items(), scale, strict=True)
    }
