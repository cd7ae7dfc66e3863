"""Where "as far as possible" ends for a topic: how many records may be added, and what says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

MAX_PER_ITEM: Final = 100_000
"""The most records that one item of a plan may ask for."""


@dataclass(frozen=True)
class Cap:
    """How many records may be added to a topic at most.

    Attributes:
        limit: the most records that may be added; 0 when nothing can be generated.
        reason: for a person, what sets the limit.
    """

    limit: int
    reason: str


def topic_cap(
    *,
    records: int,
    synthetic: int,
    usable_seeds: int,
    has_description: bool,
    max_synthetic_share: float,
    most: int | None = None,
) -> Cap:
    """The tightest limit on what may be added to a topic now.

    Args:
        records: the topic's active records, real and synthetic.
        synthetic: how many of them are synthetic.
        usable_seeds: real records with an assistant turn.
        has_description: whether the topic has a description to generate from.
        max_synthetic_share: the largest part of the topic that may be synthetic; a topic without real records
            is exempt, as everything in it is synthetic.
        most: the topic's ceiling, if it has one.
    """
    cap = _cap_of_data(records, synthetic, usable_seeds, max_synthetic_share, has_description=has_description)
    if most is not None and max(0, most - records) <= cap.limit:
        return Cap(max(0, most - records), f"at most {most:,} records of it are wanted")
    return cap


def at_ceiling(counts: Mapping[str, int], ceilings: Mapping[str, int]) -> set[str]:
    """The topics that have as many records as they may have."""
    return {topic for topic, most in ceilings.items() if counts.get(topic, 0) >= most}


def _cap_of_data(
    records: int, synthetic: int, usable_seeds: int, max_synthetic_share: float, *, has_description: bool
) -> Cap:
    if usable_seeds == 0 and not has_description:
        return Cap(0, "none of its records has a reply to learn from, and nothing describes it")
    real = records - synthetic
    if real > 0 and max_synthetic_share < 1:
        # (synthetic + x) / (records + x) <= share, solved for x in whole records.
        real_share = 1 - Fraction(repr(float(max_synthetic_share)))
        room = max(0, int(real / real_share) - records)
        if room <= MAX_PER_ITEM:
            return Cap(room, f"at most {max_synthetic_share:.0%} of a topic may be synthetic")
    return Cap(MAX_PER_ITEM, f"one plan adds at most {MAX_PER_ITEM:,} records to a topic")


def binding_caps(
    without_caps: Mapping[str, int], with_caps: Mapping[str, int], caps: Mapping[str, Cap]
) -> dict[str, str]:
    """The topics for which a cap held the additions down, with its reason.

    Args:
        without_caps: the additions that would be wanted with no caps at all.
        with_caps: the additions within the caps.
        caps: the caps that were applied.
    """
    return {
        topic: cap.reason
        for topic, cap in caps.items()
        if without_caps.get(topic, 0) > cap.limit
        or (with_caps.get(topic, 0) == cap.limit > 0 and without_caps.get(topic, 0) != cap.limit)
    }
