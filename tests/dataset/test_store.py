"""The store opens, refuses and locks as it says; several processes may use it at once."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from finetune_coverage.tools.errors import InvalidInput
from finetune_coverage.tools.store.records import load_records, topic_counts
from finetune_coverage.tools.store.store import Store
from finetune_coverage.tools.store.workflows import (
    create_workflow,
    list_workflows,
)

pytestmark = pytest.mark.slow


def test_opens_by_url_and_by_path_and_makes_the_folder(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "coverage.db"
    first = Store.open(f"sqlite:///{path}")
    create_workflow(first, "wf-1")
    first.close()
    second = Store.open(path)
    assert [workflow.id for workflow in list_workflows(second)] == ["wf-1"]
    second.close()


def test_a_path_with_signs_that_urls_use_is_one_path(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "who? 100% #1" / "coverage.db")
    create_workflow(store, "wf-1")
    assert (tmp_path / "who? 100% #1" / "coverage.db").is_file()
    store.close()


def test_is_in_wal_mode_with_foreign_keys(store: Store) -> None:
    with store.read() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 1
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one() == 30_000


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://host/db", "mysql is not supported"),
        ("not an address", "cannot be read"),
        ("sqlite://", "needs a file"),
        ("sqlite:///:memory:", "needs a file"),
    ],
)
def test_refuses_what_is_no_file(url: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        Store.open(url)


def test_a_password_in_a_refused_address_is_not_shown() -> None:
    with pytest.raises(InvalidInput) as caught:
        Store.open("mysql://me:secret@host/db")
    assert "secret" not in str(caught.value)


def test_refuses_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("These are notes. " * 100)
    with pytest.raises(InvalidInput, match="is not a SQLite database"):
        Store.open(path)
    assert path.read_text().startswith("These are notes.")


def test_refuses_a_folder_and_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be opened"):
        Store.open(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidInput, match="cannot be made"):
        Store.open(tmp_path / "file" / "coverage.db")


def test_refuses_a_store_of_a_newer_version(tmp_path: Path) -> None:
    path = tmp_path / "coverage.db"
    store = Store.open(path)
    with store.write() as connection:
        connection.exec_driver_sql("PRAGMA user_version = 99")
    store.close()
    with pytest.raises(InvalidInput, match="newer version"):
        Store.open(path)


IMPORTER = textwrap.dedent(
    """
    import sys, time
    from finetune_coverage.tools.dataset import block_reader
    from finetune_coverage.tools.dataset import importer
    from finetune_coverage.tools.store.store import Store

    store_url, start_at, *files = sys.argv[1:]
    block_reader.BLOCK_BYTES = 2000
    time.sleep(max(0, float(start_at) - time.time()))
    store = Store.open(store_url)
    report = importer.import_files(store, "wf-1", files)
    print(report.added, report.already_there, "alembic" in sys.modules, "psycopg" in sys.modules)
    """
)


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_processes_that_start_at_once_import_side_by_side(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    jsonl: Callable[..., Path],
    chat: Callable[..., dict[str, object]],
    database: str,
) -> None:
    """Into a store that none of them finds made."""
    if database == "postgresql":
        server = request.getfixturevalue("postgresql_server")
        url = server.url(server.new_database())
    else:
        url = f"sqlite:///{tmp_path / 'new' / 'coverage.db'}"
    own = [
        jsonl(*[chat(f"{who} asks {n}", topic=who) for n in range(200)], name=f"{who}.jsonl")
        for who in ("ann", "ben", "cem")
    ]
    common = jsonl(*[chat(f"all ask {n}", topic="all") for n in range(200)], name="all.jsonl")
    start_at = str(time.time() + 1.5)
    running = [
        subprocess.Popen(
            [sys.executable, "-c", IMPORTER, url, start_at, str(mine), str(common)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for mine in own
    ]
    answers = [process.communicate(timeout=60) for process in running]
    assert [process.returncode for process in running] == [0, 0, 0], answers
    # What a file does not need is not loaded, and Alembic only by those who find an older store.
    assert {tuple(out.split()[2:]) for out, _ in answers} == {("False", str(database == "postgresql"))}
    counts = [tuple(map(int, out.split()[:2])) for out, _ in answers]
    # The common file went in once, whoever was first with each of its batches.
    assert sum(added for added, _ in counts) == 800
    assert sum(there for _, there in counts) == 400

    store = Store.open(url)
    assert {count.topic: count.records for count in topic_counts(store, "wf-1")} == {
        "ann": 200,
        "ben": 200,
        "cem": 200,
        "all": 200,
    }
    mine = [record.user_text for record in load_records(store, "wf-1", topic="ann")]
    assert mine == [f"ann asks {n}" for n in range(200)]
    with store.read() as connection:
        positions = connection.exec_driver_sql("SELECT count(DISTINCT position) FROM records").scalar_one()
    assert positions == 800
    store.close()
