"""A large file into an empty store: faster, and as safe as any other import."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.tools.dataset import block_reader, first_import
from finetune_coverage.tools.dataset.import_report import ImportProgress
from finetune_coverage.tools.dataset.importer import import_files
from finetune_coverage.tools.dataset.record import Record
from finetune_coverage.tools.store.records import NewRecord, insert_records, load_records, topic_counts
from finetune_coverage.tools.store.store import Store

Chat = Callable[..., dict[str, Any]]
Jsonl = Callable[..., Path]
PUT_OFF = {"records_by_id", "records_by_topic", "records_in_order"}


@pytest.fixture(autouse=True)
def all_files_are_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(first_import, "LARGE_BYTES", 1)
    monkeypatch.setattr(block_reader, "BLOCK_BYTES", 1000)


@pytest.fixture
def file(jsonl: Jsonl, chat: Chat) -> Path:
    return jsonl(*[chat(f"n{n}", topic=f"t{n % 3}") for n in range(100)])


def look(path: Path) -> tuple[set[str], str]:
    """The indexes of the records, and how the file is written: "wal", or straight, which a newcomer calls "delete"."""
    connection = sqlite3.connect(path)
    try:
        names = {str(row[1]) for row in connection.execute("PRAGMA index_list(records)")}
        return names & PUT_OFF, str(connection.execute("PRAGMA journal_mode").fetchone()[0])
    finally:
        connection.close()


def texts(store: Store) -> list[str]:
    return [record.user_text for record in load_records(store, "wf-1")]


@pytest.fixture
def meanwhile(store: Store, file: Path) -> Callable[[Callable[[], None]], None]:
    """Import the file, and do something when the first blocks are in."""

    def run(act: Callable[[], None]) -> None:
        calls: Iterator[Callable[[], None]] = iter([lambda: None, act])
        import_files(store, "wf-1", [file], on_progress=lambda _: next(calls, lambda: None)())

    return run


def test_the_indexes_come_at_the_end(store: Store, meanwhile: Callable[..., None], file: Path) -> None:
    seen: list[tuple[set[str], str]] = []
    meanwhile(lambda: seen.append(look(store.path)))
    assert seen == [(set(), "delete")]
    assert look(store.path) == (PUT_OFF, "wal")
    assert texts(store) == [f"n{n}" for n in range(100)]
    assert [count.records for count in topic_counts(store, "wf-1")] == [34, 33, 33]


def test_a_second_file_adds_only_what_is_new(store: Store, file: Path, jsonl: Jsonl, chat: Chat) -> None:
    other = jsonl(chat("n5", topic="t2"), chat("new"), name="other.jsonl")
    report = import_files(store, "wf-1", [file, other, file])
    assert (report.added, report.already_there) == (101, 101)
    assert texts(store) == [*[f"n{n}" for n in range(100)], "new"]


def test_a_store_with_records_keeps_its_indexes(
    store: Store, jsonl: Jsonl, chat: Chat, meanwhile: Callable[..., None]
) -> None:
    import_files(store, "other", [jsonl(chat("first"), name="first.jsonl")])
    seen: list[tuple[set[str], str]] = []
    meanwhile(lambda: seen.append(look(store.path)))
    assert seen == [(PUT_OFF, "wal")]


def test_a_program_that_reads_meanwhile_is_not_disturbed(
    store: Store, meanwhile: Callable[..., None]
) -> None:
    other = Store.open(store.path)
    with other.read() as connection:
        before = connection.exec_driver_sql("SELECT count(*) FROM records").scalar_one()
        seen: list[tuple[set[str], str]] = []
        meanwhile(lambda: seen.append(look(store.path)))
        assert connection.exec_driver_sql("SELECT count(*) FROM records").scalar_one() == before == 0
    assert [mode for _, mode in seen] == ["wal"]
    assert len(texts(other)) == 100
    other.close()


def test_a_program_that_starts_meanwhile_finds_all_in_order(
    store: Store, meanwhile: Callable[..., None], file: Path
) -> None:
    """It even adds a record that the import has still to come to."""
    late = Record("", file.read_text().splitlines()[90], "t0")
    seen: list[tuple[set[str], str]] = []

    def start() -> None:
        other = Store.open(store.path)
        seen.append(look(store.path))
        ids = {record.user_text: record.id for record in load_records(rehearsal, "wf-1")}
        with other.write() as connection:
            insert_records(connection, "wf-1", [NewRecord(Record(ids["n90"], late.body, "t0"))])
        other.close()

    rehearsal = Store.open(store.path.parent / "rehearsal.db")
    import_files(rehearsal, "wf-1", [file])
    meanwhile(start)
    rehearsal.close()
    assert seen == [(PUT_OFF, "wal")]
    assert sorted(texts(store)) == sorted(f"n{n}" for n in range(100))
    assert sum(count.records for count in topic_counts(store, "wf-1")) == 100


def test_whoever_adds_a_record_makes_the_indexes_first(store: Store, meanwhile: Callable[..., None]) -> None:
    other = Store.open(store.path)

    def add() -> None:
        body = '{"messages": [{"role": "user", "content": "mine"}]}'
        with other.write() as connection:
            insert_records(connection, "wf-1", [NewRecord(Record("mine", body, None))])
        seen.append(look(store.path)[0])

    seen: list[set[str]] = []
    other.close()  # a connection that is not open cannot keep the import from writing straight
    meanwhile(add)
    assert seen == [PUT_OFF]
    assert len(texts(store)) == 101
    other.close()


def test_an_interrupted_import_leaves_the_indexes(store: Store, file: Path) -> None:
    def stop(progress: ImportProgress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_files(store, "wf-1", [file], on_progress=stop)
    assert look(store.path) == (PUT_OFF, "wal")
    kept = len(texts(store))
    assert 0 < kept < 100
    assert import_files(store, "wf-1", [file]).added == 100 - kept


KILLED = textwrap.dedent(
    """
    import os, signal, sys
    from finetune_coverage.tools.dataset import block_reader
    from finetune_coverage.tools.dataset import first_import
    from finetune_coverage.tools.dataset.importer import import_files
    from finetune_coverage.tools.store.store import Store

    first_import.LARGE_BYTES, block_reader.BLOCK_BYTES = 1, 1000
    die = lambda progress: progress.records > 30 and os.kill(os.getpid(), signal.SIGKILL)
    import_files(Store.open("sqlite:///" + sys.argv[1]), "wf-1", [sys.argv[2]], on_progress=die)
    """
)


def test_a_killed_import_is_taken_up_again(tmp_path: Path, file: Path) -> None:
    path = tmp_path / "killed.db"
    process = subprocess.run([sys.executable, "-c", KILLED, str(path), str(file)], timeout=60, check=False)
    assert process.returncode == -signal.SIGKILL
    assert look(path)[0] == set()
    store = Store.open(path)
    assert look(path) == (PUT_OFF, "wal")
    kept = len(texts(store))
    assert 30 < kept < 100
    report = import_files(store, "wf-1", [file])
    assert (report.added, report.already_there) == (100 - kept, kept)
    assert texts(store) == [f"n{n}" for n in range(100)]
    store.close()


def test_a_store_whose_table_has_the_index_built_in_goes_the_usual_way(tmp_path: Path, file: Path) -> None:
    path = tmp_path / "version_6.db"
    Store.open(path).close()
    old = sqlite3.connect(path)
    (made,) = old.execute("SELECT sql FROM sqlite_master WHERE name = 'records'").fetchone()
    old.execute("DROP TABLE records")
    old.execute(made.rstrip().removesuffix(")") + ", UNIQUE (id, workflow_id))")
    old.execute("CREATE INDEX records_by_topic ON records (topic, workflow_id, status)")
    old.execute("CREATE INDEX records_in_order ON records (workflow_id)")
    old.execute("PRAGMA user_version = 6")
    old.commit()
    old.close()
    store = Store.open(path)
    assert look(path) == (PUT_OFF - {"records_by_id"}, "wal")
    report = import_files(store, "wf-1", [file, file])
    assert (report.added, report.already_there) == (100, 100)
    assert look(path)[0] == PUT_OFF - {"records_by_id"}
    store.close()
