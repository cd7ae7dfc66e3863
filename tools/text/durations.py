"""A time in words."""

from __future__ import annotations


def duration_words(seconds: float) -> str:
    """``40 seconds``, ``5 minutes``, ``3 hours``."""
    unit, name = (1, "second") if seconds < 90 else (60, "minute") if seconds < 5_400 else (3_600, "hour")
    number = max(1, round(seconds / unit))
    return f"{number:,} {name}" if number == 1 else f"{number:,} {name}s"
