"""The real dialogues that the checks are measured on, and which of them rules and thresholds may be tuned on."""

from __future__ import annotations

import csv
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from finetune_coverage.tools.dataset.formats.dataset_file import Item, read_dataset
from finetune_coverage.tools.dataset.record import Record
from finetune_coverage.tools.generation.attempts.draft import Candidate, Draft

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
"""Labelled datasets of dialogues that people wrote or answered, under the folder of shared data."""
UNLABELLED = {
    "glaive": "tools/glaive_toolcall_en.jsonl",
    "reason_tool_use": "native/llamafactory_v1/reason_tool_use_demo_50.jsonl",
}
"""Datasets that models wrote, without labels, taken up late. Their topic is the tool that is called first, or none."""
NO_CALL = "none"

Part = Literal["tuning", "check", "held_out", "fresh"]
"""Rules and thresholds are made on the first, tried on the second while they are made, and measured on the third. The
fourth is from datasets that were taken up later: nothing was ever tuned on it, and it was first read when measured."""


@dataclass(frozen=True)
class Dataset:
    """One dataset, as a workflow would hold it."""

    name: str
    records: list[Record]


def datasets(folder: Path = SHARED_DATA) -> list[Dataset]:
    """The bundled sample, and what there is of the shared datasets."""
    labelled = {"sample": SAMPLE} | {name: folder / file for name, file in FILES.items()}
    unlabelled = {name: folder / file for name, file in UNLABELLED.items()}
    return [
        *(Dataset(name, _records(name, path)) for name, path in labelled.items() if path.is_file()),
        *(Dataset(name, _imported(name, path)) for name, path in unlabelled.items() if path.is_file()),
    ]


def _imported(name: str, path: Path) -> list[Record]:
    items = (item for item in read_dataset(path) if isinstance(item, Item))
    return [Record(f"{name}:{item.place}", item.body, _called_first(item.source)) for item in items]


def _called_first(source: dict[str, Any]) -> str:
    calls = (call for message in source["messages"] for call in message.get("tool_calls") or ())
    return next((str(call["function"]["name"]) for call in calls), NO_CALL)


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
    drawn anew, by another hash, and from that half only: thresholds were once tuned on all of the other one. Of the
    datasets that were taken up late one half is for tuning, of the smallest nothing.
    """
    dataset = record.id.split(":")[0]
    if dataset in UNLABELLED:
        return "tuning" if dataset == "glaive" and _hash(record, b"late") % 2 == 0 else "fresh"
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
