"""The fewest records that bring the balance score to a goal, exactly, under caps and minimums.

With ``N = Σ x``, ``Q = Σ x²/w`` and whole-number weights ``w`` summing to ``W``, the smallest being ``ω``, the score
of `balance` is ``S = ⅔·(N²/Q − ω)/(W − ω) + ⅓·a/b``, where ``a`` and ``b`` are the lowest and the highest ratio
``x/w``. Sought is the smallest ``N`` for which counts between ``low`` and ``high`` (what there is or must be, and
the caps) have a score that reaches the goal. The search goes through ranges of totals, smallest first, and halves
them until a single total is left, so that the first total that works is the least. Four facts make it exact and short:

1. *Nobody needs more than the highest.* Let ``T`` be a whole number with ``T·w >= low`` for every topic. Cutting
   the counts above ``T·w`` down to it, the highest ratio first, never lowers the score: as long as the ratio being
   cut is the highest of all, it is at least the mean ``Q/N`` of the ratios weighted by the counts, so that ``N²/Q``
   does not fall (its derivative by that count has the sign of ``Q/N − ratio``); ``b`` falls and ``a`` stays, or
   becomes ``T = b``. So ``high`` may be lowered to ``T·w``, which also bounds the search without any caps.
2. *Bound.* Over a range of totals neither ``N²/Q`` nor ``a/b`` exceeds what could be reached if records could be
   split; `water_level` gives both maxima. A range whose bound misses the goal is left out.
3. *Narrowing.* With ``E`` bounded, the goal needs ``a/b >= m = 3·(goal − ⅔E)``. As ``b`` is at least every
   ``low/w``, every topic needs ``x >= m·b·w``, rounded up to whole records; as ``a`` is at most what the range allows,
   every topic needs ``x <= a·w/m``, rounded down. Narrower bounds bound better, so this is repeated.
4. *A single total* is decided in whole numbers. `even_spread` has the least ``Q``, hence the largest ``E`` of all
   counts within the bounds. If it misses the goal, any solution has a larger ``a/b`` than it by fact 3: either the
   new lower bounds exclude it; or its highest ratio ``b'`` is what is wrong, and a solution has ``b < b'`` (which
   lowers ``high``) or ``b >= b'`` (which raises ``m·b·w`` above its lowest count). Each case excludes the counts just
   tried and the bounds are whole numbers, so this ends.

Facts 2 and 3 are computed in floating point with a margin that is far above its error, and only ever leave out what
cannot reach the goal; what is returned was checked exactly.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from .even_spread import even_spread
from .water_level import WaterLevel

_MARGIN = 1e-9
_MOST_NARROWINGS = 12


@dataclass(frozen=True)
class Goal:
    """A score to reach.

    Attributes:
        score: the exact number.
        is_strict: whether the score must lie above it; otherwise it may be equal.
    """

    score: Fraction
    is_strict: bool = False

    def is_met(self, score: Fraction) -> bool:
        """Whether this exact score reaches the goal."""
        return score > self.score if self.is_strict else score >= self.score


@dataclass(frozen=True)
class _Bounds:
    low: list[int]
    high: list[int]

    @property
    def is_empty(self) -> bool:
        return any(least > most for least, most in zip(self.low, self.high, strict=True))


def least_counts(
    low: Sequence[int], high: Sequence[int | None], weights: Sequence[int], goal: Goal
) -> list[int] | None:
    """The counts with the smallest total whose score reaches the goal.

    Args:
        low: the least for each topic: what it has, or must have.
        high: the most for each topic; ``None`` where there is no limit.
        weights: target weights as whole numbers above zero.
        goal: the score to reach.

    Returns:
        One count for each topic, or ``None`` when no counts within the bounds reach the goal.
    """
    if len(low) < 2:
        return None
    top = max(1, *(-(-least // weight) for least, weight in zip(low, weights, strict=True)))
    ceilings = [
        top * weight if most is None else min(most, top * weight)
        for most, weight in zip(high, weights, strict=True)
    ]
    return _Search(weights, goal).first(_Bounds(list(low), ceilings))


class _Search:
    def __init__(self, weights: Sequence[int], goal: Goal) -> None:
        self.weights = list(weights)
        self.goal = goal
        self.lightest, self.whole = min(weights), sum(weights)
        self.common = math.lcm(*weights)
        self.shares = [self.common // weight for weight in weights]

    def first(self, bounds: _Bounds) -> list[int] | None:
        """The counts with the smallest total within the bounds that reach the goal."""
        if bounds.is_empty:
            return None
        # Ranges still to be looked at, the one with the smallest totals on top.
        ranges = [(sum(bounds.low), sum(bounds.high), bounds)]
        while ranges:
            least, most, known = ranges.pop()
            narrowed = self._narrowed(least, most, known)
            if narrowed is None:
                continue
            least, most = max(least, sum(narrowed.low)), min(most, sum(narrowed.high))
            if least == most:
                counts = self._at(least, narrowed)
                if counts is not None:
                    return counts
                continue
            middle = (least + most) // 2
            ranges += [(middle + 1, most, narrowed), (least, middle, narrowed)]
        return None

    def _narrowed(self, least: int, most: int, bounds: _Bounds) -> _Bounds | None:
        """Bounds that keep every solution with such a total (facts 2 and 3); ``None`` if there is none."""
        goal = float(self.goal.score)
        for _ in range(_MOST_NARROWINGS):
            total_low, total_high = sum(bounds.low), sum(bounds.high)
            if bounds.is_empty or total_low > most or total_high < least or most == 0:
                return None
            least, most = max(least, total_low, 1), min(most, total_high)
            water = WaterLevel(bounds.low, bounds.high, self.weights)
            evenness = (water.best_spread(least, most) - self.lightest) / (self.whole - self.lightest)
            needed = 3 * (goal - 2 / 3 * min(1.0, evenness)) - _MARGIN
            lowest = min(water.lowest_ceiling, water.level(most)) * (1 + _MARGIN)
            highest = water.highest_floor
            if needed > 1 or needed * highest > lowest:
                return None
            if needed <= 0:
                return bounds
            narrowed = self._with_ratios(bounds, needed * highest * (1 - _MARGIN), lowest / needed)
            if narrowed == bounds:
                return bounds
            bounds = narrowed
        return bounds

    def _with_ratios(self, bounds: _Bounds, lowest: float, highest: float) -> _Bounds:
        return _Bounds(
            [max(x, math.ceil(lowest * w)) for x, w in zip(bounds.low, self.weights, strict=True)],
            [
                min(x, math.floor(highest * w * (1 + _MARGIN)))
                for x, w in zip(bounds.high, self.weights, strict=True)
            ],
        )

    def _at(self, total: int, bounds: _Bounds) -> list[int] | None:
        """Counts with exactly this total that reach the goal, if there are any (fact 4)."""
        # Cases still to be looked at: bounds, and a ratio that the highest count has at least.
        cases: list[tuple[_Bounds, Fraction]] = [(bounds, Fraction(0))]
        while cases:
            bounds, highest = cases.pop()
            if bounds.is_empty or not sum(bounds.low) <= total <= sum(bounds.high):
                continue
            counts = even_spread(total, bounds.low, bounds.high, self.weights, self.common)
            evenness, (bottom, top) = self._evenness(counts), self._extremes(counts)
            if self.goal.is_met((2 * evenness + bottom / top) / 3):
                return counts
            needed = 3 * self.goal.score - 2 * evenness
            if needed > 1 or (self.goal.is_strict and needed == 1):
                continue
            highest = max(highest, self._extremes(bounds.low)[1])
            raised = self._raised(bounds, needed * highest)
            if raised != bounds:
                cases.append((raised, highest))
                continue
            below = [
                min(most, math.ceil(top * w) - 1) for most, w in zip(bounds.high, self.weights, strict=True)
            ]
            cases += [(self._raised(bounds, needed * top), top), (_Bounds(bounds.low, below), highest)]
        return None

    def _evenness(self, counts: Sequence[int]) -> Fraction:
        total = sum(counts)
        squares = sum(x * x * share for x, share in zip(counts, self.shares, strict=True))
        return Fraction(
            total * total * self.common - self.lightest * squares, squares * (self.whole - self.lightest)
        )

    def _extremes(self, counts: Sequence[int]) -> tuple[Fraction, Fraction]:
        """The lowest and the highest ratio, compared as whole numbers over a common denominator."""
        ratios = [x * share for x, share in zip(counts, self.shares, strict=True)]
        return Fraction(min(ratios), self.common), Fraction(max(ratios), self.common)

    def _raised(self, bounds: _Bounds, ratio: Fraction) -> _Bounds:
        """Lower bounds for counts whose ratios are at least this one, or above it for a strict goal."""
        # In whole numbers: reducing as many large fractions would take most of the time.
        above, below = ratio.numerator, ratio.denominator
        if self.goal.is_strict:
            least = [above * w // below + 1 for w in self.weights]
        else:
            least = [-(-above * w // below) for w in self.weights]
        return _Bounds([max(x, y) for x, y in zip(bounds.low, least, strict=True)], bounds.high)
