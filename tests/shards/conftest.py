"""A Ray cluster of two workers for all tests of shards, and the same dataset imported by one process and by it."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.tools.dataset.bundled_sample import sample_path
from finetune_coverage.tools.dataset.import_report import ImportReport
from finetune_coverage.tools.dataset.importer import import_files
from finetune_coverage.tools.dataset.record import Record
from finetune_coverage.tools.dataset.sources import SourceFile
from finetune_coverage.tools.dataset.topic_candidates import HowToRead
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.settings import Settings
from finetune_coverage.tools.shards.cluster import RayCluster, opened_cluster
from finetune_coverage.tools.shards.import_sharded import import_sharded
from finetune_coverage.tools.store.records import (
    NewRecord,
    insert_records,
    load_records,
    set_status,
    set_topic,
)

SPLIT_BYTES = 20_000
ONE, SHARDED = "one-process", "sharded"


@dataclass
class Both:
    """A dataset in the store and in shards, with what each import said."""

    services: Services
    files: list[SourceFile]
    reports: tuple[ImportReport, ImportReport]


@pytest.fixture(scope="session")
def cluster() -> Iterator[RayCluster]:
    pytest.importorskip("ray", reason="needs Ray: pip install 'finetune-coverage[ray]'")
    with opened_cluster(None, workers=2) as opened:
        yield opened


def alike(count: int = 160) -> Iterator[str]:
    """More records that could be near duplicates of each other than are compared exactly."""
    rng = random.Random(1)
    words = [f"word{number}" for number in range(60)]
    for _ in range(count):
        own = list(words)
        for place in rng.sample(range(len(own)), rng.randrange(1, 4)):
            own[place] = f"other{rng.randrange(40)}"
        said = [{"role": "user", "content": " ".join(own)}, {"role": "assistant", "content": "Yes."}]
        yield json.dumps({"messages": said, "topic": "alike"})


def answered(**answer: Any) -> dict[str, Any]:
    """One question, with an answer that is another each time."""
    asked = {"role": "user", "content": "Which of my orders is late?"}
    return {"messages": [asked, {"role": "assistant", **answer}], "topic": "another"}


@pytest.fixture
def files(tmp_path: Path) -> list[SourceFile]:
    """JSONL with equal and similar records, one question with several answers, blank and bad lines, a JSON list, and a
    file in which all are alike.
    """
    lines = sample_path().read_text(encoding="utf-8").splitlines()
    again = [
        lines[3],
        lines[3],
        "",
        "{no json",
        lines[70],
        '{"messages": [{"role": "user", "content": "Hi"}]}',
        json.dumps(answered(content="None of them.")),
    ]
    likely = []
    for number, line in enumerate(lines[:40]):
        record = json.loads(line)
        record["messages"][-1]["content"] += " Anything else?"
        record["topic"] = "another" if number % 3 else record["topic"]
        likely.append(record)
    likely.append(json.loads(lines[50]) | {"topic": "another"})
    call = {"type": "function", "id": "1", "function": {"name": "late_orders", "arguments": "{}"}}
    likely += [answered(content="The second one."), answered(content=None, tool_calls=[call])]
    texts = {
        "a.jsonl": "\n".join([*lines[:90], *again]),
        "b.jsonl": "\n".join([*again, *lines[60:], ""]),
        "c.json": json.dumps(likely),
        "e.jsonl": "\n".join(alike()),
    }
    folder = tmp_path / "data"
    folder.mkdir()
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [SourceFile(folder / name, str(folder / name)) for name in texts]


@pytest.fixture
def services(tmp_path: Path) -> Services:
    return Services(Settings(home=tmp_path / "home", model="embedded", embedding_model="wordllama"))


@pytest.fixture
def both(cluster: RayCluster, services: Services, files: list[SourceFile]) -> Both:
    """The dataset in two workflows, and in each the same work of a person and of a job."""
    folder = services.settings.shard_folder
    reports = (
        import_files(services.store, ONE, files),
        import_sharded(
            services.store, cluster, SHARDED, files, folder, how=HowToRead(), split_bytes=SPLIT_BYTES
        ),
    )
    for workflow in (ONE, SHARDED):
        ids = [record.id for record in load_records(services.store, workflow, limit=9)]
        set_status(services.store, workflow, [ids[2]], "rejected")
        set_topic(services.store, workflow, ids[4], "moved")
        set_topic(services.store, workflow, ids[0], None)
        said = [{"role": "user", "content": "Where is it?"}, {"role": "assistant", "content": "Here."}]
        body = json.dumps({"messages": said})
        made = [
            Record(f"made-{n}", body, "technical_issues", "synthetic", provenance={"n": n}) for n in range(3)
        ]
        with services.store.write() as connection:
            insert_records(connection, workflow, [NewRecord(record, job_id="job") for record in made])
    return Both(services, files, reports)
