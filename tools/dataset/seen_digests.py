"""Which contents stood in a file before: remembered in eight bytes each, so that a file of millions fits."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from .record import DIGEST_BYTES

if TYPE_CHECKING:
    from numpy.typing import NDArray

_KEY_BYTES = 8
_LONGER = 8
"""How much longer each sorted run is than the next: there are few to search, and few are merged again."""


class SeenDigests:
    """Numbers equal records of a file in their order: the first is 1, the next one with its content 2."""

    def __init__(self) -> None:
        # Sorted runs, each longer than the next; merging as in a counter keeps them few.
        self._runs: list[NDArray[np.uint64]] = []
        self._times: Counter[str] = Counter()

    def ids(self, digests: bytes) -> list[str]:
        """The record ids for further digests (`DIGEST_BYTES` each), in order: ``digest-number``."""
        # By no loop: there are millions.
        ids = f"{digests.hex('|', DIGEST_BYTES).replace('|', '-1|')}-1".split("|") if digests else []
        for index in self._repeated(digests):
            content = ids[index].removesuffix("-1")
            # Only a content that comes again is counted by name; its first time went by unnoticed.
            self._times[content] = (self._times[content] or 1) + 1
            ids[index] = f"{content}-{self._times[content]}"
        return ids

    def _repeated(self, digests: bytes) -> list[int]:
        """Indexes of digests that came before, in this call or an earlier one; adds them all."""
        rows = np.frombuffer(digests, np.uint8).reshape(-1, DIGEST_BYTES)
        keys = np.ascontiguousarray(rows[:, :_KEY_BYTES]).view(np.uint64).ravel()
        order = np.argsort(keys)
        ordered = keys[order]
        if (ordered[1:] == ordered[:-1]).any():  # the first of equal ones must come first; they are few
            order = np.argsort(keys, kind="stable")
        again = np.zeros(len(keys), bool)
        again[1:] = ordered[1:] == ordered[:-1]
        for run in self._runs:
            places = np.minimum(np.searchsorted(run, ordered), len(run) - 1)
            again |= run[places] == ordered
        self._add(ordered)
        return sorted(order[again].tolist())

    def _add(self, run: NDArray[np.uint64]) -> None:
        if not len(run):
            return
        while self._runs and len(self._runs[-1]) <= _LONGER * len(run):
            run = np.sort(np.concatenate((self._runs.pop(), run)), kind="stable")
        self._runs.append(run)
