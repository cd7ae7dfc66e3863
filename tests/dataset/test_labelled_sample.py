"""A sample by topic is the same for the same dataset, and never of what does not count."""

from __future__ import annotations

import json

import pytest
from finetune_coverage.tools.dataset.labelled_sample import choice_key, labelled_sample
from finetune_coverage.tools.dataset.record import Record
from finetune_coverage.tools.errors import WorkflowNotFound
from finetune_coverage.tools.store.records import NewRecord, insert_records, set_status
from finetune_coverage.tools.store.store import Store
from finetune_coverage.tools.store.workflows import create_workflow


def body(text: str) -> str:
    return json.dumps({"messages": [{"role": "user", "content": text}]})


@pytest.fixture
def filled(store: Store) -> Store:
    create_workflow(store, "wf-1")
    create_workflow(store, "wf-2")
    real = [Record(f"r{n}", body(f"n{n}"), "ab"[n % 3 == 0]) for n in range(90)]
    others = [Record("made", body("m"), "a", "synthetic"), Record("none", body("x"), None)]
    with store.write() as connection:
        insert_records(connection, "wf-1", [NewRecord(record) for record in [*real, *others]])
        insert_records(connection, "wf-2", [NewRecord(Record("elsewhere", body("e"), "a"))])
    set_status(store, "wf-1", ["r0"], "rejected")
    return store


def test_all_where_they_are_few(filled: Store) -> None:
    found = [record.id for record in labelled_sample(filled, "wf-1", {"a": 1000, "b": 1000})]
    assert found == [f"r{n}" for n in range(1, 90)]


def test_the_first_by_their_ids_where_they_are_many(filled: Store) -> None:
    found = list(labelled_sample(filled, "wf-1", {"a": 7, "b": 7}))
    for topic, wanted in (("a", [n for n in range(90) if n % 3]), ("b", range(3, 90, 3))):
        best = sorted((f"r{n}" for n in wanted), key=choice_key)[:7]
        assert {record.id for record in found if record.topic == topic} == set(best)
    assert len(found) == 14


def test_an_unknown_workflow_is_named(store: Store) -> None:
    with pytest.raises(WorkflowNotFound):
        labelled_sample(store, "nowhere", {"a": 5})
