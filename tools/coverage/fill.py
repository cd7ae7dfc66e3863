"""Raising the lowest topics until the score is above a target.

Filling is done by level: at a level, every topic below it is raised to ``level × its weight``. The topic
with the largest weight moves by one record per level and no topic by more, so a bisection over levels is as
fine as single records and takes some twenty scores however many records there are. Raising the lowest topics
never lowers the score until they have caught up with the rest, which is what makes the bisection right.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from fractions import Fraction
from itertools import pairwise
from statistics import median

from ..errors import InvalidInput
from .balance import integer_weights, score_of, scored_counts
from .caps import Cap

_LARGEST = 2**53
"""Above it a float does not hold every whole number."""
_INEXACT = 1e-9
"""More than a score in floats can be off."""


class Fill:
    """The scored topics as plain lists, and how far each may be raised."""

    def __init__(
        self,
        counts: Mapping[str, int],
        weights: Mapping[str, float] | None,
        target_score: float,
        caps: Mapping[str, Cap] | None,
    ) -> None:
        if not 0 <= target_score < 1:
            raise InvalidInput(
                f"The target score is {target_score}.", hint="Give a number from 0 to less than 1."
            )
        scored = scored_counts(counts, weights)
        self.topics = list(scored)
        self.before = list(scored.values())
        self.values = self.before
        self.weights = integer_weights(self.topics, weights)
        self.heaviest = max(self.weights, default=1)
        self.target = Fraction(repr(float(target_score)))
        limits = {topic: cap.limit for topic, cap in (caps or {}).items()}
        self.ceilings = [
            None if topic not in limits else value + limits[topic] for topic, value in scored.items()
        ]
        self.score = score_of(self.values, self.weights)

    def from_values(self, values: list[int]) -> Fill:
        """The same topics and ceilings, filled on from these counts."""
        other = copy(self)
        other.values = values
        other.score = score_of(values, self.weights)
        return other

    def of_low_topics(self) -> Fill:
        """The same, but topics that have their target share or more stay as they are."""
        other = copy(self)
        total, whole = sum(self.before), sum(self.weights)
        other.ceilings = [
            ceiling if count * whole < total * weight else count
            for ceiling, count, weight in zip(self.ceilings, self.before, self.weights, strict=True)
        ]
        return other

    def additions(self, values: list[int]) -> dict[str, int]:
        """What these counts add to the dataset, lowest topic first."""
        order = sorted(range(len(values)), key=self._ratio)
        return {self.topics[i]: values[i] - self.before[i] for i in order if values[i] > self.before[i]}

    def within_cap(self, i: int, wanted: int) -> int:
        """A topic's count raised to what is wanted, as far as its cap allows; never lowered."""
        ceiling = self.ceilings[i]
        return max(self.values[i], wanted if ceiling is None else min(wanted, ceiling))

    def at(self, level: int) -> list[int]:
        """The counts with every topic raised to the level, as far as its cap allows."""
        return [
            self.within_cap(i, -(-level * weight // self.heaviest)) for i, weight in enumerate(self.weights)
        ]

    def to_median(self, topics: set[str]) -> list[int]:
        """The counts with these topics lifted to the median of count / weight."""
        middle = median([self._ratio(i) for i in range(len(self.values))])
        return [
            self.within_cap(i, -int(-middle * weight // 1)) if topic in topics else self.values[i]
            for i, (topic, weight) in enumerate(zip(self.topics, self.weights, strict=True))
        ]

    def is_above_target(self, values: list[int]) -> bool:
        """Whether the exact score of these counts is above the target."""
        score = score_of(values, self.weights)
        return score is not None and score > self.target

    def until_target(self) -> list[int]:
        """The counts filled until the score is above the target, or as near as caps let it come."""
        return self.at(self.target_level())

    def target_level(self) -> int:
        """The lowest level with a score above the target; or, if caps forbid it, with the best score."""
        top = max(self._level_of(i, value) for i, value in enumerate(self.values))
        while not self.is_above_target(self.at(top)):
            if self._is_capped(top):
                return self._target_level_under_caps(top)
            # Under weights, rounding to whole records spoils the score of tiny counts: go on to larger ones.
            top = 2 * top
        return _first(0, top, lambda level: self.is_above_target(self.at(level)))

    def _ratio(self, i: int) -> Fraction:
        return Fraction(self.before[i], self.weights[i])

    def _level_of(self, i: int, value: int) -> int:
        return -(-value * self.heaviest // self.weights[i])

    def _is_capped(self, level: int) -> bool:
        return any(
            ceiling is not None and -(-level * weight // self.heaviest) > max(ceiling, value)
            for ceiling, weight, value in zip(self.ceilings, self.weights, self.values, strict=True)
        )

    def _target_level_under_caps(self, top: int) -> int:
        """The same, where topics held down by caps make the score rise, stay level and fall on the way up.

        Between two levels at which a topic joins or leaves the fill, the score has at most one peak.
        """
        stops = {0, top}
        for i, (value, ceiling) in enumerate(zip(self.values, self.ceilings, strict=True)):
            stops |= {self._level_of(i, value), self._level_of(i, value if ceiling is None else ceiling)}
        levels = sorted(stop for stop in stops if stop <= top)
        about = self._scores_about(levels)
        near_best = [i for i in range(len(levels)) if about[i] >= max(about) - _INEXACT]
        best = max(near_best, key=lambda i: self._score_at(levels[i]))
        around = [levels[max(0, best - 1)], levels[best], levels[min(best + 1, len(levels) - 1)]]
        peak = max(
            [levels[best], *(self._peak(low, high) for low, high in pairwise(around))],
            key=self._score_at,
        )
        if self._score_at(peak) <= self.target:
            return peak
        low = [levels[i] for i in range(best) if about[i] <= float(self.target) + _INEXACT]
        start = next((level for level in reversed(low) if self._score_at(level) <= self.target), 0)
        return _first(start, peak, lambda level: self._score_at(level) > self.target)

    def _scores_about(self, levels: Sequence[int]) -> list[float]:
        """The scores at these levels, each less than `_INEXACT` off: thousands of topics take too long exactly."""
        import numpy as np  # late: a command that measures nothing starts without it

        if levels[-1] * self.heaviest >= _LARGEST:
            return [float(self._score_at(level)) for level in levels]
        values, weights = np.array(self.values), np.array(self.weights)
        ceilings = np.array([_LARGEST if ceiling is None else ceiling for ceiling in self.ceilings])
        lightest, whole = weights.min(), weights.sum()
        scores: list[float] = []
        for level in levels:
            counts = np.maximum(values, np.minimum(ceilings, -(-level * weights // self.heaviest))).astype(
                float
            )
            total, squares, ratios = counts.sum(), (counts * counts / weights).sum(), counts / weights
            if len(counts) < 2 or total == 0:
                scores.append(0.0)
                continue
            evenness = (total * total - lightest * squares) / (squares * (whole - lightest))
            scores.append(float(2 * evenness + ratios.min() / ratios.max()) / 3)
        return scores

    def _score_at(self, level: int) -> Fraction:
        return score_of(self.at(level), self.weights) or Fraction(0)

    def _peak(self, low: int, high: int) -> int:
        """The level with the best score in a stretch that has one peak."""
        while high - low > 2:
            third = (high - low) // 3
            left, right = low + third, high - third
            if self._score_at(left) < self._score_at(right):
                low = left
            else:
                high = right
        return max(range(low, high + 1), key=self._score_at)


def _first(low: int, high: int, holds: Callable[[int], bool]) -> int:
    """The first number in [low, high] for which it holds, given that it holds for ``high``."""
    while low < high:
        middle = (low + high) // 2
        if holds(middle):
            high = middle
        else:
            low = middle + 1
    return high
