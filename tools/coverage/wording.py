"""Small phrases that the report and the recommendation share."""

from __future__ import annotations

from collections.abc import Mapping
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


def worth_words(worth: float | None, uplift: Uplift | None) -> str:
    """``worth 9.0 real ones; recognition +0.08 (0.03 to 0.13): worth it``; empty where nothing was measured."""
    said = [] if worth is None else [f"worth {worth:g} real {'one' if worth == 1 else 'ones'}"]
    if uplift is not None:
        said.append(
            f"recognition {uplift.f1:+z.2f} ({uplift.low:z.2f} to {uplift.high:z.2f}): {uplift.verdict}"
        )
    return "; ".join(said)
