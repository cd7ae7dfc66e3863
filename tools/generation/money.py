"""Amounts of money, and caps, in words."""

from __future__ import annotations


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
