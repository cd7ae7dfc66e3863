"""The vectors of the embedded embedding model, each made once in a process.

Most tests work on the same 150 records of the bundled sample; with this, each text goes through the network once and
not once for each test. The vectors are the model's own, which do not depend on what else is embedded with a text.
"""

from __future__ import annotations

import numpy as np
import pytest
from finetune_coverage.tools.models.minilm import DIMENSIONS, MiniLMEmbeddings
from numpy.typing import NDArray

_embed_anew = MiniLMEmbeddings.embed_array
_known: dict[str, NDArray[np.float32]] = {}


def _embed_once(self: MiniLMEmbeddings, texts: list[str]) -> NDArray[np.float32]:
    if new := [text for text in dict.fromkeys(texts) if text not in _known]:
        _known.update(zip(new, _embed_anew(self, new), strict=True))
    return np.array([_known[text] for text in texts], dtype=np.float32).reshape(len(texts), DIMENSIONS)


def use_known_vectors(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(MiniLMEmbeddings, "embed_array", _embed_once)


def use_the_model_itself(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(MiniLMEmbeddings, "embed_array", _embed_anew)
