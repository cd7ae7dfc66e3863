"""What a worker loads before it takes its first part."""

from __future__ import annotations

import importlib
from contextlib import suppress
from typing import TYPE_CHECKING

from ...coverage.space.languages import language_of
from ...errors import CoverageError
from ...models.embedding import WordLlamaEmbeddings

if TYPE_CHECKING:
    from ...services import Services

_IMPORTED_LATE = (
    "chromadb",
    "langchain_openai",
    "scipy.special",
    "sklearn.cluster",
    "sklearn.decomposition",
    "sklearn.feature_extraction.text",
    "sklearn.linear_model",
)
"""Libraries that the program imports where it first needs them: seconds of processor time, all together."""


def load_ahead(services: Services) -> None:
    """Load what jobs need, so that none is held meanwhile, with places at an endpoint that nobody uses; blocking.

    No model is asked. What cannot be loaded is told by the job that needs it.
    """
    for name in _IMPORTED_LATE:
        importlib.import_module(name)
    with suppress(CoverageError):
        language_of("Whatever is written tells a language.")
        _ = services.chat_model
        _ = services.verifier_model
        if isinstance(services.embeddings, WordLlamaEmbeddings):
            services.embeddings.embed_query("loaded")
