"""The words that tell groups of texts apart."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np

from ..text.unspaced import ALPHABETS, UNSPACED

_WORD = re.compile(rf"[{UNSPACED}]+|[^\W\d_{UNSPACED}][^\W_{UNSPACED}]*(?:['’-][^\W_{UNSPACED}]+)*")
_OF_ALPHABET, _UNSPACED = re.compile(f"[{ALPHABETS}]"), re.compile(f"[{UNSPACED}]")


def telling_terms(texts: Sequence[str], groups: Sequence[int], count: int = 8) -> list[list[str]]:
    """The most telling words of each group, of whatever language.

    A word's weight in a group is its informativeness (Tomokiyo and Hurst 2003), by texts that have it: their share of
    the group times the logarithm of how many times their share of all texts that is. So what is frequent everywhere, as
    "the" and "und" are, tells nothing, without a list of such.

    Args:
        texts: the texts.
        groups: the group of each, numbered from 0.
        count: how many words for each group.

    Returns:
        One list of words for each group, most telling first; fewer than ``count`` where there are fewer.
    """
    from sklearn.feature_extraction.text import CountVectorizer

    amount = max(groups, default=-1) + 1
    if not amount:
        return []
    counter = CountVectorizer(analyzer=_words, binary=True)
    try:
        has = counter.fit_transform(texts)
    except ValueError:  # scikit-learn's way of saying that there is no word
        return [[] for _ in range(amount)]
    numbers = np.asarray(groups)
    shares = np.vstack([has[numbers == group].mean(axis=0) for group in range(amount)])
    shares, of_all = np.asarray(shares), np.asarray(has.mean(axis=0))
    weights = shares * np.log(np.maximum(shares, 1e-12) / of_all)
    names = counter.get_feature_names_out()
    return [
        [str(names[term]) for term in np.argsort(-row, kind="stable")[:count] if row[term] > 0]
        for row in weights
    ]


def _words(text: str) -> Iterator[str]:
    """Words of two letters and more; where no spaces divide them, runs as long as words mostly are."""
    for word in _WORD.findall(text.lower()):
        if not _UNSPACED.match(word):
            if len(word) > 1:
                yield word
            continue
        length = 5 if _OF_ALPHABET.match(word) else 2
        yield from (word[start : start + length] for start in range(max(1, len(word) - length + 1)))
