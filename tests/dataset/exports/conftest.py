"""What the tests of exports share: a store, and a way to fill it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.tools.dataset.record import Record, content_hash
from finetune_coverage.tools.store.records import NewRecord, insert_records
from finetune_coverage.tools.store.store import Store
from finetune_coverage.tools.store.workflows import create_workflow

Fill = Callable[..., list[str]]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path / "store" / "coverage.db")
    yield opened
    opened.close()


@pytest.fixture
def fill(store: Store) -> Fill:
    """Adds records as an import would: ids from their content; returns the ids."""
    seen: dict[str, int] = {}

    def add(
        *sources: dict[str, Any], topic: str | None = "t", provenance: dict[str, Any] | None = None
    ) -> list[str]:
        create_workflow(store, "wf-1")
        rows = []
        for line, source in enumerate(sources, start=1):
            digits = content_hash(source)[:20]
            seen[digits] = seen.get(digits, 0) + 1
            record = Record(
                f"{digits}-{seen[digits]}",
                json.dumps(source),
                topic,
                origin="synthetic" if provenance else "real",
                provenance=provenance,
            )
            place = (None, None) if provenance else ("data.jsonl", line)
            rows.append(NewRecord(record, source_file=place[0], source_line=place[1]))
        with store.write() as connection:
            assert insert_records(connection, "wf-1", rows) == len(rows)
        return [row.record.id for row in rows]

    return add


@pytest.fixture
def chat() -> Callable[..., dict[str, Any]]:
    """A record of one question and one answer."""

    def build(text: str, **more: Any) -> dict[str, Any]:
        messages = [{"role": "user", "content": text}, {"role": "assistant", "content": f"About {text}"}]
        return {"messages": messages, **more}

    return build
