"""What the tests of the models share: settings that point at the mock endpoint."""

from __future__ import annotations

import pytest
from finetune_coverage.tools.settings import Settings

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
