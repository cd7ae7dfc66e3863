"""Variety of meaning, from vectors: likeness of nearest neighbours and Vendi score."""

from __future__ import annotations

import numpy as np

from ...index.spread import Vectors


def nearest_likeness(vectors: Vectors) -> float:
    """Mean over the rows of the cosine with the row that is most alike.

    Args:
        vectors: unit rows, shape (n, dimensions).

    Returns:
        From -1 to 1 (each text has a twin); 0 with fewer than two rows, which have no neighbour.
    """
    if len(vectors) < 2:
        return 0.0
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -np.inf)
    return float(np.clip(cosines.max(axis=1), -1.0, 1.0).mean())


def vendi_score(vectors: Vectors) -> float:
    """Effective number of different texts: exp of the entropy of the eigenvalues of K / n, with K the cosines.

    Friedman and Dieng, "The Vendi Score" (2023).

    Args:
        vectors: unit rows, shape (n, dimensions).

    Returns:
        From 1 (all alike) to n (all at right angles); 0 without rows.
    """
    if not len(vectors):
        return 0.0
    rows = np.asarray(vectors, dtype=np.float64)
    # XᵀX has the same eigenvalues above zero as XXᵀ: the smaller of the two is solved.
    gram = rows @ rows.T if len(rows) <= rows.shape[1] else rows.T @ rows
    values = np.linalg.eigvalsh(gram / len(rows))
    values = values[values > 1e-12]
    return float(np.exp(-np.sum(values * np.log(values))))
