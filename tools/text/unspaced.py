"""Scripts that write no spaces between words, as ranges for a regular expression's brackets."""

from __future__ import annotations

ALPHABETS = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
"""Thai, Lao, Burmese, Khmer: a word has some five letters."""
UNSPACED = rf"{ALPHABETS}\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
"""These, and kana and Han: a word has some two characters."""
