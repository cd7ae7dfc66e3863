"""Large and unlucky imports: blocks, a full disk, an interruption, a file that goes away."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.tools.dataset import block_reader
from finetune_coverage.tools.dataset.import_report import ImportProgress
from finetune_coverage.tools.dataset.importer import import_files
from finetune_coverage.tools.errors import InvalidInput
from finetune_coverage.tools.store.records import load_records, topic_counts
from finetune_coverage.tools.store.store import Store

from .test_importer import Chat, Jsonl


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three lines of `chat` to a block."""
    monkeypatch.setattr(block_reader, "BLOCK_BYTES", 260)


def test_several_files_and_small_blocks(store: Store, chat: Chat, jsonl: Jsonl, small_blocks: None) -> None:
    files = [jsonl(*[chat(f"{name}{n}") for n in range(7)], name=f"{name}.jsonl") for name in "ab"]
    told: list[ImportProgress] = []
    report = import_files(store, "wf-1", files, on_progress=told.append)
    assert report.added == 14
    expected = [f"{name}{n}" for name in "ab" for n in range(7)]
    assert [record.user_text for record in load_records(store, "wf-1")] == expected
    total = sum(path.stat().st_size for path in files)
    assert [progress.records for progress in told] == [3, 6, 7, 7, 10, 13, 14, 14]
    assert [progress.bytes_read for progress in told] == sorted(progress.bytes_read for progress in told)
    assert told[-1] == ImportProgress(str(files[1]), total, total, 14, 0)


def test_tells_how_long_the_rest_will_take() -> None:
    assert ImportProgress("f", 0, 100, 0, 0, 1.0).seconds_left is None
    assert ImportProgress("f", 20, 100, 5, 0, 3.0).seconds_left == 12.0
    assert ImportProgress("f", 100, 100, 5, 0, 3.0).seconds_left == 0.0


MIXED: tuple[Any, ...] = (
    b"\xef\xbb\xbf" + json.dumps({"messages": [{"role": "user", "content": "one"}]}).encode(),
    {"messages": [{"role": "user", "content": "one"}]},
    "",
    {"messages": [{"role": "user", "content": "é"}], "n": 1.5, "topics": ["a", "ü"]},
    "no JSON",
    b'{"messages": [{"role": "user", "content": "two"}], "n": 123456789012345678901234567890}\r',
    b'{"messages": "\xff"}',
    {"messages": [{"role": "user", "content": "one"}]},
    {"messages": [{"role": "user", "content": "three"}], "topic": "b"},
)


@pytest.mark.parametrize("block_bytes", [1, 70, 200, 32_000_000])
def test_odd_lines_keep_their_places_among_the_others(
    store: Store, jsonl: Jsonl, monkeypatch: pytest.MonkeyPatch, block_bytes: int
) -> None:
    monkeypatch.setattr(block_reader, "BLOCK_BYTES", block_bytes)
    report = import_files(store, "wf-1", [jsonl(*MIXED)])
    assert (report.added, report.blank, [bad.line for bad in report.bad]) == (6, 1, [5, 7])
    kept = list(load_records(store, "wf-1"))
    assert [record.user_text for record in kept] == ["one", "one", "é", "two", "one", "three"]
    one = kept[0].id.removesuffix("-1")
    assert [record.id for record in kept if record.user_text == "one"] == [f"{one}-{n}" for n in (1, 2, 3)]
    assert (kept[2].topic, kept[2].other_topics) == ("a", ("ü",))
    assert list(report.topics.items()) == [("a", 1), ("b", 1)]
    with store.read() as connection:
        lines = connection.exec_driver_sql("SELECT source_line FROM records ORDER BY position").scalars()
        assert list(lines) == [1, 2, 4, 6, 8, 9]
    assert import_files(store, "wf-1", [jsonl(*MIXED)]).added == 0


def test_a_full_disk_is_named_and_what_went_in_stays(
    store: Store, chat: Chat, jsonl: Jsonl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(block_reader, "BLOCK_BYTES", 100_000)
    with store.write() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 20}")
    path = jsonl(*[chat(f"n{n}", text="x" * 1000) for n in range(400)])
    with pytest.raises(InvalidInput, match="the disk is full"):
        import_files(store, "wf-1", [path])
    kept = [record.user_text for record in load_records(store, "wf-1")]
    assert 0 < len(kept) < 400
    assert kept == [f"n{n}" for n in range(len(kept))]
    assert sum(count.records for count in topic_counts(store, "wf-1")) == len(kept)


def test_what_went_in_before_an_interruption_stays(
    store: Store, chat: Chat, jsonl: Jsonl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(block_reader, "BLOCK_BYTES", 180)
    path = jsonl(*[chat(f"n{n}") for n in range(5)])

    def stop(progress: ImportProgress) -> None:
        if progress.records == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_files(store, "wf-1", [path], on_progress=stop)
    report = import_files(store, "wf-1", [path])
    assert (report.added, report.already_there) == (1, 4)
    assert [record.user_text for record in load_records(store, "wf-1")] == [f"n{n}" for n in range(5)]


def test_a_file_that_goes_away_is_read_to_its_end(
    store: Store, chat: Chat, jsonl: Jsonl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(block_reader, "BLOCK_BYTES", 180)
    path = jsonl(*[chat(f"n{n}") for n in range(5)])

    def take_away(progress: ImportProgress) -> None:
        path.unlink(missing_ok=True)

    assert import_files(store, "wf-1", [path], on_progress=take_away).added == 5


KILLED = textwrap.dedent(
    """
    import os, signal, sys
    from finetune_coverage.tools.dataset import block_reader
    from finetune_coverage.tools.dataset.importer import import_files
    from finetune_coverage.tools.store.store import Store

    block_reader.BLOCK_BYTES = 1000
    die = lambda progress: progress.records > 30 and os.kill(os.getpid(), signal.SIGKILL)
    import_files(Store.open(sys.argv[1]), "wf-1", [sys.argv[2]], on_progress=die)
    """
)


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_killed_import_is_taken_up_again(
    request: pytest.FixtureRequest, tmp_path: Path, jsonl: Jsonl, chat: Chat, database: str
) -> None:
    url = (
        f"sqlite:///{tmp_path / 'killed.db'}"
        if database == "sqlite"
        else request.getfixturevalue("postgresql_url")
    )
    file = jsonl(*[chat(f"n{n}", topic=f"t{n % 3}") for n in range(100)])
    process = subprocess.run([sys.executable, "-c", KILLED, url, str(file)], timeout=60, check=False)
    assert process.returncode == -signal.SIGKILL
    store = Store.open(url)
    kept = len(list(load_records(store, "wf-1")))
    assert 30 < kept < 100
    assert sum(count.records for count in topic_counts(store, "wf-1")) == kept
    report = import_files(store, "wf-1", [file])
    assert (report.added, report.already_there) == (100 - kept, kept)
    assert [record.user_text for record in load_records(store, "wf-1")] == [f"n{n}" for n in range(100)]
    assert [count.records for count in topic_counts(store, "wf-1")] == [34, 33, 33]
    store.close()
