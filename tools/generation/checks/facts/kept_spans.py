"""Kept spans: times of one call that stand as far apart as was said, or as those of an earlier call.

A meeting that is moved by an hour ends an hour later too, and who has "an hour" from two o'clock has it till three.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import date
from typing import Any

from .spoken_times import DAY
from .spoken_values import values_of


class Spans:
    """How far the times of earlier calls stand apart, in minutes, by tool and pair of arguments."""

    def __init__(self) -> None:
        self._seen: defaultdict[tuple[str, str, str], set[int]] = defaultdict(set)

    def add(self, tool: str, arguments: dict[str, Any]) -> None:
        """Take in a call."""
        for argument in arguments:
            for other, span in _apart(argument, arguments):
                self._seen[tool, argument, other].add(span)

    def keeps(self, tool: str, argument: str, arguments: dict[str, Any], told: Collection[int]) -> bool:
        """Whether a time stands as far after one that the call passes before it as it did earlier, or as was told.

        Args:
            tool: the tool called.
            argument: the one whose time is looked at.
            arguments: all of the call. The one before is judged by itself, so what follows from it is right or wrong
                with it.
            told: spans that were said, in minutes.
        """
        names = list(arguments)
        before = set(names[: names.index(argument)])
        return any(
            span in told or span in self._seen[tool, argument, other]
            for other, span in _apart(argument, arguments)
            if other in before and span > 0
        )


def _apart(argument: str, arguments: dict[str, Any]) -> Iterator[tuple[str, int]]:
    own = _moment(arguments[argument])
    if own is None:
        return
    for other, value in arguments.items():
        moment = _moment(value) if other != argument else None
        if moment is not None:
            yield other, own - moment


def _moment(value: Any) -> int | None:
    """Minutes of a value that is a time, or a date and a time; None for anything else."""
    values = values_of(value) if isinstance(value, str) else ()
    clock = [int(one.forms[0][1:]) for one in values if one.kind == "time"]
    days = [one.written for one in values if one.kind == "date"]
    if len(clock) != 1 or len(days) > 1 or len(values) != len(clock) + len(days):
        return None
    try:
        return clock[0] + DAY * sum(date.fromisoformat(day).toordinal() for day in days)
    except ValueError:
        return None
