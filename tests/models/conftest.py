"""What the tests of the models share: the embedding model itself, and settings that point at the mock endpoint."""

from __future__ import annotations

import pytest
from finetune_coverage.tools.settings import Settings

from ..known_vectors import use_the_model_itself
from ..mock_openai.fixtures import mock_openai
from ..mock_openai.server import MockOpenAI

__all__ = ["mock_openai"]


@pytest.fixture
def endpoint(mock_openai: MockOpenAI) -> Settings:
    return Settings(
        openai_base_url=mock_openai.url,
        openai_api_key=mock_openai.key,
        model="mock-model",
        embedding_model="mock-embedding",
    )


@pytest.fixture(autouse=True)
def _vectors_are_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    use_the_model_itself(monkeypatch)
