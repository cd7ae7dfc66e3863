"""Known words: a text made of letters that no word of the dataset is made of is no text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from math import sqrt

import numpy as np

from ....dataset.record import Message, Record, message_text
from ....text.scripts import script_of
from ...attempts.draft import Candidate, Rejection
from ...search.words import words_of

SPOKEN = ("user", "assistant")
LEAST_RECORDS = 20
LEAST_PARTS = 12
"""Of a text; with fewer its share says nothing."""
HALF = 0.5
FEW = 0.01
"""Share of the real texts below whose known parts the limit lies, where that is less than half."""


class KnownWords:
    """Counts which parts of a text's words the real records know. The same in every script.

    Parts are three letters in a row with the ends of the word, or single characters where a word is one or two of them
    (Chinese, Japanese, Korean, Thai). The limit is half, or less where turns of real records judged by the other
    records know less: turn by turn, as drafts are judged, for the replies of a desk are alike and its users are not.
    """

    name = "known_words"

    def __init__(self, real: Iterable[Record]) -> None:
        records = [[set(_parts(message_text(turn))) for turn in _spoken(record)] for record in real]
        self._times = Counter(part for turns in records for part in set().union(*turns))
        shares = [
            sum(self._times[part] > 1 for part in parts) / len(parts)
            for turns in records
            for parts in turns
            if len(parts) >= LEAST_PARTS
        ]
        is_enough = len(records) >= LEAST_RECORDS and bool(shares)
        # What so few turns say of the lowest share can be off by the standard error of a share.
        margin = 0.05 + 0.5 / sqrt(max(1, len(shares)))
        self._limit = min(HALF, float(np.quantile(shares, FEW)) - margin) if is_enough else 0.0

    def check(self, candidate: Candidate) -> Rejection | None:
        """The first written turn that is mostly unknown."""
        for message in candidate.written:
            if message["role"] not in SPOKEN:
                continue
            parts = set(_parts(message_text(message)))
            if len(parts) < LEAST_PARTS:
                continue
            share = sum(part in self._times for part in parts) / len(parts)
            if share < self._limit:
                quoted = message_text(message)[:60]
                return Rejection(self.name, f"{message['role']}: {share:.0%} of its parts known: {quoted!r}")
        return None


def _spoken(record: Record) -> list[Message]:
    return [message for message in record.messages if message.get("role") in SPOKEN]


def _parts(text: str) -> Iterator[str]:
    for word in words_of(text):
        if len(word) == 1 or script_of(word[0]) == "HANGUL":
            yield from word
        else:
            ended = f"^{word}$"
            yield from (ended[start : start + 3] for start in range(len(ended) - 2))
