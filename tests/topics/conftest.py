"""What the tests of topics share: services with an embedding model of hashed words, and small made datasets."""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from finetune_coverage.tools.dataset.record import Record
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.settings import load_settings
from finetune_coverage.tools.store.records import NewRecord, insert_records
from finetune_coverage.tools.store.workflows import create_workflow
from langchain_core.embeddings import Embeddings

_WORDS = {
    "cooking": "oven bake flour sugar recipe pan boil salt soup stir dough taste",
    "sailing": "boat wind anchor harbour sail tide mast rope deck crew storm knots",
    "chess": "rook pawn check mate board bishop knight queen opening endgame castle move",
}
WORDS = {topic: words.split() for topic, words in _WORDS.items()}


class HashedWords(Embeddings):
    """Each word adds one pseudo-random direction, known by its hash."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        total = np.zeros(48)
        for word in re.findall(r"\w+", text.lower()):
            seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:8], "big")
            total += np.random.default_rng(seed).normal(size=48)
        return [float(value) for value in total]


@pytest.fixture
def services() -> Services:
    return Services(load_settings(), make_embeddings=lambda _settings: HashedWords())


def text_about(topic: str, seed: int, words: int = 8) -> str:
    return " ".join(random.Random(f"{topic}{seed}").choices(WORDS[topic], k=words))


def record(record_id: str, text: str, topic: str | None = None) -> Record:
    messages = [{"role": "user", "content": text}, {"role": "assistant", "content": "Done."}]
    return Record(record_id, json.dumps({"messages": messages}), topic)


Add = Callable[[Sequence[Record]], None]


@pytest.fixture
def add(services: Services) -> Add:
    """Adds records to the workflow ``wf-1``."""

    def insert(rows: Sequence[Record]) -> None:
        create_workflow(services.store, "wf-1")
        with services.store.write() as connection:
            insert_records(connection, "wf-1", [NewRecord(row) for row in rows])

    return insert


def mixed_records(each: int, labelled: int) -> list[Record]:
    """Records of three topics; the first ``labelled`` of each carry their topic. The id begins with the truth."""
    return [
        record(f"{topic}-{number}", text_about(topic, number), topic if number < labelled else None)
        for topic in WORDS
        for number in range(each)
    ]
