"""Small phrases that the report and the recommendation share."""

from __future__ import annotations

from collections.abc import Mapping


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
