"""The fixture that gives a test its own endpoint."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .server import MockOpenAI


@pytest.fixture
def mock_openai() -> Iterator[MockOpenAI]:
    """An OpenAI-compatible endpoint on the loopback; its ``environment`` points settings at it."""
    server = MockOpenAI()
    yield server
    server.close()
