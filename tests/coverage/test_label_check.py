"""Labels that contradict the text: quiet on clean data, finding most planted errors, silent on too little."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from finetune_coverage.tools.coverage import label_check
from finetune_coverage.tools.coverage.label_check import suspicious_labels
from finetune_coverage.tools.coverage.label_doubts import label_doubts
from finetune_coverage.tools.coverage.recommendation import ReviewNeed
from finetune_coverage.tools.dataset.record import Record
from finetune_coverage.tools.store.records import NewRecord, insert_records
from finetune_coverage.tools.store.store import Store
from finetune_coverage.tools.store.workflows import create_workflow
from finetune_coverage.tools.topics.assignments import undo_last_run
from finetune_coverage.tools.topics.corrections import confirm

SAMPLE = Path(label_check.__file__).parents[1] / "dataset" / "sample" / "customer_support.jsonl"


def record(number: int, text: str, topic: str | None) -> Record:
    body = json.dumps({"messages": [{"role": "user", "content": text}]})
    return Record(id=f"r{number}", body=body, topic=topic)


def read(path: Path) -> list[Record]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [Record(id=f"r{i}", body=line, topic=json.loads(line)["topic"]) for i, line in enumerate(lines)]


def with_wrong_labels(records: list[Record], share: float, seed: int) -> tuple[list[Record], set[str]]:
    rng = random.Random(seed)
    topics = sorted({str(record.topic) for record in records})
    planted = set(rng.sample([record.id for record in records], int(share * len(records))))
    return [
        replace(record, topic=rng.choice([topic for topic in topics if topic != record.topic]))
        if record.id in planted
        else record
        for record in records
    ], planted


def suspects(needs: Iterable[ReviewNeed]) -> set[str]:
    return {record_id for need in needs for record_id in need.record_ids}


def test_quiet_on_clean_real_dialogues_and_finds_planted_errors(shared_data: Path) -> None:
    records = read(shared_data / "support" / "star_spec_shape_150.jsonl")
    assert len(suspects(suspicious_labels(records))) <= 1
    found, all_planted = 0, 0
    for seed in range(3):
        mixed, planted = with_wrong_labels(records, 0.05, seed)
        suspected = suspects(suspicious_labels(mixed))
        found += len(suspected & planted)
        all_planted += len(planted)
        assert len(suspected - planted) <= 1
    assert found / all_planted >= 0.7


def test_quiet_on_the_bundled_sample() -> None:
    assert len(suspects(suspicious_labels(read(SAMPLE)))) <= 2


def made(topic: str, words: str, start: int, number: int) -> list[Record]:
    rng = random.Random(start)
    return [record(start + i, " ".join(rng.choices(words.split(), k=12)), topic) for i in range(number)]


COOKING = "oven bake flour sugar recipe pan boil salt soup stir dough taste"
SAILING = "boat wind anchor harbour sail tide mast rope deck crew storm knots"


def test_names_topic_records_and_the_likelier_topic() -> None:
    records = [*made("cooking", COOKING, 0, 30), *made("sailing", SAILING, 100, 30)]
    wrong = record(999, "boat wind harbour sail tide mast crew storm", "cooking")
    needs = suspicious_labels([*records, wrong])
    assert [(need.topic, need.record_ids) for need in needs] == [("cooking", ["r999"])]
    assert "1 of 31 records" in needs[0].reason and "'sailing'" in needs[0].reason
    assert suspicious_labels([wrong, *reversed(records)]) == needs


def test_what_a_person_confirmed_is_not_doubted_until_that_is_taken_back(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "coverage.db")
    create_workflow(store, "wf")
    wrong = record(999, "boat wind harbour sail tide mast crew storm", "cooking")
    made_up = [*made("cooking", COOKING, 0, 30), *made("sailing", SAILING, 100, 30), wrong]
    with store.write() as connection:
        insert_records(connection, "wf", [NewRecord(one) for one in made_up])
    (doubt,) = label_doubts(store, "wf")
    assert (doubt.record_ids, doubt.likelier) == (["r999"], ["sailing"])
    run = confirm(store, "wf", ["r999"])
    assert label_doubts(store, "wf") == []
    undo_last_run(store, "wf", run)
    assert label_doubts(store, "wf") == [doubt]
    store.close()


def test_reads_real_labelled_records_only() -> None:
    records = [*made("cooking", COOKING, 0, 30), *made("sailing", SAILING, 100, 30)]
    wrong = record(999, "boat wind harbour sail tide mast crew storm", "cooking")
    others = [replace(wrong, origin="synthetic"), replace(wrong, topic=None)]
    assert suspicious_labels([*records, *others]) == []


@pytest.mark.parametrize(
    "records",
    [
        made("cooking", COOKING, 0, 30),
        [*made("cooking", COOKING, 0, 30), *made("sailing", SAILING, 100, 4)],
        [*made("cooking", COOKING, 0, 30), *(record(100 + i, "  ", "sailing") for i in range(9))],
    ],
)
def test_says_when_there_is_too_little_to_judge(records: list[Record]) -> None:
    needs = suspicious_labels(records)
    assert [(need.topic, need.record_ids) for need in needs] == [(None, [])]
    assert "Too little data" in needs[0].reason


def test_judges_the_large_topics_and_names_the_small_ones() -> None:
    records = [
        *made("cooking", COOKING, 0, 30),
        *made("sailing", SAILING, 100, 30),
        *made("chess", "rook pawn check mate board", 200, 3),
    ]
    needs = suspicious_labels(records)
    assert [need.topic for need in needs] == [None]
    assert "'chess' (3)" in needs[0].reason


def test_nothing_comes_of_nothing() -> None:
    assert suspicious_labels([]) == []
    wordless = [record(i, "?!", "a" if i % 2 else "b") for i in range(20)]
    assert suspicious_labels(wordless) == []


def test_large_datasets_are_sampled_the_same_way_in_any_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(label_check, "MOST_RECORDS", 200)
    monkeypatch.setattr(label_check, "MOST_OF_A_TOPIC", 20)
    records = [*made("cooking", COOKING, 0, 300), *made("sailing", SAILING, 1000, 40)]
    mixed, _ = with_wrong_labels(records, 0.05, 1)
    needs = suspicious_labels(iter(mixed))
    assert needs
    assert suspicious_labels(reversed(mixed)) == needs
    assert "of 20 records checked" in " ".join(need.reason for need in needs)


def test_the_same_records_are_judged_once(monkeypatch: pytest.MonkeyPatch) -> None:
    records = [*made("cooking", COOKING, 500, 30), *made("sailing", SAILING, 600, 30)]
    records.append(record(999, "boat wind harbour sail tide mast crew storm", "cooking"))
    first = suspicious_labels(records)
    assert suspects(first) == {"r999"}
    with monkeypatch.context() as patch:
        patch.setattr(label_check, "topic_classifier", None)  # to judge would fail
        synthetic = record(1000, "boat wind", "cooking")
        assert suspicious_labels([*records, replace(synthetic, origin="synthetic")]) == first
    assert suspicious_labels([*records[:-1], replace(records[-1], topic="sailing")]) == []
