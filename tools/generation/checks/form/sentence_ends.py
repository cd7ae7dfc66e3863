"""Where the dataset's own sentences end: to tell an open ending from a text that was cut off."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from ....dataset.record import Record, message_text
from ..habits import LEAST_RECORDS

ENDINGS = tuple(".!?…。！？।)\"'”’»*`:]}>=%")
"""Marks, brackets and signs that a whole text may end with."""
OPEN_ENDINGS = 0.005
"""Share of the real assistant turns that may lack an ending mark before the dataset counts as one that leaves them out.
Where it does not, a text without an ending mark is cut off, but for the few words that sentences often end with."""
SELDOM = 0.01
"""Share of the places of some last words at which a sentence ends after them, below which a text that stops there is
cut off."""
SHORT_ANSWER = 4
"""Words; where open ends are usual, an answer as short as this is whole without a mark: "here it is"."""
LAST_WORDS = 4
"""Words (or fewer from the beginning of a sentence) that are looked up. After fewer than these much may end that did
not so far: "the west" goes on in "the west part of town"."""
LEAST_SEEN = 3
"""Places that the last words need before their share says anything."""
_GO_ON = frozenset(
    re.findall(
        r"\S+",
        """
        a an the my your his her our their of to with and or but if for at by from as than who whose which is are was
        were be am can could should may might must has have had i we they he she i'm we're you're i'll i've very
        because while into between per und oder der die das ein eine mit von zu le la les un une de et ou el los y con
        para
        """,
    )
)
"""Words that no sentence ends with, but for short answers."""
_SIGN = re.compile(
    r"(?:^|\s)(?:[:;=]['’-]?[()\[\]DPpOo/\\|*3]+|<3|\^_*\^|_{2,})$|[☀-➿\U0001F300-\U0001FAFF]\ufe0f?$"
)
"""A smiley or the blank of a quiz question."""
_PARTING = frozenset(
    ["bye", "goodbye", "thanks", "cheers", "enjoy", "welcome", "ciao", "tschüss", "danke", "merci", "gracias"]
)
"""A sentence of one such word is whole."""
_NO_SENTENCE = re.compile(
    r"(?<!\S)(?=\S++$)(?:\S*(?:https?://|www\.)\S|(?>\S+?@)(?>\S+\.)\w+$)|%\w$"  # looks into the last word only
)
"""An address or a format, after which a full stop would be part of it."""
_ITEM = re.compile(r"(?:^|\n)[^\S\n]*(?:\d{1,3}[.)]|[-*•])\s[^\n]*$")
"""The last item of a list, which seldom has a full stop."""
LAST_PAIR = 2
OFTEN = 0.5
"""Share of the places of two last words at which a sentence ends after them, from which a text may end there too."""
_JOINTS = tuple(",;([{-–&")
_TOKEN = re.compile(r"\w+(?:['’]\w+)?|[.!?…:\n]+")
_NUMBER = re.compile(r"\d+")
_START = "^"


class SentenceEnds:
    """How often one role's sentences end after their last words."""

    def __init__(self, real: Iterable[Record], role: str = "assistant") -> None:
        self._places: Counter[tuple[str, ...]] = Counter()
        self._ends: Counter[tuple[str, ...]] = Counter()
        turns = open_ended = 0
        for record in real:
            for message in record.messages:
                text = message_text(message).strip() if message.get("role") == role else ""
                if text:
                    turns += 1
                    open_ended += not (
                        text.endswith(ENDINGS) or _NO_SENTENCE.search(text) or _ITEM.search(text)
                    )
                    self._count(text)
        self._leaves_open = open_ended > OPEN_ENDINGS * turns
        self._leaves_some_open = open_ended >= LEAST_RECORDS

    def _count(self, text: str) -> None:
        words: list[str] = []
        for token in [*_TOKEN.findall(text.lower()), "."]:
            if token[0].isalnum():
                if words:
                    self._places.update((_key(words), _pair(words)))
                words.append(_NUMBER.sub("0", token))
            elif words:
                self._places.update((_key(words), _pair(words)))
                self._ends.update((_key(words), _pair(words)))
                words = []

    def is_cut_off(self, text: str) -> bool:
        """Whether a text without an ending mark stops where sentences go on.

        That is after a word or sign that none ends with, or after words that the dataset's own sentences hardly
        ever end with. A dataset that leaves no end open leaves none open here.
        """
        text = text.rstrip()
        if text.endswith(ENDINGS) or _SIGN.search(text):
            return False
        words = _words_of_last_sentence(text)
        if len(words) == 1 and words[0] in _PARTING:
            return False
        if not words or text.endswith(_JOINTS):
            return True
        if _NO_SENTENCE.search(text) or (_ITEM.search(text) and words[-1] not in _GO_ON):
            return False
        if self._leaves_some_open and self._often_ends(words):
            return False
        if not self._leaves_open:
            return True
        if len(text.split()) <= SHORT_ANSWER:
            return False
        key = _key(words)
        if self._places[key] >= LEAST_SEEN:
            return self._ends[key] < SELDOM * self._places[key]
        return words[-1] in _GO_ON

    def _often_ends(self, words: list[str]) -> bool:
        pair = _pair(words)
        return self._places[pair] >= LEAST_SEEN and self._ends[pair] >= OFTEN * self._places[pair]


def _words_of_last_sentence(text: str) -> list[str]:
    words: list[str] = []
    for token in _TOKEN.findall(text.lower()):
        if token[0].isalnum():
            words.append(_NUMBER.sub("0", token))
        else:
            words = []
    return words


def _key(words: list[str]) -> tuple[str, ...]:
    """The last words; fewer, and the start, of a sentence that has no more."""
    return tuple(words[-LAST_WORDS:]) if len(words) >= LAST_WORDS else (_START, *words)


def _pair(words: list[str]) -> tuple[str, ...]:
    return ("…", *words[-LAST_PAIR:])
