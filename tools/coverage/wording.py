"""Small phrases that the report and the recommendation share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .uplift import Uplift

FREE_FIRST = "Free first: class weights, or `export --oversample`, close part of the gap at no cost."


def plural(number: int, noun: str) -> str:
    """``1 topic``, ``2 topics``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def records_of(number: int) -> str:
    """``1 record``, ``2,400 records``."""
    return plural(number, "record")


def name_some(counts: Mapping[str, int], most: int = 5) -> str:
    """``'a' (3), 'b' (0) and 4 more``."""
    named = [f"'{name}' ({count})" for name, count in list(counts.items())[:most]]
    rest = len(counts) - len(named)
    if rest:
        return f"{', '.join(named)} and {rest} more"
    return " and ".join([", ".join(named[:-1]), named[-1]]) if len(named) > 1 else "".join(named)


def percents(parts: Sequence[float], whole: float) -> list[str]:
    """Shares for people, as they stand under each other: whole where they add up to 100 so, else with a decimal.

    Args:
        parts: in any unit; what they lack to the whole is a part that is not shown.
        whole: in the same unit; of 0 all shares are 0.
    """
    shares = [100 * part / whole if whole else 0.0 for part in parts]
    is_whole = sum(round(share) for share in [*shares, 100 - sum(shares)]) == 100 or not whole
    digits, least = (0, 1.0) if is_whole else (1, 0.1)
    return [f"<{least:g}%" if 0 < share < least / 2 else f"{share:.{digits}f}%" for share in shares]


def worth_words(worth: float | None, uplift: Uplift | None) -> str:
    """``worth 9.0 real ones; F1 of a topic classifier +0.08 (0.03 to 0.13): worth it``; empty where none is known."""
    said = [] if worth is None else [f"worth {worth:g} real {'one' if worth == 1 else 'ones'}"]
    if uplift is not None:
        said.append(f"F1 of a topic classifier {uplift_words(uplift)}")
    return "; ".join(said)


def uplift_words(uplift: Uplift) -> str:
    """``+0.08 (0.03 to 0.13): worth it``."""
    return f"{uplift.f1:+z.2f} ({uplift.low:z.2f} to {uplift.high:z.2f}): {uplift.verdict}"
