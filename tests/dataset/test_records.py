"""Records in the store: added once, counted, read in order, reviewed."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from finetune_coverage.tools.dataset.record import Record
from finetune_coverage.tools.errors import InvalidInput, WorkflowNotFound
from finetune_coverage.tools.store.records import (
    NewRecord,
    TopicCount,
    get_record,
    insert_records,
    load_records,
    set_status,
    set_topic,
    topic_counts,
)
from finetune_coverage.tools.store.store import Store
from finetune_coverage.tools.store.workflows import create_workflow, dataset_version

Add = Callable[..., list[str]]


def test_a_record_comes_back_as_it_went_in(store: Store, chat: Callable[..., dict[str, Any]]) -> None:
    create_workflow(store, "wf-1")
    record = Record(
        "r-1",
        '{ "messages": [{"role":"user","content":"\\u00e9 é \\ud83d\\ude00"}],  "x": 1.50 }',
        "ünï",
        origin="synthetic",
        other_topics=("b", "c"),
        provenance={"job": "j-1", "seeds": ["a"]},
    )
    with store.write() as connection:
        insert_records(connection, "wf-1", [NewRecord(record, "f.jsonl", 3, job_id="j-1")])
    assert get_record(store, "wf-1", "r-1") == record
    assert list(load_records(store, "wf-1", job_id="j-1")) == [record]
    assert list(load_records(store, "wf-1", job_id="j-2")) == []


def test_a_known_id_is_left_as_it_is_and_changes_no_version(store: Store, add: Add) -> None:
    (record_id,) = add("a")
    version = dataset_version(store, "wf-1")
    other = Record(record_id, json.dumps({"messages": [{"role": "user", "content": "new"}]}), "b")
    with store.write() as connection:
        assert insert_records(connection, "wf-1", [NewRecord(other)]) == 0
        assert insert_records(connection, "wf-1", []) == 0
    assert get_record(store, "wf-1", record_id).topic == "a"
    assert dataset_version(store, "wf-1") == version


def test_needs_a_workflow(store: Store) -> None:
    with pytest.raises(WorkflowNotFound), store.write() as connection:
        insert_records(connection, "wf-9", [])
    for use in (topic_counts, load_records):
        with pytest.raises(WorkflowNotFound):
            use(store, "wf-9")


def test_counts_each_topic(store: Store, chat: Callable[..., dict[str, Any]]) -> None:
    create_workflow(store, "wf-1")
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    tool_use = {"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "tool_calls": [call]}]}
    rows = [
        ("b", "real", chat("one", "two")),
        ("a", "real", chat("one")),
        ("a", "real", chat("one", answered=False)),
        ("a", "synthetic", chat("one", "two")),
        ("a", "real", tool_use),
        (None, "real", chat("one")),
    ]
    new = [
        NewRecord(Record(f"r{n}", json.dumps(body), topic, origin))  # type: ignore[arg-type]
        for n, (topic, origin, body) in enumerate(rows)
    ]
    with store.write() as connection:
        insert_records(connection, "wf-1", new)
    assert topic_counts(store, "wf-1") == [
        TopicCount("b", records=1, synthetic=0, multi_turn=1, uses_tools=0, usable=1),
        TopicCount("a", records=4, synthetic=1, multi_turn=1, uses_tools=1, usable=2),
        TopicCount(None, records=1, synthetic=0, multi_turn=0, uses_tools=0, usable=1),
    ]
    usable = [record.id for record in load_records(store, "wf-1", topic="a", usable_only=True)]
    assert usable == ["r1", "r4"]


def test_reads_in_order_over_pages(store: Store, add: Add) -> None:
    ids = add(*["a"] * 1203)
    assert [record.id for record in load_records(store, "wf-1")] == ids
    for limit in (0, 1, 500, 501, 1203, 5000):
        assert [record.id for record in load_records(store, "wf-1", limit=limit)] == ids[:limit]


def test_selects_by_topic_and_origin(store: Store, add: Add) -> None:
    add("a", "b", None)
    add("a", origin="synthetic")
    topics = [record.topic for record in load_records(store, "wf-1")]
    assert topics == ["a", "b", None, "a"]
    assert [record.topic for record in load_records(store, "wf-1", topic=None)] == [None]
    assert len(list(load_records(store, "wf-1", topic="a", origin="synthetic"))) == 1
    assert list(load_records(store, "wf-1", topic="A")) == []


def test_a_reader_may_write_between_records(store: Store, add: Add, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("finetune_coverage.tools.store.records._PAGE", 5)
    ids = add(*["a"] * 12)
    for record in load_records(store, "wf-1"):
        set_topic(store, "wf-1", record.id, "b")
    assert len(list(load_records(store, "wf-1", topic="b"))) == len(ids)


def test_a_rejected_record_no_longer_counts(store: Store, add: Add) -> None:
    ids = add("a", "a", "b")
    version = dataset_version(store, "wf-1")
    assert set_status(store, "wf-1", [ids[0], ids[0]], "rejected") == 1
    assert set_status(store, "wf-1", [ids[0]], "rejected") == 0
    assert dataset_version(store, "wf-1") == version + 1
    assert [(count.topic, count.records) for count in topic_counts(store, "wf-1")] == [("a", 1), ("b", 1)]
    assert [record.id for record in load_records(store, "wf-1")] == ids[1:]
    assert [record.id for record in load_records(store, "wf-1", status="rejected")] == ids[:1]
    assert len(list(load_records(store, "wf-1", status=None))) == 3
    assert get_record(store, "wf-1", ids[0]).id == ids[0]
    assert set_status(store, "wf-1", ids, "active") == 1


def test_an_unknown_id_changes_nothing(store: Store, add: Add) -> None:
    ids = add("a", "a")
    with pytest.raises(InvalidInput, match="'nope' and 1 more"):
        set_status(store, "wf-1", [*ids, "nope", "neither"], "rejected")
    with pytest.raises(InvalidInput):
        set_status(store, "wf-1", ids, "deleted")  # type: ignore[arg-type]
    with pytest.raises(InvalidInput):
        set_topic(store, "wf-1", "nope", "b")
    with pytest.raises(InvalidInput):
        get_record(store, "wf-1", "nope")
    assert len(list(load_records(store, "wf-1", topic="a"))) == 2


def test_a_topic_is_changed_and_taken_away(store: Store, add: Add) -> None:
    (record_id,) = add("a")
    body = get_record(store, "wf-1", record_id).body
    version = dataset_version(store, "wf-1")
    set_topic(store, "wf-1", record_id, " b ")
    assert get_record(store, "wf-1", record_id).topic == "b"
    set_topic(store, "wf-1", record_id, "b")
    assert dataset_version(store, "wf-1") == version + 1
    set_topic(store, "wf-1", record_id, " ")
    assert get_record(store, "wf-1", record_id).topic is None
    assert get_record(store, "wf-1", record_id).body == body
    with pytest.raises(InvalidInput, match="half a character"):
        set_topic(store, "wf-1", record_id, "\udfff")
