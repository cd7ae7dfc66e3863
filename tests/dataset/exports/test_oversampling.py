"""Repeated records of small topics: as many as the targets say, in training only, and nothing changed in them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.tools.dataset.exporter import export_records
from finetune_coverage.tools.dataset.exports.oversampling import Oversampling
from finetune_coverage.tools.store.store import Store
from finetune_coverage.tools.store.workflows import TopicInfo, set_topics

Chat = Callable[..., dict[str, Any]]
Fill = Callable[..., list[str]]


def rows_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def filled(fill: Fill, chat: Chat, counts: dict[str | None, int]) -> None:
    for topic, count in counts.items():
        fill(*(chat(f"{topic} {n}", topic=topic) for n in range(count)), topic=topic)


def test_small_topics_are_repeated_up_to_the_largest_each_record_as_often_as_the_next(
    store: Store, fill: Fill, chat: Chat, tmp_path: Path
) -> None:
    filled(fill, chat, {"large": 7, "small": 3, None: 2})
    report = export_records(store, "wf-1", tmp_path / "out.jsonl", oversample=True, provenance=True)
    rows = rows_of(tmp_path / "out.jsonl")
    assert Counter(row["topic"] for row in rows) == {"large": 7, "small": 7, None: 2}
    each = Counter(row["messages"][0]["content"] for row in rows if row["topic"] == "small")
    assert sorted(each.values()) == [2, 2, 3]
    assert report.repeated == {"small": 4} and report.written == len(rows) == 16
    assert [row["record"] for row in rows_of(tmp_path / "out.provenance.jsonl")] == list(range(1, 17))


def test_targets_say_how_often(store: Store, fill: Fill, chat: Chat, tmp_path: Path) -> None:
    filled(fill, chat, {"large": 6, "small": 2, "aside": 1})
    set_topics(store, "wf-1", [TopicInfo("large", weight=2), TopicInfo("small", weight=1)])
    export_records(store, "wf-1", tmp_path / "out.jsonl", oversample=True)
    counts = Counter(row["topic"] for row in rows_of(tmp_path / "out.jsonl"))
    assert counts == {"large": 6, "small": 3, "aside": 1}


def test_validation_is_never_repeated(store: Store, fill: Fill, chat: Chat, tmp_path: Path) -> None:
    filled(fill, chat, {"large": 40, "small": 10})
    report = export_records(store, "wf-1", tmp_path / "out.jsonl", oversample=True, split=0.8)
    train, validation = map(rows_of, report.files)
    assert Counter(row["topic"] for row in train) == {"large": 32, "small": 32}
    assert Counter(row["topic"] for row in validation) == {"large": 8, "small": 2}


@pytest.mark.parametrize("count", [1, 3, 7, 999, 1000])
def test_a_topic_comes_to_its_goal_exactly(count: int) -> None:
    repeats = Oversampling({"large": 1000, "small": count}, {})
    times = [repeats.times("small") for _ in range(count)]
    assert sum(times) == 1000 and max(times) - min(times) <= 1 <= min(times)
