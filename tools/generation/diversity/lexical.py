"""Variety of words: distinct-n and compression ratio."""

from __future__ import annotations

import gzip
import re
from collections.abc import Sequence

_WORD = re.compile(r"\w+")


def distinct_n(texts: Sequence[str], n: int) -> float:
    """Distinct n-grams of words divided by all of them, over all texts together (Li et al., 2016, distinct-n).

    It falls with the amount of text by itself: compare sets of equal size only.

    Args:
        texts: any number of texts; n-grams do not run over the end of one.
        n: words of an n-gram, 1 or more.

    Returns:
        From 0 (or, without any n-gram, exactly 0) to 1 (no n-gram comes twice).
    """
    grams = [gram for text in texts for gram in _grams(text, n)]
    return len(set(grams)) / len(grams) if grams else 0.0


def compression_ratio(texts: Sequence[str]) -> float:
    """Size of the texts divided by their size after gzip (Shaib et al., 2024): higher is more repetitive.

    Args:
        texts: joined by line breaks before they are compressed.

    Returns:
        Bytes over bytes; below 1 for a few short texts, where the header weighs more; 0 without text.
    """
    data = "\n".join(texts).encode()
    # Without a time stamp, so that the same texts give the same figure.
    return len(data) / len(gzip.compress(data, mtime=0)) if data else 0.0


def _grams(text: str, n: int) -> list[tuple[str, ...]]:
    words = _WORD.findall(text.lower())
    return [tuple(words[start : start + n]) for start in range(len(words) - n + 1)]
