"""Semantic near-duplicates: other words, the same content; and variations that left their source."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...dataset.record import message_text
from ..draft import Candidate, Rejection

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

LIMIT = 0.96
"""Cosine of two user texts from which they count as one: a rewording by a person stays below it."""
CLOSE_TO_SOURCE = 0.55
"""Least cosine of a varied user turn to its source; below it the request is another one."""


class SemanticDuplicate:
    """Compares the vectors of what the users say with those of the seeds and of everything accepted so far."""

    name = "semantic_duplicate"

    def __init__(self, embeddings: Embeddings, known: NDArray[np.float32]) -> None:
        """Args: the embedding model, and unit vectors (n, d) of the topic's existing user texts."""
        self._embeddings = embeddings
        self._known = known
        self._last: tuple[str, NDArray[np.float32]] | None = None

    def check(self, candidate: Candidate) -> Rejection | None:
        """Too close to another record, or, for a variation, too far from its source."""
        vector = self._vector(candidate.written_text("user"))
        if len(self._known):
            nearest = float(np.max(self._known @ vector))
            if nearest >= LIMIT:
                return Rejection(self.name, f"cosine {nearest:.3f} with an existing record (limit {LIMIT})")
        if candidate.draft.strategy == "message_variation":
            source = message_text(candidate.draft.seeds[0].messages[candidate.first_written])
            closeness = float(_unit(self._embeddings.embed_query(source)) @ vector)
            if closeness < CLOSE_TO_SOURCE:
                return Rejection(
                    "variation", f"cosine {closeness:.2f} to its source (at least {CLOSE_TO_SOURCE})"
                )
        return None

    def accepted(self, candidate: Candidate) -> None:
        """Remember it."""
        vector = self._vector(candidate.written_text("user"))[None, :]
        self._known = np.concatenate([self._known, vector]) if len(self._known) else vector

    def _vector(self, text: str) -> NDArray[np.float32]:
        if self._last is None or self._last[0] != text:
            self._last = (text, _unit(self._embeddings.embed_query(text)))
        return self._last[1]


def _unit(vector: list[float]) -> NDArray[np.float32]:
    array = np.asarray(vector, dtype=np.float32)
    return array / max(float(np.linalg.norm(array)), 1e-9)
