"""Scripts: which writing systems the letters of a text belong to."""

from __future__ import annotations

import unicodedata
from collections import Counter
from functools import lru_cache

# Kana are written in two ways, and in a narrow one.
_JOINED = {"HAN", "KANA", "HANGUL", "THAI", "LAO", "MYANMAR", "KHMER", "TIBETAN"}
_TOGETHER = {"HIRAGANA": "KANA", "KATAKANA": "KANA", "CJK": "HAN", "FULLWIDTH": "LATIN", "HALFWIDTH": "KANA"}


def script_shares(text: str) -> dict[str, float]:
    """The share of a text's letters in each script, by Unicode's names (LATIN, HAN, HANGUL); empty without letters."""
    counted: Counter[str] = Counter()
    for letter, times in Counter(text).items():
        if letter.isalpha():
            counted[script_of(letter)] += times
    total = counted.total()
    return {script: number / total for script, number in counted.items()}


@lru_cache(maxsize=8192)
def script_of(letter: str) -> str:
    """The script of one letter."""
    name = unicodedata.name(letter, "?").split()[0].split("-")[0]
    return _TOGETHER.get(name, name)


def is_joined(letter: str) -> bool:
    """Whether a letter is of a script without spaces between words, or one that joins particles to them (Korean)."""
    return script_of(letter) in _JOINED
