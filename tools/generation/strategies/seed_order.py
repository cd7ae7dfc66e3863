"""Which seed an attempt starts from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def seed_for(seeds: Sequence[T], attempt: int) -> T:
    """The seed of attempt number ``attempt`` (from 0): one after the other, so that each is used equally often.

    Seeds come in their given order (spread over the topic), so the first ones cover it. A server that keeps
    prompts finds each seed's again when its next turn comes.
    """
    return seeds[attempt % len(seeds)]
