"""Dividing a dataset into training and validation, topic by topic, the same way each time."""

from __future__ import annotations

import hashlib
import math
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...store.stored_rows import StoredRow

NO_TOPIC = "(no topic)"
_TOLERANCE = 1.1
_ROUNDING = 1e-9
"""10 · (1 − 0.9) is a little under 1 in binary fractions."""


@dataclass(frozen=True)
class Division:
    """How a dataset is to be divided.

    Attributes:
        share: the share of the records that is for training, between 0 and 1.
        seed: another one gives another division.
        is_real: validation holds real records only, and none of which alone one was generated: its share is one of
            the real records of each topic.
    """

    share: float
    seed: int = 0
    is_real: bool = False


@dataclass(frozen=True)
class Split:
    """Which records are for validation.

    Attributes:
        families: the numbers of the families that are, sorted; about 8 bytes each.
        seed: what the numbers depend on.
        only_training: topics of which nothing could be spared, with their records.
        over_share: topics whose share is less than one record, and that give one all the same, with their records.
        under_share: topics that give fewer, since something was generated of their other real ones, with how many they
            give.
    """

    families: NDArray[np.uint64]
    seed: int
    only_training: dict[str, int]
    over_share: dict[str, int]
    under_share: dict[str, int]

    def is_validation(self, row: StoredRow) -> bool:
        """Whether a record is for validation."""
        number = family_of(row, self.seed)
        place = int(np.searchsorted(self.families, np.uint64(number)))
        return place < len(self.families) and int(self.families[place]) == number


def family_of(row: StoredRow, seed: int) -> int:
    """A random-looking number that is the same for records that must not be parted.

    Equal records are one family: their ids differ only in the number after the dash. So are a record and what was
    generated from it alone, which often repeats most of it. In both halves, they would make validation too easy.
    """
    seeds = (row.provenance or {}).get("seeds") or []
    head = seeds[0] if len(seeds) == 1 and isinstance(seeds[0], str) else row.id
    digits = head.rpartition("-")[0] or head
    digest = hashlib.blake2b(f"{seed} {digits}".encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "little")


@dataclass
class Splitter:
    """Takes the records one by one (13 bytes each), then divides them.

    Attributes:
        division: as it was asked for.
    """

    division: Division
    _families: array[int] = field(default_factory=lambda: array("Q"))
    _topics: array[int] = field(default_factory=lambda: array("I"))
    _synthetic: bytearray = field(default_factory=bytearray)
    _numbers: dict[str | None, int] = field(default_factory=dict)

    def add(self, row: StoredRow) -> None:
        """Take a record into account."""
        self._families.append(family_of(row, self.division.seed))
        self._synthetic.append(row.origin == "synthetic")
        self._topics.append(self._numbers.setdefault(row.topic, len(self._numbers)))

    def add_part(self, later: Splitter) -> None:
        """Take what another one took of the records after these into account."""
        self._families.extend(later._families)
        self._synthetic += later._synthetic
        numbers = [self._numbers.setdefault(name, len(self._numbers)) for name in later._numbers]
        self._topics.extend(numbers[number] for number in later._topics)

    def for_training(self, split: Split) -> Counter[str | None]:
        """How many of its records are for training, by topic."""
        families = np.frombuffer(self._families, np.uint64)
        topics = np.frombuffer(self._topics, np.uint32)[~np.isin(families, split.families)]
        counts = np.bincount(topics, minlength=len(self._numbers))
        return Counter({name: int(counts[number]) for name, number in self._numbers.items()})

    def _claim(self, topic: str | None) -> bytes:
        """What decides between topics of one size: not the order in which they come."""
        text = f"{self.division.seed} {topic or ''}"
        return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest()

    def divide(self) -> Split:
        """Divide what was added.

        Of n records of a topic, n · (1 − share) go to validation, rounded down; what is left of the whole goes where
        the largest fraction was lost, as seats are shared out by largest remainders, and never all of a topic. Topics
        that have none then give one all the same, the largest first, as long as validation stays within a tenth of
        what was asked for: of 70 topics with four records each, "90/10" would be 75/25 otherwise. A family goes with
        the topic of its first record, and is never parted.
        Where validation is to be real, n is the number of real records, and families with generated ones stay whole in
        training.
        """
        of_rows = np.frombuffer(self._families, np.uint64)
        synthetic = np.frombuffer(self._synthetic, np.bool_)
        families, first, sizes = np.unique(of_rows, return_index=True, return_counts=True)
        topics = np.frombuffer(self._topics, np.uint32)
        real = np.bincount(topics[~synthetic], minlength=len(self._numbers))
        topics = topics[first] if len(first) else np.empty(0, np.uint32)
        may_go = (
            ~np.isin(families, of_rows[synthetic]) if self.division.is_real else np.ones(len(families), bool)
        )
        chosen: list[NDArray[Any]] = [np.empty(0, np.uint64)]
        only_training, over_share, under_share = {}, {}, {}
        of_topics = (
            real if self.division.is_real else np.bincount(topics, sizes, len(self._numbers)).astype(int)
        )
        every_of = [np.flatnonzero(topics == number) for number in range(len(self._numbers))]
        gives_one = [bool((sizes[every[may_go[every]]] == 1).any()) for every in every_of]
        order = [self._claim(name) for name in self._numbers]
        wanted_of = _wanted(of_topics.tolist(), gives_one, order, self.division.share)
        for number, name in enumerate(self._numbers):
            every = every_of[number]  # in the order of their numbers, which is random
            mine = every[may_go[every]]
            records, wanted = int(of_topics[number]), wanted_of[number]
            taken = _fitting(sizes[mine], wanted)
            chosen.append(families[mine[taken]])
            given, label = int(sizes[mine[taken]].sum()), NO_TOPIC if name is None else name
            if not given:
                only_training[label] = records
            elif records * (1 - self.division.share) < 1 - _ROUNDING:
                over_share[label] = records
            elif given < wanted and len(mine) < len(every):
                under_share[label] = given
        return Split(
            np.sort(np.concatenate(chosen)), self.division.seed, only_training, over_share, under_share
        )


def _wanted(
    records: Sequence[int], gives_one: Sequence[bool], order: Sequence[bytes], share: float
) -> list[int]:
    """How many of each topic's records go to validation.

    Args:
        records: of each topic.
        gives_one: whether a single one can go to validation.
        order: what decides between topics that have as much claim.
        share: the share for training.
    """
    exact = [number * (1 - share) for number in records]
    wanted = [
        min(math.floor(one + _ROUNDING), max(number - 1, 0))
        for one, number in zip(exact, records, strict=True)
    ]
    may_give = [
        place for place, number in enumerate(records) if gives_one[place] and wanted[place] < number - 1
    ]
    may_give.sort(key=lambda place: (wanted[place] - exact[place], order[place]))
    for place in may_give[: max(0, round(sum(exact)) - sum(wanted))]:
        wanted[place] += 1
    room = max(1, int(_TOLERANCE * sum(exact))) - sum(wanted)
    for place in [place for place in may_give if not wanted[place]][: max(0, room)]:
        wanted[place] = 1
    return wanted


def _fitting(sizes: NDArray[Any], wanted: int) -> list[int]:
    """The first families that together have as many records as wanted; one that is too large is passed over."""
    taken, left = [], wanted
    for place, size in enumerate(sizes):
        if left == 0:
            break
        if size <= left:
            taken.append(place)
            left -= int(size)
    return taken
