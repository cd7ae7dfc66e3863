"""Names in what was typed: the words of a text, and the topics that stand in it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from .numbers import ascii_digits

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*[#+]*")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
"""Scripts that write words without spaces, or hang endings on them (Thai to Khmer, Japanese, Chinese, Korean)."""


def words_of(text: str) -> list[str]:
    """Lower-case words and numbers; underscores and hyphens part words, signs as in "c#" and "c++" belong to them."""
    plain = unicodedata.normalize("NFKC", ascii_digits(text)).lower().replace("’", "'")
    return _WORD.findall(re.sub(r"(?<=\d)(?=[^\W\d_\u0000-\u024f])", " ", plain))


def named_topics(text: str, topics: Sequence[str]) -> list[str]:
    """The topics whose whole name stands in ``text``, in their order there.

    A longer name hides the shorter ones in it: "bank fraud" does not name "fraud" as well.
    """
    left = f" {' '.join(words_of(text))} "
    found: dict[int, str] = {}
    for topic in sorted(topics, key=len, reverse=True):
        name = " ".join(words_of(topic))
        wanted = name if _UNSPACED.search(name) else f" {name} "
        if name and (at := left.find(wanted)) >= 0:
            found[at] = topic
            left = left.replace(wanted, re.sub(r"\S", "\0", wanted))
    return [found[at] for at in sorted(found)]


def shares_a_word(name: str, text: str) -> bool:
    """Whether a word of ``name`` stands in ``text``, in whatever ending; two characters where no spaces part words."""
    spoken = words_of(text)
    for word in words_of(name):
        if _UNSPACED.search(word):
            pairs = {word[at : at + 2] for at in range(max(1, len(word) - 1))}
            if any(pair in text for pair in pairs):
                return True
        elif any(word == other or (len(word) > 3 and other.startswith(word[:4])) for other in spoken):
            return True
    return False
