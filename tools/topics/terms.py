"""The words that tell groups of texts apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def telling_terms(texts: Sequence[str], groups: Sequence[int], count: int = 8) -> list[list[str]]:
    """The most telling words of each group, by class-based TF-IDF (Grootendorst 2022, arXiv:2203.05794).

    A word's weight in a group is its share of the group's words times ``log(1 + A / f)``, with A the words of
    an average group and f the word's frequency over all groups.

    Args:
        texts: the texts.
        groups: the group of each, numbered from 0.
        count: how many words for each group.

    Returns:
        One list of words for each group, most telling first; fewer than ``count`` where there are fewer.
    """
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, CountVectorizer

    amount = max(groups, default=-1) + 1
    if not amount:
        return []
    joined = [
        " ".join(text for text, own in zip(texts, groups, strict=True) if own == group)
        for group in range(amount)
    ]
    counter = CountVectorizer(token_pattern=r"(?u)\b[^\W\d_][\w'-]+\b", stop_words=sorted(ENGLISH_STOP_WORDS))
    try:
        counts = counter.fit_transform(joined).toarray().astype(np.float64)
    except ValueError:  # scikit-learn's way of saying that there is no word
        return [[] for _ in range(amount)]
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    rarity = np.log1p(counts.sum() / amount / np.maximum(counts.sum(axis=0), 1))
    weights = shares * rarity
    names = counter.get_feature_names_out()
    return [
        [str(names[term]) for term in np.argsort(-row, kind="stable")[:count] if row[term] > 0]
        for row in weights
    ]
