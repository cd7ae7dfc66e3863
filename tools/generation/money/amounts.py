"""Amounts of tokens and money, and how they are said.

Money is counted in whole picodollars (1e-12 USD). Sums of floats depend on the order in which they are added, so what
was reserved in one group and settled in another would not come to the same.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

PICODOLLARS = 10**12
"""In a dollar."""


@dataclass(frozen=True)
class Amount:
    """Tokens, and what they cost in picodollars; None where the price is not known."""

    tokens: int
    picodollars: int | None

    @property
    def usd(self) -> float | None:
        """The cost in USD, to be shown."""
        return None if self.picodollars is None else as_usd(self.picodollars)

    def __add__(self, other: Amount) -> Amount:
        money = _both(self, other)
        return Amount(self.tokens + other.tokens, None if money is None else money[0] + money[1])

    def __sub__(self, other: Amount) -> Amount:
        money = _both(self, other)
        return Amount(self.tokens - other.tokens, None if money is None else money[0] - money[1])

    def __mul__(self, times: int) -> Amount:
        return Amount(self.tokens * times, None if self.picodollars is None else self.picodollars * times)

    def beyond(self, other: Amount) -> Amount:
        """How much more this is, at least nothing."""
        more = self - other
        return Amount(max(0, more.tokens), None if more.picodollars is None else max(0, more.picodollars))

    def fits(self, other: Amount) -> bool:
        """Whether this is no more than the other, as far as prices are known."""
        money = _both(self, other)
        return self.tokens <= other.tokens and (money is None or money[0] <= money[1])


NOTHING = Amount(0, 0)


def _both(one: Amount, other: Amount) -> tuple[int, int] | None:
    if one.picodollars is None or other.picodollars is None:
        return None
    return one.picodollars, other.picodollars


def as_usd(picodollars: int) -> float:
    """USD, to be shown; nothing is added up in it."""
    return picodollars / PICODOLLARS


def spent_picodollars(usd: float) -> int:
    """What was spent or may be, rounded up: the error is on the safe side."""
    return math.ceil(Fraction(repr(usd)) * PICODOLLARS)


def cap_picodollars(usd: float) -> int:
    """A cap, rounded down, likewise."""
    return math.floor(Fraction(repr(usd)) * PICODOLLARS)


def usd_words(usd: float) -> str:
    """``$0.40``, ``$1,200.00``; below a dollar to three digits where cents are too coarse (``$0.00325``).

    Args:
        usd: an amount of at least 0.
    """
    rounded = usd if usd >= 1 else float(f"{usd:.3g}")
    if rounded >= 1 or round(rounded, 2) == rounded:
        return f"${rounded:,.2f}"
    if rounded < 1e-6:
        return "less than $0.000001"
    return f"${rounded:.8f}".rstrip("0")


def caps_words(tokens: int | None, usd: float | None) -> str:
    """``at most 20,000 tokens and $0.40``; empty when there is no cap.

    Args:
        tokens: the cap on tokens; None is none.
        usd: the cap on money; None is none.
    """
    caps = [
        *([f"{tokens:,} tokens"] if tokens is not None else []),
        *([usd_words(usd)] if usd is not None else []),
    ]
    return f"at most {' and '.join(caps)}" if caps else ""
