"""The vector of what a strategy wrote for the user, computed once for all gates that need it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from ...dataset.spread import unit_rows
from ..draft import Candidate

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings


class WrittenVector:
    """Remembers the last text: the gates look at one candidate after the other."""

    def __init__(self, embeddings: Embeddings) -> None:
        self._embeddings = embeddings
        self._last: tuple[str, NDArray[Any]] | None = None

    def of(self, candidate: Candidate) -> NDArray[Any]:
        """The unit vector of the user's written turns, shape (d,)."""
        text = candidate.written_text("user")
        if self._last is None or self._last[0] != text:
            self._last = (text, self.of_text(text))
        return self._last[1]

    def of_text(self, text: str) -> NDArray[Any]:
        """The unit vector of any text, shape (d,)."""
        vector: NDArray[Any] = unit_rows(self._embeddings.embed_query(text))[0]
        return vector
