"""Files of an older version: nothing is lost when they are brought up to date, whoever does it and however it ends."""

from __future__ import annotations

import sqlite3
import textwrap
import time
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from finetune_coverage.tools.generation.approvals.plans import list_plans
from finetune_coverage.tools.generation.jobs.ledger import list_attempts, list_jobs
from finetune_coverage.tools.generation.money.budget import budget_of
from finetune_coverage.tools.store import migration
from finetune_coverage.tools.store import sqlite as sqlite_module
from finetune_coverage.tools.store.records import TopicCount, load_records, set_status, topic_counts
from finetune_coverage.tools.store.store import Store
from finetune_coverage.tools.store.workflows import list_topics
from sqlalchemy import create_engine

from ..forked import Forked


@pytest.fixture
def version_1(tmp_path: Path) -> Path:
    """A file as version 1 left it: a job half done under an approval, another plan waiting."""
    path = tmp_path / "version_1.db"
    file = sqlite3.connect(path)
    file.execute("PRAGMA journal_mode = WAL")
    file.executescript((Path(__file__).parent / "version_1.sql").read_text())
    file.close()
    return path


def contents(path: Path) -> dict[str, list[dict[str, object]]]:
    """Every row of every table, by column."""
    file = sqlite3.connect(path)
    file.row_factory = sqlite3.Row
    names = [name for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    found = {name: [dict(row) for row in file.execute(f"SELECT * FROM {name}")] for name in names}
    file.close()
    return found


def shape(path: Path) -> set[tuple[object, ...]]:
    """Table, name, type, NOT NULL and place in the key of every column; indexes and triggers by name."""
    query = (
        'SELECT t.name, c.name, c.type, c."notnull", c.pk FROM sqlite_master t, pragma_table_info(t.name) c '
        "WHERE t.type = 'table'"
    )
    file = sqlite3.connect(path)
    columns = {tuple(row) for row in file.execute(query)}
    named = "SELECT type, name, tbl_name FROM sqlite_master WHERE type IN ('index', 'trigger')"
    others = {tuple(row) for row in file.execute(named)}
    file.close()
    return columns | others


def test_a_store_of_version_1_keeps_all_that_is_in_it(version_1: Path) -> None:
    before = contents(version_1)
    store = Store.open(version_1)
    after = contents(version_1)
    for table, rows in before.items():
        kept = [{column: row[column] for column in rows[0]} for row in after[table]]
        assert kept == rows, table
    (job,) = list_jobs(store, "wf-1")
    assert (job.status, job.accepted, job.rejected, job.tokens) == ("running", 1, {"parse": 1}, 1501)
    assert [attempt.status for attempt in list_attempts(store, job.id)] == ["accepted", "rejected"]
    assert [plan.status for plan in list_plans(store, "wf-1")] == ["pending", "approved"]
    assert after["jobs"][0]["cancel_requested"] == 0
    assert [row["reserved_tokens"] for row in after["attempts"]] == [0, 0]
    store.close()


def test_what_version_1_spent_stays_spent(version_1: Path) -> None:
    store = Store.open(version_1)
    approval = str(contents(version_1)["approvals"][0]["id"])
    with store.read() as connection:
        budget = budget_of(connection, approval)
    assert (budget.spent_tokens, budget.reserved_tokens, budget.cap_tokens) == (1501, 0, None)
    store.close()


def test_the_records_of_version_1_are_counted(version_1: Path) -> None:
    store = Store.open(version_1)
    assert topic_counts(store, "wf-1") == [
        TopicCount("billing", records=1, synthetic=0, multi_turn=0, uses_tools=0, usable=1),
        TopicCount("technical", records=2, synthetic=1, multi_turn=0, uses_tools=0, usable=1),
    ]
    set_status(store, "wf-1", ["made-1"], "rejected")
    assert [count.records for count in topic_counts(store, "wf-1")] == [1, 1]
    store.close()


def test_the_records_of_several_workflows_keep_their_order(version_1: Path) -> None:
    file = sqlite3.connect(version_1)
    with file:
        file.execute("INSERT INTO workflows VALUES ('wf-0', '2026-11-25T18:41:59+00:00', 1)")
        file.execute(
            "INSERT INTO records SELECT 'wf-0', id, 10 - position, topic, other_topics, origin, status, body, "
            "has_assistant_turn, is_multi_turn, uses_tools, source_file, source_line, topic_field, job_id, "
            "provenance FROM records"
        )
    file.close()
    store = Store.open(version_1)
    assert [record.id for record in load_records(store, "wf-0")] == ["made-1", "real-2", "real-1"]
    assert [record.id for record in load_records(store, "wf-1")] == ["real-1", "real-2", "made-1"]
    store.close()


def test_a_migrated_store_has_the_shape_of_a_new_one(version_1: Path, tmp_path: Path) -> None:
    Store.open(version_1).close()
    Store.open(tmp_path / "new.db").close()
    assert shape(version_1) == shape(tmp_path / "new.db")


OPENER = textwrap.dedent(
    """
    import sys, time
    from finetune_coverage.tools.store.store import Store
    from finetune_coverage.tools.store.workflows import dataset_version

    time.sleep(max(0, float(sys.argv[2]) - time.time()))
    store = Store.open("sqlite:///" + sys.argv[1])
    print(dataset_version(store, "wf-1"))
    """
)


@pytest.mark.slow
def test_processes_that_migrate_at_once_do_it_once(version_1: Path, tmp_path: Path) -> None:
    before, start_at = contents(version_1), str(time.time() + 1.0)
    running = [Forked.of_text(tmp_path, OPENER, str(version_1), start_at) for _ in range(3)]
    answers = [process.communicate(timeout=60) for process in running]
    assert [process.returncode for process in running] == [0, 0, 0], answers
    assert [out for out, _ in answers] == ["3\n"] * 3
    after = contents(version_1)
    assert {table: len(after[table]) for table in before} == {table: len(before[table]) for table in before}
    assert len(after["budgets"]) == 1


def test_a_failed_migration_leaves_the_file_as_it_was(
    version_1: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (shape(version_1), contents(version_1))
    with monkeypatch.context() as patch:
        # The file's version cannot be written any more: the transaction ends without it.
        patch.setattr(sqlite_module, "SCHEMA_VERSION", "no number (")
        patch.setattr(sqlite_module, "_is_prepared", lambda engine, path: False)
        with pytest.raises(Exception, match="syntax error"):
            Store.open(version_1)
    assert (shape(version_1), contents(version_1)) == before
    Store.open(version_1).close()


@pytest.fixture(params=[7, 8, 9, 10])
def earlier(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A file of one of the versions before Alembic's table; 7 as that version left it, brought up to the others."""
    path = tmp_path / "earlier.db"
    file = sqlite3.connect(path)
    file.execute("PRAGMA journal_mode = WAL")
    file.executescript((Path(__file__).parents[1] / "generation" / "stopped_in_version_7.sql").read_text())
    file.close()
    with create_engine(f"sqlite:///{path}").begin() as connection:
        migration._note_version(connection, 7)
        migration._upgrade(connection, to=str(request.param))
        connection.exec_driver_sql(f"DROP TABLE {migration.VERSION_TABLE}")
        # An import that was killed left its indexes off, which the next one to open the file made.
        connection.exec_driver_sql("DROP INDEX records_by_id")
        connection.exec_driver_sql(f"PRAGMA user_version = {request.param}")
    return path


def test_a_store_of_a_later_version_gets_what_it_lacks(earlier: Path, tmp_path: Path) -> None:
    before = contents(earlier)
    store = Store.open(earlier)
    assert [topic.name for topic in list_topics(store, "wf-1")] == [row["name"] for row in before["topics"]]
    assert [plan.id for plan in list_plans(store)] == [row["id"] for row in reversed(before["plans"])]
    store.close()
    Store.open(tmp_path / "new.db").close()
    assert shape(earlier) == shape(tmp_path / "new.db")
    assert contents(earlier)["records"] == before["records"]
    assert (
        contents(earlier)[migration.VERSION_TABLE] == contents(tmp_path / "new.db")[migration.VERSION_TABLE]
    )


def test_the_version_of_new_stores_is_that_of_the_last_migration() -> None:
    folder = Path(str(migration.__file__)).parent / "migrations"
    assert ScriptDirectory(folder).get_current_head() == str(migration.SCHEMA_VERSION)
