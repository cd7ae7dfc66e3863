"""Embeddings of the embedded model, kept on disk from one run to the next."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

import numpy as np
from finetune_coverage.tools.models.minilm import MODEL_SHA256, MiniLMEmbeddings
from finetune_coverage.tools.models.multilingual import MultilingualEmbeddings
from numpy.typing import NDArray


def embedded(texts: list[str], language: str = "English") -> NDArray[np.float32]:
    """One unit row for each text, by the model for its language."""
    if language != "English":
        return np.array(MultilingualEmbeddings().embed_documents(texts), dtype=np.float32)
    default = Path(tempfile.gettempdir()) / "finetune-coverage-benchmarks"
    folder = Path(os.environ.get("FINETUNE_COVERAGE_BENCHMARK_CACHE", default))
    folder.mkdir(parents=True, exist_ok=True)
    name = hashlib.sha256("\0".join([MODEL_SHA256, *texts]).encode("utf-8", "replace")).hexdigest()
    file = folder / f"{name}.npy"
    if file.exists():
        kept: NDArray[np.float32] = np.load(file)
        return kept
    vectors = MiniLMEmbeddings().embed_array(texts)
    np.save(file, vectors)
    return vectors
