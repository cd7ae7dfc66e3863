"""The real dialogues that the gates are measured on, and which half of them thresholds may be tuned on."""

from __future__ import annotations

import csv
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from finetune_coverage.tools.dataset.record import Record
from finetune_coverage.tools.generation.draft import Candidate, Draft

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
SAMPLE = Path(__file__).resolve().parents[1] / "tools" / "dataset" / "sample" / "customer_support.jsonl"
FILES = {
    "star": "support/star_support.jsonl",
    "star_multitask": "support/star_multitask.jsonl",
    "star_unlabeled": "support/star_unlabeled.jsonl",
    "tooltalk": "tools/tooltalk.jsonl",
    "apibank": "tools/apibank_lv1_lv2.jsonl",
    "when2call": "tools/when2call_judge.jsonl",
}
"""Datasets of dialogues that people wrote or answered, under the folder of shared data."""


@dataclass(frozen=True)
class Dataset:
    """One dataset, as a workflow would hold it."""

    name: str
    records: list[Record]


def datasets(folder: Path = SHARED_DATA) -> list[Dataset]:
    """The bundled sample, and what there is of the shared datasets."""
    paths = {"sample": SAMPLE} | {name: folder / file for name, file in FILES.items()}
    return [Dataset(name, _records(name, path)) for name, path in paths.items() if path.is_file()]


def _records(name: str, path: Path) -> list[Record]:
    lines = path.read_text(encoding="utf-8").split("\n")
    key = path.with_suffix(".key.csv")
    topics = _topics_by_line(key) if key.is_file() else {}
    return [
        _record(f"{name}:{number}", line, topics.get(number))
        for number, line in enumerate(lines, 1)
        if line.strip()
    ]


def _topics_by_line(path: Path) -> dict[int, str]:
    with path.open(encoding="utf-8", newline="") as file:
        return {int(row["line"]): row["topic"] for row in csv.DictReader(file)}


def _record(record_id: str, body: str, topic: str | None) -> Record:
    source = json.loads(body)
    topics = [topic] if topic else source.get("topics") or [source["topic"]]
    return Record(id=record_id, body=body, topic=topics[0], other_topics=tuple(topics[1:]))


def is_held_out(record: Record) -> bool:
    """Whether the record is in the half that no threshold was tuned on; by a hash of the record itself."""
    return hashlib.blake2b(record.body.encode(), digest_size=1).digest()[0] % 2 == 1


def as_candidate(record: Record, source: dict[str, Any] | None = None, topic: str | None = None) -> Candidate:
    """The record as if a strategy had written all of it but the system prompt.

    Args:
        record: the real one.
        source: its altered JSON object; without one it is judged as it is.
        topic: the topic that it claims to be of; without one its own.
    """
    source = source or record.source
    strategy: Any = "tool_chain" if record.uses_tools else "few_shot"
    draft = Draft(strategy=strategy, topic=topic or record.topic or "", requests=[], seeds=[])
    first = next(
        (number for number, message in enumerate(source["messages"]) if message["role"] != "system"), 0
    )
    return Candidate(source=source, draft=draft, first_written=first)
