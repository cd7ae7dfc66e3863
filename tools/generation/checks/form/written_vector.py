"""The vector of what a strategy wrote for the user, computed once for all checks that need it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
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
        self._remembered: OrderedDict[str, NDArray[Any]] = OrderedDict()

    def expect(self, texts: Iterable[str]) -> None:
        """Embed what the checks will ask for, in one request and not in one for each text.

        Raises:
            EndpointError: the embedding model does not answer.
        """
        self._embed([text for text in dict.fromkeys(texts) if text and text not in self._remembered])

    def of(self, candidate: Candidate) -> NDArray[Any]:
        """The unit vector of the user's written turns, shape (d,)."""
        return self.of_text(candidate.written_text("user"))

    def of_text(self, text: str) -> NDArray[Any]:
        """The unit vector of any text, shape (d,)."""
        if text not in self._remembered:
            self._embed([text])
        self._remembered.move_to_end(text)
        return self._remembered[text]

    def _embed(self, texts: list[str]) -> None:
        if texts:
            self._remembered.update(
                zip(texts, unit_rows(self._embeddings.embed_documents(texts)), strict=True)
            )
        while len(self._remembered) > _REMEMBERED:
            self._remembered.popitem(last=False)
