"""Runs of words that texts share with the documents of an evaluation set: n-gram overlap."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .words import chained, characters_per_word, word_hashes, words_of

LONGEST, SHORTEST = 13, 8
"""Words of a run, or as many characters as make them. GPT-3 (Brown et al. 2020, appendix C) looks for 13 words, and for
the whole text where it is shorter, down to 8: below, texts share their words by chance."""
STANDARD_PHRASE = 10
"""A run in more texts than this says nothing about one of them (same appendix)."""


class SharedRuns:
    """The runs of some documents, each of one or more texts, as sorted 64-bit hashes: 16 bytes a word.

    A text of 13 words or more gives all its runs of 13; a text of 8 to 12 words gives itself as one run. Runs that
    are standard phrases are left out.
    """

    def __init__(self, documents: Iterable[Sequence[str]], elsewhere: Iterable[str] = ()) -> None:
        """Take the runs of the documents.

        Args:
            documents: the texts of each; documents are counted from 0 in their order.
            elsewhere: other texts, in which standard phrases show as such.
        """
        runs, owners, lengths = _runs_and_owners(documents)
        self._lengths = sorted(lengths)
        self._runs, counts = np.unique(runs, return_counts=True)
        times = counts + self._times_in(elsewhere)
        telling = np.repeat(times <= STANDARD_PHRASE, counts)
        self._owners = owners[telling]
        self._runs, self._starts = np.unique(runs[telling], return_index=True)
        self._ends = np.append(self._starts[1:], len(self._owners))
        self._sizes = np.bincount(self._owners)

    def first_in(self, text: str) -> tuple[int, str] | None:
        """The number of a document that shares a run with this text, and the run in words."""
        words = words_of(text)
        places, starts, lengths = self._places(words)
        if not len(places):
            return None
        run = words[starts[0] : starts[0] + lengths[0]]
        return int(self._owners[self._starts[places[0]]]), " ".join(run)

    def most_shared(self, texts: Iterable[str], least: int) -> tuple[int, float] | None:
        """The document of at least ``least`` runs that has the largest share of them in these texts, and the share."""
        found = [self._places(words_of(text))[0] for text in texts]
        places = np.unique(np.concatenate(found)) if found else np.empty(0, np.intp)
        if not len(places):
            return None
        owners = np.concatenate([self._owners[self._starts[place] : self._ends[place]] for place in places])
        documents, shared = np.unique(owners, return_counts=True)
        shares = np.where(self._sizes[documents] >= least, shared / self._sizes[documents], 0.0)
        best = int(np.argmax(shares))
        return (int(documents[best]), float(shares[best])) if shares[best] > 0 else None

    def _times_in(self, texts: Iterable[str]) -> NDArray[np.intp]:
        """How many of these texts have each run."""
        times = np.zeros(len(self._runs), dtype=np.intp)
        for text in texts:
            times[np.unique(self._places(words_of(text))[0])] += 1
        return times

    def _places(self, words: list[str]) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
        """The known runs in these words: where they stand among the known ones, their first words and lengths."""
        parts = [np.empty((3, 0), np.intp)]
        hashes = word_hashes(words)
        for length in self._lengths if len(self._runs) else ():
            runs = chained(hashes, length)
            near = np.minimum(np.searchsorted(self._runs, runs), len(self._runs) - 1)
            hits = np.flatnonzero(self._runs[near] == runs)
            parts.append(np.stack([near[hits], hits, np.full(len(hits), length)]))
        places, starts, lengths = np.concatenate(parts, axis=1)
        return places, starts, lengths


def _runs_and_owners(
    documents: Iterable[Sequence[str]],
) -> tuple[NDArray[np.uint64], NDArray[np.intp], set[int]]:
    """All runs, sorted, with the numbers of their documents, and the lengths that occur; each run once a document."""
    runs: list[NDArray[Any]] = [np.empty(0, np.uint64)]
    owners: list[NDArray[Any]] = [np.empty(0, np.intp)]
    lengths: set[int] = set()
    for number, texts in enumerate(documents):
        found = [_runs_of(words_of(text)) for text in texts]
        mine = np.unique(np.concatenate([part for part, _ in found])) if found else runs[0]
        runs.append(mine)
        owners.append(np.full(len(mine), number))
        lengths |= {length for part, length in found if len(part)}
    every = np.concatenate(runs)
    order = np.argsort(every, kind="stable")
    return every[order], np.concatenate(owners)[order], lengths


def _runs_of(words: list[str]) -> tuple[NDArray[np.uint64], int]:
    """The runs of a text, none when it is too short, and how many words each has."""
    each = characters_per_word(words)
    length = min(LONGEST * each, len(words))
    runs = chained(word_hashes(words), length) if length >= SHORTEST * each else np.empty(0, np.uint64)
    return runs, length
