"""Dividing a dataset into training and validation, topic by topic, the same way each time."""

from __future__ import annotations

import hashlib
from array import array
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...store.stored_rows import StoredRow

NO_TOPIC = "(no topic)"


@dataclass(frozen=True)
class Split:
    """Which records are for validation.

    Attributes:
        families: the numbers of the families that are, sorted; about 8 bytes each.
        seed: what the numbers depend on.
        only_training: topics of which nothing could be spared, with their records.
        over_share: topics that give more than their share, since they give one at least, with their records.
    """

    families: NDArray[np.uint64]
    seed: int
    only_training: dict[str, int]
    over_share: dict[str, int]

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
    """Takes the records one by one (12 bytes each), then divides them.

    Attributes:
        share: the share of the records that is for training, between 0 and 1.
        seed: another seed gives another division.
    """

    share: float
    seed: int
    _families: array[int] = field(default_factory=lambda: array("Q"))
    _topics: array[int] = field(default_factory=lambda: array("I"))
    _numbers: dict[str | None, int] = field(default_factory=dict)

    def add(self, row: StoredRow) -> None:
        """Take a record into account."""
        self._families.append(family_of(row, self.seed))
        self._topics.append(self._numbers.setdefault(row.topic, len(self._numbers)))

    def add_part(self, later: Splitter) -> None:
        """Take what another one took of the records after these into account."""
        self._families.extend(later._families)
        numbers = [self._numbers.setdefault(name, len(self._numbers)) for name in later._numbers]
        self._topics.extend(numbers[number] for number in later._topics)

    def for_training(self, split: Split) -> Counter[str | None]:
        """How many of its records are for training, by topic."""
        families = np.frombuffer(self._families, np.uint64)
        topics = np.frombuffer(self._topics, np.uint32)[~np.isin(families, split.families)]
        counts = np.bincount(topics, minlength=len(self._numbers))
        return Counter({name: int(counts[number]) for name, number in self._numbers.items()})

    def divide(self) -> Split:
        """Divide what was added.

        Of n records of a topic, n · (1 − share) go to validation, to the nearest whole number: at least one where
        there are two, and never all of them. A family goes with the topic of its first record, and is never parted.
        """
        families, first, sizes = np.unique(
            np.frombuffer(self._families, np.uint64), return_index=True, return_counts=True
        )
        topics = np.frombuffer(self._topics, np.uint32)[first] if len(first) else np.empty(0, np.uint32)
        names = list(self._numbers)
        chosen: list[NDArray[Any]] = [np.empty(0, np.uint64)]
        only_training, over_share = {}, {}
        for number, name in enumerate(names):
            mine = np.flatnonzero(topics == number)  # in the order of their numbers, which is random
            records = int(sizes[mine].sum())
            wanted = _wanted(records, self.share)
            taken = _fitting(sizes[mine], wanted)
            chosen.append(families[mine[taken]])
            label = NO_TOPIC if name is None else name
            if not len(taken):
                only_training[label] = records
            elif wanted > round(records * (1 - self.share)):
                over_share[label] = records
        return Split(np.sort(np.concatenate(chosen)), self.seed, only_training, over_share)


def _wanted(records: int, share: float) -> int:
    return min(max(round(records * (1 - share)), 1), records - 1) if records else 0


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
