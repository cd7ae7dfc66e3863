"""Which seed an attempt starts from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

GROUP = 4


def seed_for(seeds: Sequence[T], attempt: int, count: int) -> T:
    """The seed of attempt number ``attempt`` (from 0) of a job that owes ``count`` records.

    Seeds come in their given order (spread over the topic), each once, when there are enough of them. When
    each is needed several times, its uses follow each other closely, four seeds at a time: a server that
    keeps prompt prefixes then reads a long conversation once instead of once a use.
    """
    uses = max(1, -(-count // len(seeds)))
    block, place = divmod(attempt, GROUP * uses)
    start = block * GROUP
    group = [seeds[(start + offset) % len(seeds)] for offset in range(min(GROUP, len(seeds)))]
    return group[place % len(group)]
