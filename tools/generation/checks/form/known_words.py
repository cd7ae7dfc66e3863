"""Known words: a text made of letters that no word of the dataset is made of is no text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

import numpy as np

from ....dataset.record import Record, message_text
from ....text.citations import own_words
from ....text.scripts import script_of
from ...attempts.draft import Candidate, Rejection
from ...search.words import words_of
from ..check import ANY

LEAST_MESSAGES = 20
LEAST_LEARNED, LEAST_PARTS = 12, 24
"""Of a message that is learned from, and of one that is judged: with fewer it may be a name or an address."""
HALF = 0.5
FEW = 0.01
"""Share of the real messages below whose known parts the limit lies, where that is less than half."""


class KnownWords:
    """Counts which parts of a message's words the real records know. The same in every script.

    Parts are three letters in a row with the ends of the word, or single characters where a word is one or two of them
    (Chinese, Japanese, Korean, Thai). The limit is half, or less where messages of real records judged by the other
    records know less. What a message cites is not looked at.
    """

    name = "known_words"
    languages = ANY

    def __init__(self, real: Iterable[Record]) -> None:
        messages = [[set(_parts(text)) for text in _spoken(record)] for record in real]
        self._times = Counter(part for record in messages for part in set().union(*record))
        shares = [
            sum(self._times[part] > 1 for part in parts) / len(parts)
            for record in messages
            for parts in record
            if len(parts) >= LEAST_LEARNED
        ]
        is_enough = len(shares) >= LEAST_MESSAGES
        self._limit = min(HALF, float(np.quantile(shares, FEW)) - 0.05) if is_enough else 0.0

    def check(self, candidate: Candidate) -> Rejection | None:
        """The first written turn that is mostly unknown."""
        for message in candidate.written:
            if message["role"] not in ("user", "assistant"):
                continue
            parts = set(_parts(own_words(message_text(message))))
            if len(parts) < LEAST_PARTS:
                continue
            share = sum(part in self._times for part in parts) / len(parts)
            if share < self._limit:
                quoted = message_text(message)[:60]
                return Rejection(self.name, f"{message['role']}: {share:.0%} of its parts known: {quoted!r}")
        return None


def _spoken(record: Record) -> list[str]:
    return [message_text(one) for one in record.messages if one.get("role") in ("user", "assistant")]


def _parts(text: str) -> Iterator[str]:
    for word in words_of(text):
        if len(word) == 1 or script_of(word[0]) == "HANGUL":
            yield from word
        else:
            ended = f"^{word}$"
            yield from (ended[start : start + 3] for start in range(len(ended) - 2))
