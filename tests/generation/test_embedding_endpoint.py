"""An embedding model at an endpoint: asked for many texts at once, and nothing is lost when it goes down."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from finetune_coverage.tools.models.endpoint_errors import TransientEndpointError
from finetune_coverage.tools.models.minilm import MiniLMEmbeddings
from finetune_coverage.tools.models.scripted import ScriptedChatModel
from finetune_coverage.tools.services import Services

from .test_engine import TOPIC, Approve, good_answers, run

pytestmark = pytest.mark.slow


class EndpointLike(MiniLMEmbeddings):
    """Notes how many texts each request has, and can be down."""

    def __init__(self) -> None:
        super().__init__()
        self.is_down = False
        self.asked: list[int] = []

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        if self.is_down:
            raise TransientEndpointError("The embedding endpoint is not there.")
        self.asked.append(len(texts))
        return super().embed_documents(texts)


@pytest.fixture
def embeddings() -> EndpointLike:
    return EndpointLike()


@pytest.fixture
def beside(services: Services, model: ScriptedChatModel, embeddings: EndpointLike) -> Iterator[Services]:
    """The same workflow, with that embedding model and eight requests at once."""
    settings = services.settings.model_copy(update={"max_concurrency": 8})
    made = Services(settings, make_chat_model=lambda _: model, make_embeddings=lambda _: embeddings)
    yield made
    made.index.close()
    made.store.close()


async def test_nothing_is_lost_when_it_goes_down(
    beside: Services, approved: Approve, model: ScriptedChatModel, embeddings: EndpointLike
) -> None:
    supply = good_answers()

    def answer(_: Any) -> str:
        embeddings.is_down = True
        return next(supply)

    model.default = answer
    item = approved(TOPIC, 4, "topic_description")
    stopped = await run(beside, item)
    assert not stopped["success"] and "not there" in stopped["error"]["message"], stopped
    assert len(model.history) >= 1
    embeddings.is_down = False
    model.default = lambda _: next(supply)
    ended = await run(beside, item)
    assert ended["success"], ended
    assert (ended["generation"]["accepted"], ended["generation"]["rejected"]) == (4, {})
    assert len(model.history) == 4, "what was answered before is judged, not asked for again"


async def test_what_came_together_is_embedded_together(
    beside: Services, approved: Approve, model: ScriptedChatModel, embeddings: EndpointLike
) -> None:
    supply = good_answers()
    model.default = lambda _: next(supply)
    # Whatever the job embeds before its first call is not what is looked at.
    first = model.default

    def answer(messages: Any) -> str:
        if len(model.history) == 1:
            embeddings.asked.clear()
        return str(first(messages))

    model.default = answer
    ended = await run(beside, approved(TOPIC, 12, "topic_description"))
    assert ended["generation"]["accepted"] == 12, ended
    judged = [size for size in embeddings.asked if size <= 12]
    assert max(judged) > 1 and len(judged) < 12, embeddings.asked
