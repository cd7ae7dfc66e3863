"""Where the dataset's own sentences end: to tell an open ending from a text that was cut off."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from ...dataset.record import Record, message_text

ENDINGS = tuple(".!?…。！？।)\"'”’»*`:]")
OPEN_ENDINGS = 0.005
"""Share of the real assistant turns that may lack an ending mark before the dataset counts as one that leaves them out.
Where it does not, every text without an ending mark is cut off."""
SELDOM = 0.01
"""Share of a word's places at which a sentence ends after it, below which a text that stops there is cut off."""
SHORT_ANSWER = 4
"""Words; where open ends are usual, an answer as short as this is whole without a mark."""
LEAST_SEEN = 5
"""Places that a word or pair of words needs before its share says anything."""
_TOKEN = re.compile(r"\w+(?:['’]\w+)?|[.!?…:\n]+")
_NUMBER = re.compile(r"\d+")


class SentenceEnds:
    """How often the assistant's sentences end after a word, and after a pair of words."""

    def __init__(self, real: Iterable[Record]) -> None:
        self._places: Counter[tuple[str, ...]] = Counter()
        self._ends: Counter[tuple[str, ...]] = Counter()
        turns = open_ended = 0
        for record in real:
            for message in record.messages:
                text = message_text(message).strip() if message.get("role") == "assistant" else ""
                if text:
                    turns += 1
                    open_ended += not text.endswith(ENDINGS)
                    self._count(text)
        self._leaves_open = open_ended > OPEN_ENDINGS * turns

    def _count(self, text: str) -> None:
        words: list[str] = []
        for token in [*_TOKEN.findall(text.lower()), "."]:
            if token[0].isalnum():
                if words:
                    self._add(words, False)
                words.append(_NUMBER.sub("0", token))
            elif words:
                self._add(words, True)
                words = []

    def _add(self, words: list[str], ends: bool) -> None:
        for key in (tuple(words[-1:]), tuple(words[-2:])):
            self._places[key] += 1
            self._ends[key] += ends

    def is_cut_off(self, text: str) -> bool:
        """Whether a text without an ending mark stops where the dataset's sentences go on."""
        if text.rstrip().endswith(ENDINGS):
            return False
        words = [_NUMBER.sub("0", word) for word in re.findall(r"\w+(?:['’]\w+)?", text.lower())]
        if not self._leaves_open or not words:
            return True
        if len(words) <= SHORT_ANSWER:
            return False
        for key in (tuple(words[-2:]), tuple(words[-1:])):
            if self._places[key] >= LEAST_SEEN:
                return self._ends[key] < SELDOM * self._places[key]
        return False
