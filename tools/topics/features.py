"""What topics are judged by: the meaning of a text (its embedding) beside its words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..index.spread import Vectors, unit_rows
from .text import CHARACTERS

WORD_WEIGHT = 0.5
"""Length of the part for words against 1 for the embedding; measured on the training part of Banking77."""
_DIMENSIONS = 200
_MOST_TERMS = 30_000
_FEW_TEXTS = 200  # with fewer, a term that stands in one of them only may still be telling
_KINDS: tuple[dict[str, Any], ...] = (
    {"token_pattern": r"(?u)\w+", "ngram_range": (1, 2)},
    {"analyzer": "char_wb", "ngram_range": (3, 4)},
)


class TopicFeatures:
    """Makes one row of numbers from the embedding and the words of a text.

    The words are TF-IDF of words and of parts of words, which bear typing errors, reduced by a truncated SVD
    (latent semantic analysis) that is fitted to the dataset's own texts.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        """Learn the words of a dataset.

        Args:
            texts: the texts of its records, or of a fair sample of them.
        """
        self._vectorizers: list[Any] = []
        self._reduction: Any = None
        self._fit([text[:CHARACTERS] for text in texts])

    def rows(self, vectors: Vectors, texts: Sequence[str]) -> tuple[Vectors, Vectors]:
        """Embedding and words of each text.

        Args:
            vectors: embeddings, shape (n, dimensions).
            texts: the n texts.

        Returns:
            Unit rows of both together, shape (n, dimensions + at most 200), and the words alone, shape
            (n, at most 200), where a text without a known word is a row of zeros.
        """
        embedded = unit_rows(vectors)
        words = self._words([text[:CHARACTERS] for text in texts])
        return unit_rows(np.hstack([embedded, WORD_WEIGHT * words])), words

    def _fit(self, texts: Sequence[str]) -> None:
        from sklearn.decomposition import TruncatedSVD
        from sklearn.feature_extraction.text import TfidfVectorizer

        rarest = 1 if len(texts) < _FEW_TEXTS else 3
        for kind in _KINDS:
            vectorizer = TfidfVectorizer(
                sublinear_tf=True, min_df=rarest, max_features=_MOST_TERMS, dtype=np.float32, **kind
            )
            try:
                self._vectorizers.append(vectorizer.fit(texts))
            except ValueError:  # scikit-learn's way of saying that no term is left
                continue
        if not self._vectorizers:
            return
        terms = self._terms(texts)
        dimensions = min(_DIMENSIONS, min(terms.shape) - 1)
        if dimensions > 0:
            self._reduction = TruncatedSVD(dimensions, n_iter=3, random_state=0).fit(terms)

    def _terms(self, texts: Sequence[str]) -> Any:
        from scipy.sparse import hstack
        from sklearn.preprocessing import normalize

        return normalize(hstack([vectorizer.transform(texts) for vectorizer in self._vectorizers]).tocsr())

    def _words(self, texts: Sequence[str]) -> Vectors:
        if self._reduction is None:
            return np.zeros((len(texts), 0), np.float32)
        reduced = self._reduction.transform(self._terms(texts))
        lengths = np.linalg.norm(reduced, axis=1, keepdims=True)
        scaled = np.divide(reduced, lengths, out=np.zeros_like(reduced), where=lengths > 1e-9)
        return np.asarray(scaled, np.float32)
