"""Whether a short text that somebody typed is English; no more is asked of it than whether that is worth asking."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Any

_WORD = re.compile(r"[^\W\d_]+")
_FEWEST_WORDS = 3
_TIMES = 10
"""So many times likelier than English another language has to be: the detector is unsure of a few typed words."""


def is_english(text: str) -> bool | None:
    """``None`` where the text does not tell.

    Letters of another script tell at once. Between languages of the Latin script the detector of the extra
    ``languages`` decides, from three words on; without it nothing does.
    """
    words = _WORD.findall(text)
    letters = "".join(words)
    if not letters:
        return None
    latin = sum(unicodedata.name(letter, "").startswith("LATIN") for letter in letters)
    if latin < len(letters) / 2:
        return False
    detector = _detector()
    if detector is None or len(words) < _FEWEST_WORDS:
        return None
    chances = dict(detector.rank(" ".join(words).lower()))
    best, english = max(chances.values()), chances["en"]
    return True if best == english else False if best >= _TIMES * english else None


@cache
def _detector() -> Any:
    try:
        from py3langid.langid import MODEL_FILE, LanguageIdentifier
    except ImportError:
        return None
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
