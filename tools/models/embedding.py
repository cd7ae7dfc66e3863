"""The embedding model that the settings name: embedded, wordllama, or at an endpoint. Vectors of length 1."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from langchain_core.embeddings import Embeddings
from numpy.typing import NDArray

from ..errors import InvalidInput
from ..settings import PREFIX, Settings
from .chat import CONNECT_TIMEOUT, ENDPOINT_RETRIES, ENDPOINT_TIMEOUT, NO_KEY
from .endpoint_errors import EmbeddedModelUnavailable, as_endpoint_error, cause, unusable_answer

WORDLLAMA = "wordllama"
MULTILINGUAL = "multilingual"
_ENGLISH = ("English", "Latin script")
_BATCH = 256  # texts in one request
_T = TypeVar("_T")


def make_embeddings(settings: Settings, language: str | None = None) -> Embeddings:
    """The embedding model that the settings name. Nothing is loaded before the first text.

    Args:
        settings: which one; where they name none, the dataset's language decides.
        language: of the dataset, as `language_of` names it; None where it is not known.

    Raises:
        InvalidInput: a model name without an endpoint.
    """
    name = settings.embedding_model
    if name.lower() == WORDLLAMA:
        return WordLlamaEmbeddings()
    is_foreign = name == "" and language is not None and language not in _ENGLISH
    if name.lower() == MULTILINGUAL or is_foreign:
        from .multilingual import MultilingualEmbeddings

        return MultilingualEmbeddings()
    if settings.uses_embedded_embeddings:
        from .minilm import MiniLMEmbeddings

        return MiniLMEmbeddings()
    if not settings.has_endpoint:
        raise InvalidInput(
            f"The embedding model {name!r} needs an endpoint, and none is set.",
            hint=f"Set OPENAI_API_KEY (and OPENAI_BASE_URL), or {PREFIX}EMBEDDING_MODEL=embedded.",
        )
    return EndpointEmbeddings(settings)


def why_unfit(embeddings: Embeddings, language: str | None) -> str | None:
    """Why vectors of a model tell nothing about texts in a language, or None; of a model that is not ours, None."""
    from .minilm import MiniLMEmbeddings
    from .multilingual import LANGUAGES, MultilingualEmbeddings

    if isinstance(embeddings, MultilingualEmbeddings):
        known: Collection[str] = LANGUAGES
    elif isinstance(embeddings, (MiniLMEmbeddings, WordLlamaEmbeddings)):
        known = _ENGLISH
    else:
        return None
    if language is None or language in known or language.endswith(" script"):
        return None
    return f"the embedding model {getattr(embeddings, 'model_name', '')} does not know {language}"


class EndpointEmbeddings(Embeddings):
    """An endpoint's model; its failures come as this package's errors."""

    def __init__(self, settings: Settings) -> None:
        self.model_name = settings.embedding_model
        self._settings = settings

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """One vector per text, in their order."""
        return _unit(self._asked(lambda: self._client.embed_documents(texts))) if texts else []

    def embed_query(self, text: str) -> list[float]:
        """The vector of one text."""
        return self.embed_documents([text])[0]

    def _asked(self, call: Callable[[], _T]) -> _T:
        try:
            return call()
        except Exception as error:
            # What a client makes of a body that holds no vectors can be anything.
            ours = as_endpoint_error(error, model=self.model_name) or unusable_answer(
                self.model_name, repr(error)
            )
            if ours is error:
                raise
            raise ours from cause(error)

    @cached_property
    def _client(self) -> Any:
        from langchain_openai import OpenAIEmbeddings
        from pydantic import SecretStr

        from .openai_chat import http_clients

        key = self._settings.openai_api_key
        sync_client, async_client = http_clients(ENDPOINT_TIMEOUT, CONNECT_TIMEOUT, use_proxy=True)
        return OpenAIEmbeddings(
            model=self.model_name,
            base_url=self._settings.endpoint_url,
            api_key=key if key else SecretStr(NO_KEY),
            timeout=ENDPOINT_TIMEOUT,
            max_retries=ENDPOINT_RETRIES,
            chunk_size=_BATCH,
            # Otherwise it sends token ids of OpenAI's tokenizer, which only OpenAI's endpoint takes.
            check_embedding_ctx_length=False,
            http_client=sync_client,
            http_async_client=async_client,
        )


class WordLlamaEmbeddings(Embeddings):
    """WordLlama (256 dimensions): averages of word vectors. Very fast, knows less of meaning."""

    model_name = "wordllama l2_supercat 256"

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """One vector per text, in their order."""
        if not texts:
            return []
        # A lone surrogate, which JSON may hold, has no UTF-8 form.
        clean = [text.encode("utf-8", "replace").decode("utf-8") for text in texts]
        return _unit(self._model.embed(clean, norm=False))

    def embed_query(self, text: str) -> list[float]:
        """The vector of one text."""
        return self.embed_documents([text])[0]

    @cached_property
    def _model(self) -> Any:
        try:
            with _logging_as_it_is():
                import wordllama

            # The weights lie in the package's own folder, which it finds only when told that it is the cache.
            folder = Path(wordllama.__file__).parent
            return wordllama.WordLlama.load(cache_dir=folder, disable_download=True)
        except (ImportError, OSError) as error:
            raise EmbeddedModelUnavailable(
                f"The embedding model wordllama cannot be loaded: {error}.",
                hint="Run `pip install 'finetune-coverage[embedded]'`, or set another embedding model.",
            ) from error


@contextmanager
def _logging_as_it_is() -> Iterator[None]:
    """Wordllama sets the root logger up when it is imported: each HTTP request would be a line on the terminal."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)


def _unit(vectors: Any) -> list[list[float]]:
    """The vectors scaled to length 1; one without any direction (an empty text) gets the diagonal."""
    array: NDArray[np.float64] = np.asarray(vectors, dtype=np.float64)
    lengths = np.linalg.norm(array, axis=1, keepdims=True)
    diagonal = np.full_like(array, 1 / np.sqrt(array.shape[1]))
    scaled: list[list[float]] = np.divide(array, lengths, out=diagonal, where=lengths > 0).tolist()
    return scaled
