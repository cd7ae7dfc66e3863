"""The real dialogues that the gates are measured on, and which of them rules and thresholds may be tuned on."""

from __future__ import annotations

import csv
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

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

Part = Literal["tuning", "check", "held_out"]
"""Rules and thresholds are made on the first, tried on the second while they are made, and measured on the third."""


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


def part_of(record: Record) -> Part:
    """Which part the record is in; by hashes of the record itself.

    The half that was first set aside for measuring has been measured and read. So what rules are measured on now is
    drawn anew, by another hash, and from that half only: thresholds were once tuned on all of the other one.
    """
    if _hash(record, b"") % 2 == 0:
        return "tuning"
    return "held_out" if _hash(record, b"second draw") % 5 < 3 else "check"


def _hash(record: Record, salt: bytes) -> int:
    return hashlib.blake2b(record.body.encode(), digest_size=1, key=salt).digest()[0]


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
