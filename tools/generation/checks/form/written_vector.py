"""The vector of what a strategy wrote for the user, computed once for all checks that need it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from ....index.spread import unit_rows
from ...attempts.draft import Candidate

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

_REMEMBERED = 1024
"""Texts: the seeds of a job come again and again, and the candidate goes through several checks."""


class WrittenVector:
    """Unit vectors by the embedding model, remembered."""

    def __init__(self, embeddings: Embeddings) -> None:
        self._embeddings = embeddings
        self._remembered = lru_cache(_REMEMBERED)(self._embedded)

    def of(self, candidate: Candidate) -> NDArray[Any]:
        """The unit vector of the user's written turns, shape (d,)."""
        return self._remembered(candidate.written_text("user"))

    def of_text(self, text: str) -> NDArray[Any]:
        """The unit vector of any text, shape (d,)."""
        return self._remembered(text)

    def _embedded(self, text: str) -> NDArray[Any]:
        vector: NDArray[Any] = unit_rows(self._embeddings.embed_query(text))[0]
        return vector
