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

    def __init__(self, vectorizers: Sequence[Any], reduction: Any) -> None:
        """Take what `learnt_from` fitted.

        Args:
            vectorizers: make terms of texts.
            reduction: makes words of terms; ``None`` where the texts have too few.
        """
        self._vectorizers = vectorizers
        self._reduction = reduction

    @classmethod
    def learnt_from(cls, texts: Sequence[str]) -> tuple[TopicFeatures, Vectors]:
        """Learn the words of a dataset.

        Args:
            texts: the texts of its records, or of a fair sample of them.

        Returns:
            What makes rows of further texts, and the words of these ones, as `joined` takes them.
        """
        from sklearn.decomposition import TruncatedSVD
        from sklearn.feature_extraction.text import TfidfVectorizer
        from threadpoolctl import threadpool_limits

        texts = _beginnings(texts)
        rarest = 1 if len(texts) < _FEW_TEXTS else 3
        vectorizers, found = [], []
        for kind in _KINDS:
            vectorizer = TfidfVectorizer(
                sublinear_tf=True, min_df=rarest, max_features=_MOST_TERMS, dtype=np.float32, **kind
            )
            try:
                found.append(vectorizer.fit_transform(texts))
            except ValueError:  # scikit-learn's way of saying that no term is left
                continue
            vectorizers.append(vectorizer)
        terms = _together(found) if found else None
        dimensions = 0 if terms is None else min(_DIMENSIONS, min(terms.shape) - 1)
        if dimensions <= 0:
            return cls(vectorizers, None), _no_words(len(texts))
        # Most of it is products of sparse matrices, which have one thread: others would wait, and use up the processor.
        with threadpool_limits(1):
            reduction = TruncatedSVD(dimensions, n_iter=3, random_state=0).fit(terms)
        return cls(vectorizers, reduction), _unit_words(reduction.transform(terms))

    def rows(self, vectors: Vectors, texts: Sequence[str]) -> Vectors:
        """Embedding and words of further texts, as `joined` puts them together.

        Args:
            vectors: embeddings, shape (n, dimensions).
            texts: the n texts.
        """
        return joined(vectors, self._words(_beginnings(texts)))

    def _words(self, texts: Sequence[str]) -> Vectors:
        if self._reduction is None:
            return _no_words(len(texts))
        terms = _together([vectorizer.transform(texts) for vectorizer in self._vectorizers])
        return _unit_words(self._reduction.transform(terms))


def joined(vectors: Vectors, words: Vectors) -> Vectors:
    """Unit rows of embeddings and words together, shape (n, dimensions + at most 200).

    Args:
        vectors: embeddings, shape (n, dimensions).
        words: unit rows, shape (n, at most 200), where a text without a known word is a row of zeros.
    """
    return unit_rows(np.hstack([unit_rows(vectors), WORD_WEIGHT * words]))


def _beginnings(texts: Sequence[str]) -> list[str]:
    return [text[:CHARACTERS] for text in texts]


def _together(found: Sequence[Any]) -> Any:
    """The terms of all kinds as one sparse matrix of unit rows."""
    from scipy.sparse import hstack
    from sklearn.preprocessing import normalize

    return normalize(hstack(found).tocsr())


def _no_words(count: int) -> Vectors:
    return np.zeros((count, 0), np.float32)


def _unit_words(reduced: Vectors) -> Vectors:
    lengths = np.linalg.norm(reduced, axis=1, keepdims=True)
    scaled = np.divide(reduced, lengths, out=np.zeros_like(reduced), where=lengths > 1e-9)
    return np.asarray(scaled, np.float32)
