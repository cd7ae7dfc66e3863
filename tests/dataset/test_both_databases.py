"""What every store keeps, whichever database it is in: one state to read, writers one after the other, revisions."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from finetune_coverage.tools.dataset.record import Record
from finetune_coverage.tools.errors import Busy
from finetune_coverage.tools.store import store as store_module
from finetune_coverage.tools.store.records import NewRecord, get_record, insert_records, load_records
from finetune_coverage.tools.store.sqlite import SqliteStore
from finetune_coverage.tools.store.store import Store
from finetune_coverage.tools.store.workflows import (
    bump_version,
    create_workflow,
    dataset_version,
    ensure_workflow,
    list_workflows,
    version_within,
)


def opened_again(store: Store) -> Store:
    """The same store, as another process has it."""
    return Store.open(store.path if isinstance(store, SqliteStore) else str_of(store))


def str_of(store: Store) -> str:
    return store.url.render_as_string(hide_password=False)  # type: ignore[attr-defined]


def test_a_failed_transaction_leaves_nothing(store: Store) -> None:
    with pytest.raises(RuntimeError), store.write() as connection:
        ensure_workflow(connection, "wf-1")
        raise RuntimeError("stop")
    assert list_workflows(store) == []


def test_a_reader_sees_one_state_while_another_writes(store: Store) -> None:
    create_workflow(store, "wf-1")
    before = dataset_version(store, "wf-1")
    with store.read() as reader:
        assert version_within(reader, "wf-1") == before
        with store.write("wf-1") as writer:
            bump_version(writer, "wf-1")
        assert version_within(reader, "wf-1") == before
    assert dataset_version(store, "wf-1") == before + 1


def test_every_commit_changes_the_revision_and_reading_does_not(store: Store) -> None:
    elsewhere, seen = opened_again(store), {store.revision()}
    for writing in (store, elsewhere, store):
        create_workflow(writing, f"wf-{len(seen)}")
        assert store.revision() not in seen
        seen.add(store.revision())
    assert len(list_workflows(store)) == 3 and store.revision() in seen
    store.close()
    create_workflow(elsewhere, "while it was closed")
    assert store.revision() not in seen
    elsewhere.close()


def test_a_store_that_stays_locked_is_busy(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "BUSY_TIMEOUT_SECONDS", 0.1)
    one, two = opened_again(store), opened_again(store)
    for whose in (None, "wf-1"):
        with one.write(whose), pytest.raises(Busy, match="in use by another process"):
            create_workflow(two, "wf-1")
    create_workflow(two, "wf-1")
    one.close()
    two.close()


def test_what_is_read_to_be_changed_does_not_change_meanwhile(store: Store) -> None:
    """Each of eight writers, of two processes, finds the number that the one before it has left."""
    create_workflow(store, "wf-1")
    stores = [store, opened_again(store)]
    meet = threading.Barrier(8)

    def add(writer: int) -> None:
        meet.wait()
        for _ in range(5):
            with stores[writer % 2].write("wf-1") as connection:
                number = version_within(connection, "wf-1")
                new = NewRecord(Record(f"r-{number}", '{"messages": []}', None))
                assert insert_records(connection, "wf-1", [new]) == 1

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(8)))
    assert [record.id for record in load_records(store, "wf-1")] == [f"r-{n}" for n in range(40)]
    stores[1].close()


def test_a_text_comes_back_as_it_went_in(store: Store) -> None:
    create_workflow(store, "wf-1")
    body = (
        '{"messages": [{"role": "user", "content": "\\u0000 \\ud800 \u2028 \U0001f600 % %s :x \\\\ \' \\""}]}'
    )
    record = Record("r%s-:1", body, "a\tb 'c' \"d\" % \u00e9", provenance={"said": "\0 \u00e9"})
    with store.write("wf-1") as connection:
        insert_records(connection, "wf-1", [NewRecord(record, source_file="c:\\new\\d.jsonl")])
    assert get_record(store, "wf-1", record.id) == record
