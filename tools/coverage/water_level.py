"""The best that counts between bounds could score if records could be split: an upper bound for whole ones.

Filling every topic to one level ``λ`` (to ``λ × its weight``, but not under its lower nor over its upper bound)
is best for all three parts of the score at once, for the total ``N`` that it comes to:

- ``Q = Σ x²/w`` is least: it is convex and separable, and at the level all marginal costs ``2x/w`` that can still
  move are equal (the Karush-Kuhn-Tucker conditions; Ibaraki and Katoh, *Resource Allocation Problems*, 1988, ch. 2);
- the lowest ratio ``x/w`` is highest and the highest is lowest, since whoever lies off the level is at a bound.

Along the level, ``N²/Q`` first rises and then falls: its derivative has the sign of ``Q − λN``, which itself never
rises with ``λ`` (its derivative is ``Σ x of the topics at the level − N <= 0``). So over a range of totals the
maximum of ``N²/Q`` is at ``Q = λN``, or at the end of the range nearest to it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from itertools import accumulate


class WaterLevel:
    """Topics with their bounds, prepared for any total.

    Between two neighbouring breakpoints of the level the same topics are afloat, so that total and ``Q`` are
    ``still + λ·weight`` and ``still_squares + λ²·weight``.
    """

    def __init__(self, low: Sequence[int], high: Sequence[int], weights: Sequence[int]) -> None:
        # Of thousands of topics most are like others: those are one step together.
        alike = Counter(zip(low, high, weights, strict=True))
        starts = [(x / w, -x * n, w * n, -x * x / w * n) for (x, _, w), n in alike.items()]
        ends = [(x / w, x * n, -w * n, x * x / w * n) for (_, x, w), n in alike.items()]
        steps = sorted(starts + ends)
        self._levels = [step[0] for step in steps]
        self._still = list(accumulate((step[1] for step in steps), initial=sum(low)))[1:]
        self._afloat = list(accumulate((step[2] for step in steps), initial=0))[1:]
        squares = sum(x * x / w * n for (x, _, w), n in alike.items())
        self._squares = list(accumulate((step[3] for step in steps), initial=squares))[1:]
        self._totals = [
            still + level * afloat
            for level, still, afloat in zip(self._levels, self._still, self._afloat, strict=True)
        ]
        self.lowest_ceiling = min(end[0] for end in ends)
        self.highest_floor = max(start[0] for start in starts)

    def level(self, total: float) -> float:
        """The level at which the counts come to this total; it lies within the bounds' sums."""
        return self._level_in(self._stretch(total), total)

    def best_spread(self, least: int, most: int) -> float:
        """The largest ``N²/Q`` for totals from ``least`` to ``most``."""
        first, last = self._stretch(least), self._stretch(most)
        best = max(
            self._spread(at, self._level_in(at, total)) for at, total in ((first, least), (last, most))
        )
        for at in range(first, last + 1):
            # In this stretch Q = λN at λ = still squares / still counts; elsewhere its ends are best.
            peak = self._squares[at] / self._still[at] if self._still[at] else self._levels[at]
            level = min(max(peak, self._levels[at]), self._end_of(at))
            if least <= self._still[at] + level * self._afloat[at] <= most:
                best = max(best, self._spread(at, level))
        return best

    def _stretch(self, total: float) -> int:
        """Number of the breakpoint above which this total lies."""
        return max(0, bisect_left(self._totals, total) - 1)

    def _end_of(self, at: int) -> float:
        return self._levels[min(at + 1, len(self._levels) - 1)]

    def _level_in(self, at: int, total: float) -> float:
        if self._afloat[at] <= 0:
            return self._levels[at]
        # A total at a breakpoint may be rounded into the next stretch, where little is afloat.
        level = (total - self._still[at]) / self._afloat[at]
        return min(max(level, self._levels[at]), self._end_of(at))

    def _spread(self, at: int, level: float) -> float:
        total = self._still[at] + level * self._afloat[at]
        squares = self._squares[at] + level * level * self._afloat[at]
        return total * total / squares if squares > 0 else 0.0
