"""Names in what was typed: the words of a text, and the topics that stand in it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence

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
    found, _ = _whole_names(text, topics)
    return [found[at] for at in sorted(found)]


def partly_named_topics(text: str, topics: Sequence[str], common: Collection[str]) -> list[str]:
    """The topics whose name, or a part of it that no other topic has, stands in ``text``, in their order there.

    A part is two words of the name in a row, or one that makes up half of it; "agent" for "human agent".

    Args:
        text: what was said.
        topics: all there are.
        common: words that are no part of a name by themselves.
    """
    found, left = _whole_names(text, topics)
    spoken = [(part.start(), part[0]) for part in re.finditer(r"[^ \0]+", left)]
    for size in (3, 2, 1):
        for place in range(len(spoken) - size + 1):
            run = [word for _, word in spoken[place : place + size]]
            if all(any(_is_form(one, word) for one in common) for word in run) or any(
                _UNSPACED.search(word) for word in run
            ):
                continue
            having = [topic for topic in topics if _has_part(words_of(topic), run)]
            if len(having) == 1 and having[0] not in found.values():
                found[spoken[place][0]] = having[0]
    return [found[at] for at in sorted(found)]


def _whole_names(text: str, topics: Sequence[str]) -> tuple[dict[int, str], str]:
    """The topics by where their name stands among the words of the text, and these without the names."""
    left = f" {' '.join(words_of(text))} "
    found: dict[int, str] = {}
    for topic in sorted(topics, key=len, reverse=True):
        name = " ".join(words_of(topic))
        wanted = name if _UNSPACED.search(name) else f" {name} "
        if name and (at := left.find(wanted)) >= 0:
            found[at] = topic
            left = left.replace(wanted, re.sub(r"\S", "\0", wanted))
    return found, left


def _has_part(name: Sequence[str], run: Sequence[str]) -> bool:
    """Whether the words stand in the name in a row, in whatever ending; a single one must be half of the name."""
    for at in range(len(name) - len(run) + 1):
        if all(_is_form(word, other) for word, other in zip(name[at:], run, strict=False)):
            return len(run) > 1 or 2 * len(name[at]) >= len("".join(name))
    return False


def _is_form(word: str, other: str) -> bool:
    """Whether it is the word but for its ending."""
    return word == other or (len(word) > 3 and other.startswith(word[: max(4, len(word) - 1)]))


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
