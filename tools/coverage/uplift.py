"""Uplift: the gain in recognising held-out real records of a topic that synthetic ones bring, as a figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, Field

SMALLEST = 0.01
"""A gain below it is none, and a step that adds less is no reason for another one."""

Verdict = Literal["worth it", "harmful", "no measurable change"]


class Uplift(BaseModel):
    """What synthetic records bring.

    Attributes:
        f1: how much the F1 of recognising the topic rises, as the mean over topics; 0.08 is eight points.
        low: lower bound of the interval that holds the true gain in nine of ten cases.
        high: upper bound.
    """

    f1: float = Field(description="Gain in F1 of recognising held-out real records of the topic.")
    low: float
    high: float

    @property
    def verdict(self) -> Verdict:
        """Worth it when the gain is surely more than 0.01, harmful when it is surely a loss of more."""
        if self.low > SMALLEST:
            return "worth it"
        return "harmful" if self.high < -SMALLEST else "no measurable change"


def combined(measured: Sequence[Uplift]) -> Uplift | None:
    """The mean of what was measured apart, as if the parts were independent; ``None`` of nothing."""
    if not measured:
        return None
    f1 = sum(one.f1 for one in measured) / len(measured)
    half = sum(((one.high - one.low) / 2) ** 2 for one in measured) ** 0.5 / len(measured)
    return Uplift(f1=round(f1, 3), low=round(f1 - half, 3), high=round(f1 + half, 3))


def one_after_another(measured: Sequence[Uplift]) -> Uplift:
    """What sets bring together that were added one after the other, each measured beside those before it."""
    f1 = sum(one.f1 for one in measured)
    half = sum(((one.high - one.low) / 2) ** 2 for one in measured) ** 0.5
    return Uplift(f1=round(f1, 3), low=round(f1 - half, 3), high=round(f1 + half, 3))
