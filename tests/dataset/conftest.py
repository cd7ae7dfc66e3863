"""What the tests of datasets share: a store, records, files, and an embedding model of hashed words."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from finetune_coverage.tools.dataset.record import Record
from finetune_coverage.tools.errors import InvalidInput
from finetune_coverage.tools.index.few_shot_index import FewShotIndex
from finetune_coverage.tools.store.records import NewRecord, insert_records
from finetune_coverage.tools.store.store import Store
from finetune_coverage.tools.store.workflows import create_workflow
from langchain_core.embeddings import Embeddings

from .chroma_server import forget_all, serving_chroma


class WordEmbeddings(Embeddings):
    """Texts that share words are close: each word adds one pseudo-random direction, known by its hash."""

    def __init__(self, model: str = "words-1", size: int = 64) -> None:
        self.model = model
        self.size = size
        self.embedded: list[str] = []

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        self.embedded += texts
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        total = np.zeros(self.size)
        for word in re.findall(r"\w+", text.lower()):
            seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:8], "big")
            total += np.random.default_rng(seed).normal(size=self.size)
        return [float(value) for value in total]


class MemoryIndex:
    """The few-shot index without Chroma, written from its description; for tests of what uses an index."""

    def __init__(self, embeddings: Embeddings) -> None:
        self.embeddings = embeddings
        self.kept: dict[str, dict[str, tuple[np.ndarray, Record]]] = {}

    def ensure(
        self,
        workflow_id: str,
        records: Iterable[Record],
        on_progress: Callable[[int], None] | None = None,
    ) -> int:
        kept = self.kept.setdefault(workflow_id, {})
        added = 0
        for seen, record in enumerate(records, start=1):
            if record.id not in kept:
                vector = np.array(self.embeddings.embed_documents([record.user_text])[0])
                length = np.linalg.norm(vector)
                kept[record.id] = (vector / length if length else np.eye(len(vector))[0], record)
                added += 1
            kept[record.id] = (kept[record.id][0], record)
            if on_progress is not None:
                on_progress(seen)
        return added

    def spread(
        self,
        workflow_id: str,
        topic: str,
        k: int,
        *,
        exclude: Collection[str] = (),
        query: str | None = None,
        trade_off: float = 0.5,
    ) -> list[str]:
        if not 0 <= trade_off <= 1:
            raise ValueError("trade_off")
        left = {
            key: vector
            for key, (vector, record) in sorted(self.kept.get(workflow_id, {}).items())
            if key not in exclude
            and record.topic == topic
            and record.origin == "real"
            and record.has_assistant_turn
        }
        if not left:
            return []
        wanted = np.mean(list(left.values()), axis=0)
        if query is not None:
            wanted = np.array(self.embeddings.embed_query(query))
        wanted = wanted / np.linalg.norm(wanted)
        taken: dict[str, np.ndarray] = {}

        def score(key: str) -> float:
            if not taken:
                return float(left[key] @ wanted)
            nearest = max(float(left[key] @ other) for other in taken.values())
            return trade_off * float(left[key] @ wanted) - (1 - trade_off) * nearest

        while left and len(taken) < k:
            best = max(left, key=score)
            taken[best] = left.pop(best)
        return list(taken)

    def nearest(self, workflow_id: str, record_id: str, topic: str, k: int) -> list[tuple[str, float]]:
        kept = self.kept.get(workflow_id, {})
        if record_id not in kept:
            return []
        found = [
            (key, float(vector @ kept[record_id][0]))
            for key, (vector, record) in kept.items()
            if key != record_id
            and record.topic == topic
            and record.origin == "real"
            and record.has_assistant_turn
        ]
        return sorted(found, key=lambda one: -one[1])[:k]

    def vectors(self, workflow_id: str, ids: Sequence[str]) -> np.ndarray:
        kept = self.kept.get(workflow_id, {})
        if any(key not in kept for key in ids):
            raise InvalidInput("not in the index")
        return np.array([kept[key][0] for key in ids]) if ids else np.empty((0, 0))

    def remove(self, workflow_id: str, ids: Sequence[str]) -> None:
        for key in ids:
            self.kept.get(workflow_id, {}).pop(key, None)

    def delete(self, workflow_id: str) -> None:
        self.kept.pop(workflow_id, None)

    def close(self) -> None:
        return


@pytest.fixture
def word_embeddings() -> WordEmbeddings:
    return WordEmbeddings()


@pytest.fixture(scope="session")
def chroma_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real Chroma server, started once."""
    with serving_chroma(tmp_path_factory.mktemp("chroma_server")) as url:
        yield url


@pytest.fixture(params=["memory", "chroma", pytest.param("server", marks=pytest.mark.server)])
def make_index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[Embeddings], Any]]:
    """Makes an index; a second one made by the same test sees what the first wrote, as after a restart."""
    memory: dict[str, dict[str, tuple[np.ndarray, Record]]] = {}
    made: list[Any] = []
    url = request.getfixturevalue("chroma_server") if request.param == "server" else None

    def make(embeddings: Embeddings) -> Any:
        if request.param != "memory":
            index: Any = FewShotIndex(embeddings, path=tmp_path / "chroma", url=url)
        else:
            index = MemoryIndex(embeddings)
            index.kept = memory
        made.append(index)
        return index

    yield make
    for index in made:
        index.close()
    if url is not None:
        forget_all(url)


ON_BOTH_DATABASES = {
    "test_records",
    "test_workflows",
    "test_branch",
    "test_counts",
    "test_both_databases",
    "test_review_page",
}
"""Their tests of a store are those of every store, file or server: each runs with both."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    module = metafunc.module.__name__.rpartition(".")[2]
    if "store" in metafunc.fixturenames and module in ON_BOTH_DATABASES:
        metafunc.parametrize("store", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    on_server = getattr(request, "param", "sqlite") == "postgresql"
    url = request.getfixturevalue("postgresql_url") if on_server else tmp_path / "store" / "coverage.db"
    opened = Store.open(url)
    yield opened
    opened.close()


@pytest.fixture
def chat() -> Callable[..., dict[str, Any]]:
    """Builds a record's JSON: one user turn per text, each answered unless told otherwise."""

    def build(*texts: str, answered: bool = True, **more: Any) -> dict[str, Any]:
        messages: list[dict[str, Any]] = []
        for text in texts:
            messages.append({"role": "user", "content": text})
            if answered:
                messages.append({"role": "assistant", "content": f"About {text}"})
        return {"messages": messages, **more}

    return build


@pytest.fixture
def jsonl(tmp_path: Path) -> Callable[..., Path]:
    """Writes a file of objects (as JSON) and raw lines (bytes or text as they are)."""

    def write(*lines: dict[str, Any] | bytes | str, name: str = "data.jsonl") -> Path:
        path = tmp_path / name
        raw = [
            line
            if isinstance(line, bytes)
            else line.encode()
            if isinstance(line, str)
            else json.dumps(line).encode()
            for line in lines
        ]
        path.write_bytes(b"".join(line + b"\n" for line in raw))
        return path

    return write


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes a file as it is."""

    def make(content: bytes | str, name: str = "data.jsonl") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return make


@pytest.fixture
def add(store: Store, chat: Callable[..., dict[str, Any]]) -> Callable[..., list[str]]:
    """Adds records (topic, origin, …) to a workflow; returns their ids."""

    def insert(
        *topics: str | None, workflow: str = "wf-1", job_id: str | None = None, **more: Any
    ) -> list[str]:
        create_workflow(store, workflow)
        answered = more.pop("answered", True)
        rows = []
        for number, topic in enumerate(topics, start=1):
            body = json.dumps(chat(f"{topic} {number}", answered=answered))
            record_id = f"{topic}-{number}-{len(topics)}-{more.get('origin', 'real')}"
            rows.append(NewRecord(Record(record_id, body, topic, **more), job_id=job_id))
        with store.write() as connection:
            assert insert_records(connection, workflow, rows) == len(rows)
        return [row.record.id for row in rows]

    return insert
