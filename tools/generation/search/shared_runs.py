"""Runs of words that a text shares with texts of an evaluation set: n-gram overlap."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .words import chained, word_hashes, words_of

LONGEST, SHORTEST = 13, 8
"""Words of a run. GPT-3 (Brown et al. 2020, appendix C) looks for 13 words, and for the whole text where it is
shorter, down to 8: below, texts share their words by chance."""
STANDARD_PHRASE = 10
"""A run in more texts than this says nothing about one of them (same appendix)."""


class SharedRuns:
    """The runs of a set of texts, as sorted 64-bit hashes: 16 bytes a word.

    A text of 13 words or more gives all its runs of 13; a text of 8 to 12 words gives itself as one run.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        """Args: the texts; they are counted from 0 in their order."""
        found = [_runs_of(text) for text in texts]
        hashes = np.concatenate([runs for runs, _ in found]) if found else np.empty(0, np.uint64)
        numbers = np.repeat(np.arange(len(found)), [len(runs) for runs, _ in found])
        # The first text that has a run stands for it.
        self._runs, first, counts = np.unique(hashes, return_index=True, return_counts=True)
        self._text_of = numbers[first]
        self._texts_with = counts
        self._lengths = sorted({length for _, length in found if length})

    def note_phrases(self, texts: Iterable[str]) -> None:
        """Count the runs in other texts too; those that are frequent there are standard phrases, not leaks."""
        for text in texts:
            places, _ = self._places(word_hashes(words_of(text)))
            self._texts_with[np.unique(places)] += 1

    def first_in(self, text: str) -> tuple[int, str] | None:
        """The number of a text that shares a run with this one, and the run in words; standard phrases apart."""
        words = words_of(text)
        places, starts = self._places(word_hashes(words))
        told = np.flatnonzero(self._texts_with[places] <= STANDARD_PHRASE)
        if not len(told):
            return None
        start, length = starts[told[0]]
        return int(self._text_of[places[told[0]]]), " ".join(words[start : start + length])

    def _places(self, hashes: NDArray[np.uint64]) -> tuple[NDArray[np.intp], NDArray[Any]]:
        """Where the runs of these words stand among the known ones, and (start, length) of each such run."""
        places: list[NDArray[np.intp]] = [np.empty(0, np.intp)]
        starts: list[NDArray[Any]] = [np.empty((0, 2), np.intp)]
        for length in self._lengths if len(self._runs) else ():
            runs = chained(hashes, length)
            near = np.minimum(np.searchsorted(self._runs, runs), len(self._runs) - 1)
            hits = np.flatnonzero(self._runs[near] == runs)
            places.append(near[hits])
            starts.append(np.column_stack([hits, np.full(len(hits), length)]))
        return np.concatenate(places), np.concatenate(starts)


def _runs_of(text: str) -> tuple[NDArray[np.uint64], int]:
    """The different runs of a text, and how many words each has; 0 when the text is too short for any."""
    hashes = word_hashes(words_of(text))
    length = min(LONGEST, len(hashes))
    if length < SHORTEST:
        return np.empty(0, np.uint64), 0
    return np.unique(chained(hashes, length)), length
