"""Places for the labels of a map, so that they can be read."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

_RINGS = (0.0, 1.2, 2.2, 3.4, *(4.8 + 1.4 * number for number in range(20)))
"""Heights of a label, from the place that is wanted: far out only where all is taken nearby."""
_DIRECTIONS = 12


@dataclass(frozen=True)
class Box:
    """A label: the middle, width and height, all in the same unit."""

    x: float
    y: float
    width: float
    height: float

    def overlap(self, other: Box) -> float:
        """The area that both cover."""
        wide = (self.width + other.width) / 2 - abs(self.x - other.x)
        high = (self.height + other.height) / 2 - abs(self.y - other.y)
        return max(0.0, wide) * max(0.0, high)

    def outside(self, width: float, height: float) -> float:
        """How far it reaches beyond a canvas that begins at 0, 0."""
        return sum(
            max(0.0, beyond)
            for beyond in (
                self.width / 2 - self.x,
                self.height / 2 - self.y,
                self.x + self.width / 2 - width,
                self.y + self.height / 2 - height,
            )
        )


def place(wanted: Sequence[Box], width: float, height: float) -> list[Box]:
    """Move labels that would lie on others to the nearest free place; the first ones have the first choice.

    Args:
        wanted: the labels where they would best be.
        width: of the canvas.
        height: of the canvas.

    Returns:
        The labels at their places; where none is free, the one that covers least of the others.
    """
    placed: list[Box] = []
    for box in wanted:
        places = (
            Box(
                _within(box.x + ring * 0.6 * box.width * math.cos(turn), box.width, width),
                _within(box.y + ring * box.height * math.sin(turn), box.height, height),
                box.width,
                box.height,
            )
            for ring in _RINGS
            for turn in (2 * math.pi * number / _DIRECTIONS for number in range(_DIRECTIONS if ring else 1))
        )
        best, least = box, math.inf
        for candidate in places:
            cost = sum(candidate.overlap(other) for other in placed)
            if cost < least:
                best, least = candidate, cost
            if cost == 0:
                break
        placed.append(best)
    return placed


def _within(middle: float, size: float, room: float) -> float:
    """The middle that is nearest to this one with the whole label on the canvas."""
    return min(max(middle, size / 2), max(room - size / 2, size / 2))
