"""Which seeds a strategy can use, and which an attempt starts from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import TypeVar

from ...dataset.record import Record
from ..attempts.draft import TopicContext
from .conversation import exchanges_of

T = TypeVar("T")
_MOSTLY = 0.5


class UsableSeeds:
    """The seeds of a topic that a strategy can use; looked for once a job, since drafts are made by the thousand."""

    def __init__(self, is_usable: Callable[[Record], bool]) -> None:
        self._is_usable = is_usable
        self._context: TopicContext | None = None
        self._seeds: list[Record] = []

    def of(self, context: TopicContext) -> list[Record]:
        """The usable ones among the context's seeds, in their order."""
        if self._context is not context:
            self._seeds = [record for record in context.seeds if self._is_usable(record)]
            self._context = context
        return self._seeds


class SpokenSeeds(UsableSeeds):
    """The seeds of a strategy that writes spoken conversations: an answer in words, and no tool called."""

    def __init__(self) -> None:
        super().__init__(lambda record: bool(exchanges_of(record)) and not record.uses_tools)


def mostly_calls_tools(context: TopicContext) -> str | None:
    """Why a strategy that writes no tool calls is wrong for a topic; None when it is not.

    A model that is trained on spoken answers to requests that need a tool learns to invent what it should look up.
    """
    if context.style.tool_rate < _MOSTLY:
        return None
    return "most of its records call tools, which a small model cannot write anew (tool_chain rewords such records)"


def seed_for(seeds: Sequence[T], attempt: int) -> T:
    """The seed of attempt number ``attempt`` (from 0): one after the other, so that each is used equally often.

    Seeds come in their given order (spread over the topic), so the first ones cover it. A server that keeps
    prompts finds each seed's again when its next turn comes.
    """
    return seeds[attempt % len(seeds)]


def examples_for(seeds: Sequence[T], attempt: int, wanted: int) -> list[T]:
    """The examples of an attempt: another set each time, and each seed in use equally often.

    After ``n`` attempts no seed was an example more than ``ceil(wanted · n / len(seeds))`` times plus ``wanted``:
    no order can do with less than the first part. In each round over the seeds the examples lie another distance
    apart, so that a set comes again only when the distances are used up.
    """
    wanted = min(wanted, len(seeds))
    distances = _distances(len(seeds), wanted)
    distance = distances[attempt // len(seeds) % len(distances)]
    return [seeds[(attempt + place * distance) % len(seeds)] for place in range(wanted)]


@cache
def _distances(size: int, wanted: int) -> list[int]:
    """Distances at which ``wanted`` of ``size`` seeds are different ones; 1 always is."""
    # Half the way round is enough: a longer step forwards is a shorter one backwards.
    return [
        distance
        for distance in range(1, max(1, size // 2) + 1)
        if len({place * distance % size for place in range(wanted)}) == wanted
    ]
