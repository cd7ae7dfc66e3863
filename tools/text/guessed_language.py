"""Whether a short text that somebody typed is English; no more is asked of it than whether that is worth asking."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from .language_detector import language_detector

_WORD = re.compile(r"[^\W\d_]+")
_FEWEST_WORDS, _FEWEST_OF_TWO = 3, 2
_TIMES = 10
"""So many times likelier than English another language has to be: the detector is unsure of a few typed words."""


def is_english(text: str, before: str = "") -> bool | None:
    """``None`` where the text does not tell.

    Letters of another script tell at once. Between languages of the Latin script the detector of the extra
    ``languages`` decides, from three words on; without it nothing does.

    Args:
        text: what was typed.
        before: what the same person typed earlier in another language. Then two words are enough: it is either that
            language or English.
    """
    words = _WORD.findall(text)
    if not words:
        return None
    if not _is_latin(words):
        return False
    earlier = _WORD.findall(before)
    if earlier and not _is_latin(earlier) and len(words) >= _FEWEST_OF_TWO:
        return True
    detector = language_detector()
    if detector is None:
        return None
    chances = dict(detector.rank(" ".join(words).lower()))
    best, english = max(chances.values()), chances["en"]
    if len(words) >= _FEWEST_WORDS and (best == english or best >= _TIMES * english):
        return bool(best == english)
    if len(words) >= _FEWEST_OF_TWO <= len(earlier):
        (other, _), *_ = detector.rank(" ".join(earlier).lower())
        return bool(english > chances[other])
    return None


def _is_latin(words: Sequence[str]) -> bool:
    letters = "".join(words)
    return 2 * sum(unicodedata.name(letter, "").startswith("LATIN") for letter in letters) >= len(letters)
