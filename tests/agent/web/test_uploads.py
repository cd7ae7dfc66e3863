"""Files that a person drops onto the page: kept whole or not at all, under names of our own, and no more than fit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from finetune_coverage.agent.web import uploads
from finetune_coverage.agent.web.uploads import MOST_WAITING, Uploads
from starlette.requests import ClientDisconnect, Request
from starlette.testclient import TestClient


@pytest.fixture
def kept() -> Iterator[Uploads]:
    made = Uploads()
    yield made
    made.close()


@pytest.fixture
def visitor(kept: Uploads) -> TestClient:
    app = FastAPI()
    kept.add_route(app)
    return TestClient(app)


def folder(kept: Uploads) -> Path:
    return Path(kept._folder.name)


def test_the_sender_names_no_place(kept: Uploads, visitor: TestClient) -> None:
    name = "..%2F..%2Fetc%2Fpass%20wd.jsonl.gz"
    key = visitor.post("/upload", content=b"x", headers={"x-name": name}).json()["key"]
    path, shown = kept.take(key)
    assert shown == "pass wd.jsonl.gz"
    assert path.parent == folder(kept) and path.name == f"{key}.jsonl.gz" and path.read_bytes() == b"x"
    with pytest.raises(KeyError):
        kept.take(key)


@pytest.mark.parametrize("is_announced", [True, False])
def test_what_is_too_large_is_refused_and_leaves_nothing(
    kept: Uploads, visitor: TestClient, monkeypatch: pytest.MonkeyPatch, is_announced: bool
) -> None:
    monkeypatch.setattr(uploads, "MOST_BYTES", 10)
    content = b"12345678901" if is_announced else iter([b"123456", b"78901"])
    answer = visitor.post("/upload", content=content, headers={"x-name": "big.jsonl"})
    assert answer.status_code == 413 and "big.jsonl is larger than" in answer.json()["problem"]
    assert list(folder(kept).iterdir()) == []


def test_what_does_not_fit_on_the_disk_is_refused(
    kept: Uploads, visitor: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "_LEFT_FREE", 2**60)
    answer = visitor.post("/upload", content=b"x")
    assert answer.status_code == 413 and "does not fit" in answer.json()["problem"]
    assert list(folder(kept).iterdir()) == []


async def test_half_a_file_is_none(kept: Uploads) -> None:
    parts = iter([{"type": "http.request", "body": b"half", "more_body": True}, {"type": "http.disconnect"}])
    written: list[int] = []

    async def receive() -> dict[str, object]:
        written.append(len(list(folder(kept).iterdir())))
        return next(parts)

    scope = {"type": "http", "method": "POST", "path": "/upload", "headers": [], "query_string": b""}
    with pytest.raises(ClientDisconnect):
        await kept._receive(Request(scope, receive))
    assert written == [1, 1] and list(folder(kept).iterdir()) == []


def test_of_files_that_nobody_takes_the_oldest_go(kept: Uploads, visitor: TestClient) -> None:
    keys = [visitor.post("/upload", content=b"x").json()["key"] for _ in range(MOST_WAITING + 2)]
    assert len(list(folder(kept).iterdir())) == MOST_WAITING
    with pytest.raises(KeyError):
        kept.take(keys[0])
    assert kept.take(keys[-1])[0].exists()
