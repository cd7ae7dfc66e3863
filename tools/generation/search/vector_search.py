"""All unit vectors within an angle of another one: exact, and ten times faster than comparing with each."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .growing_rows import GrowingRows

_AXES = 32
"""Principal axes: they hold about 60% of the squared length of sentence vectors, and more axes cost more than the
full comparisons that they save (measured with 100,000 vectors of 384 dimensions, 16 to 96 axes)."""
_LEAST_ROWS = 512
"""Below it, comparing with every vector takes no longer."""
_LIKELIEST = 64
"""Rows of the highest bounds that the nearest one is looked for among first."""
_SAMPLE = 4096
_AT_ONCE = 2048
"""Rows that are unpacked in one go: 3 MB of vectors of 384 dimensions."""
_STEPS = np.float32(np.iinfo(np.int16).max)
"""A number from -1 to 1 is kept in 16 bits, as so many steps from 0. That is half the memory of single precision, and
a cosine is wrong by about 0.00001; half precision would be wrong by more, and takes ten times as long to unpack."""
_ROUNDING = 1e-5
"""Single precision over some hundred dimensions is wrong by less."""


class VectorSearch:
    """Unit vectors that can be added at any time and searched at any time.

    Vectors are kept whole, rounded to 16 bits, and as projections on the principal axes of a sample. With P the
    projection and r what it leaves, ``x·y = Px·Py + rx·ry ≤ Px·Py + |rx||ry|`` (Cauchy and Schwarz), so only vectors
    whose bound reaches the limit are compared in full; none that should be found is missed, whatever the axes are.
    Filed as ``(Px, |rx|)``, the bounds of all rows are one matrix-vector product.
    """

    def __init__(self, dimensions: int) -> None:
        """Args: the length of a vector."""
        self._vectors = GrowingRows(np.int16, dimensions)
        self._axes: NDArray[Any] | None = None
        self._bounds = GrowingRows(np.float32, _AXES + 1)
        self._fitted = 0

    def __len__(self) -> int:
        return len(self._vectors)

    def add(self, vectors: ArrayLike) -> None:
        """Add unit vectors, shape (m, dimensions); they are counted from 0 in their order."""
        before, new = len(self), np.asarray(vectors, dtype=np.float32)
        for start in range(0, len(new), _AT_ONCE):
            self._vectors.extend(np.rint(new[start : start + _AT_ONCE] * _STEPS))
        if len(self) >= max(_LEAST_ROWS, 2 * self._fitted) and self._vectors.rows.shape[1] > _AXES:
            self._fit()
        elif self._axes is not None:
            self._project(before)

    def at_least(self, vector: NDArray[Any], limit: float) -> tuple[NDArray[np.intp], NDArray[Any]]:
        """The rows whose cosine with a unit vector is at least ``limit``, and these cosines, closest first."""
        rows = np.arange(len(self))
        if self._axes is not None:
            bounds = _products(self._bounds.rows, self._projected(vector[None, :])[0])
            rows = np.flatnonzero(bounds >= limit - _ROUNDING)
        cosines = self._cosines(rows, vector)
        close = np.flatnonzero(cosines >= limit)
        order = close[np.argsort(-cosines[close], kind="stable")]
        return rows[order], cosines[order]

    def nearest(self, vector: NDArray[Any], limit: float) -> tuple[int, float] | None:
        """The row whose cosine with a unit vector is highest, or None where all are below the limit."""
        if self._axes is not None and len(self) > _LIKELIEST:
            bounds = _products(self._bounds.rows, self._projected(vector[None, :])[0])
            likeliest = np.argpartition(-bounds, _LIKELIEST)[:_LIKELIEST]
            # Whatever is nearer than the best of these has a bound above it.
            limit = max(limit, float(self._cosines(likeliest, vector).max()))
            rows = np.flatnonzero(bounds >= limit - _ROUNDING)
        else:
            rows = np.arange(len(self))
        cosines = self._cosines(rows, vector)
        if not len(rows) or cosines.max() < limit:
            return None
        best = int(np.argmax(cosines))
        return int(rows[best]), float(cosines[best])

    def _cosines(self, rows: NDArray[np.intp], vector: NDArray[Any]) -> NDArray[Any]:
        # Piece by piece: all of them unpacked would be twice as large as all that is kept.
        pieces = [rows[start : start + _AT_ONCE] for start in range(0, len(rows), _AT_ONCE)]
        found = [_products(_unpacked(self._vectors.rows[piece]), vector) for piece in pieces]
        return np.concatenate(found) if found else np.empty(0, np.float32)

    def _fit(self) -> None:
        step = max(1, len(self) // _SAMPLE)
        sample = _unpacked(self._vectors.rows[::step])
        # Not centred: the products are to be kept, not the distances from the mean.
        self._axes = np.linalg.eigh(sample.T @ sample)[1][:, -_AXES:]
        self._bounds = GrowingRows(np.float32, _AXES + 1)
        self._project(0)
        self._fitted = len(self)

    def _project(self, first: int) -> None:
        """File the bounds of the vectors from this one on: of what is kept of them, so that they hold exactly."""
        for start in range(first, len(self), _AT_ONCE):
            self._bounds.extend(self._projected(_unpacked(self._vectors.rows[start : start + _AT_ONCE])))

    def _projected(self, vectors: NDArray[Any]) -> NDArray[Any]:
        on_axes = vectors @ self._axes
        left = np.sqrt(np.maximum(0.0, _squared_lengths(vectors) - _squared_lengths(on_axes)))
        return np.column_stack([on_axes, left])


def _unpacked(rows: NDArray[Any]) -> NDArray[Any]:
    return rows.astype(np.float32) / _STEPS


def _products(rows: NDArray[Any], vector: NDArray[Any]) -> NDArray[Any]:
    # Not `@`: BLAS would take several threads for it, and on a busy machine the time goes into waiting for them.
    return np.asarray(np.einsum("ij,j->i", rows, vector))


def _squared_lengths(vectors: NDArray[Any]) -> NDArray[Any]:
    return np.asarray(np.einsum("ij,ij->i", vectors, vectors))
