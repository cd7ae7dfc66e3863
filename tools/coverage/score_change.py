"""A balance score before and after, compared exactly: what a plan would make of it, or what a round did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from .additions import predicted_score
from .balance import exact_representation, shown_score

if TYPE_CHECKING:
    from .plans import PlanItem
    from .report import Coverage

_MOST_DECIMALS = 17
"""So many tell any two different floats apart."""


@dataclass(frozen=True)
class ScoreChange:
    """Two exact scores, each ``None`` where there is none."""

    before: float | None
    after: float | None

    @property
    def improves(self) -> bool:
        """Whether the score is higher afterwards, by however little; a first score is higher than none."""
        return self.after is not None and (self.before is None or self.after > self.before)

    @property
    def lowers(self) -> bool:
        """Whether the score is lower afterwards, by however little."""
        return self.after is not None and self.before is not None and self.after < self.before

    @property
    def shown(self) -> tuple[str, str]:
        """Both for people: with two decimals, or with as many as it takes to tell different scores apart."""
        before, after = (
            "none" if score is None else f"{shown_score(score):.2f}" for score in (self.before, self.after)
        )
        if before == after and self.before != self.after:
            for decimals in range(3, _MOST_DECIMALS + 1):
                before, after = f"{self.before:.{decimals}f}", f"{self.after:.{decimals}f}"
                if before != after:
                    break
        return before, after

    def __str__(self) -> str:
        """``0.45 → 0.72``."""
        return " → ".join(self.shown)


def effect_on_score(coverage: Coverage, items: Sequence[PlanItem]) -> ScoreChange:
    """What a plan makes of the score once all of it is accepted; topics without a target stay out, as always."""
    scored = coverage.scored_counts
    added: dict[str, int] = {}
    for item in items:
        if item.topic in scored:
            added[item.topic] = added.get(item.topic, 0) + item.count
    return ScoreChange(coverage.balance_score_exact, predicted_score(scored, added, coverage.weights))


def moves_to_target(before: Coverage, after: Coverage) -> dict[str, int]:
    """For each scored topic whether it came nearer to its target share (1), went further from it (-1), or neither (0).

    The distance is that of ``r = share / target`` from 1; a topic of which there was nothing had 0.
    """
    old = exact_representation(before.scored_counts, before.weights)
    moves = {}
    for topic, now in exact_representation(after.scored_counts, after.weights).items():
        was, is_ = abs(old.get(topic, Fraction(0)) - 1), abs(now - 1)
        moves[topic] = (is_ < was) - (is_ > was)
    return moves
