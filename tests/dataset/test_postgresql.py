"""A store on a PostgreSQL server: what goes wrong there is said in words, and without the password."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from finetune_coverage.agent.cli import main
from finetune_coverage.tools.dataset.importer import import_files
from finetune_coverage.tools.errors import CoverageError, InvalidInput
from finetune_coverage.tools.store.records import load_records
from finetune_coverage.tools.store.store import Store
from finetune_coverage.tools.store.workflows import create_workflow, list_workflows

from ..postgresql_server import PASSWORD, PostgresqlServer


@pytest.fixture
def store(postgresql_url: str) -> Iterator[Store]:
    opened = Store.open(postgresql_url)
    yield opened
    opened.close()


def refused(url: str) -> CoverageError:
    with pytest.raises(CoverageError) as caught:
        Store.open(url)
    for shown in (str(caught.value), repr(caught.value)):
        assert PASSWORD not in shown and "wrong one" not in shown and "secret" not in shown
    return caught.value


def test_what_cannot_be_opened_is_said_in_words(postgresql_server: PostgresqlServer) -> None:
    server = postgresql_server
    assert "password is wrong" in refused(server.url("postgres", password="wrong one")).message
    assert "password is wrong" in refused(server.url("postgres", user="nobody")).message
    assert "no such database" in refused(server.url("nothing")).message
    away = refused("postgresql://me:secret@127.0.0.1:9/db")
    assert "127.0.0.1:9/db cannot be reached: Connection refused." in away.message
    assert "Is the server running" in away.hint
    beside = refused("postgresql://me@127.0.0.1:9/db?password=secret")
    assert beside.message == "The store postgresql://me@127.0.0.1:9/db cannot be reached: Connection refused."
    assert "option" in refused("postgresql://me:secret@127.0.0.1:9/db?nonsense=1").message
    assert "cannot be reached" in refused("postgresql://me:secret@no.such.host.invalid/db").message
    assert "cannot be reached" in refused(f"postgres://me:secret@/db?host={server.folder}/nothing").message


def test_a_user_without_rights_is_told_which(
    postgresql_server: PostgresqlServer, postgresql_url: str
) -> None:
    name = postgresql_server.new_database()
    postgresql_server.sql(f"CREATE ROLE reader LOGIN PASSWORD '{PASSWORD}'")
    found = refused(postgresql_server.url(name, user="reader"))
    assert "may not be used like this by its user" in found.message and "GRANT" in found.hint
    # Where the tables are, but may not be read.
    found = refused(postgresql_url.replace("//tests:", "//reader:"))
    assert "may not be used like this by its user" in found.message
    postgresql_server.sql("DROP ROLE reader")


def test_without_the_driver_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(sys.modules):
        if name.partition(".")[0] == "psycopg":
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    assert "pip install 'finetune-coverage[postgresql]'" in refused("postgresql://me:secret@host/db").hint


def test_a_newer_store_and_tables_of_others_are_left_alone(
    postgresql_server: PostgresqlServer, postgresql_url: str
) -> None:
    database = postgresql_url.partition("@/")[2].partition("?")[0]
    postgresql_server.sql("UPDATE finetune_coverage_version SET version_num = '99'", database)
    assert "newer version" in refused(postgresql_url).message
    name = postgresql_server.new_database()
    postgresql_server.sql("CREATE TABLE jobs (job_number int)", name)
    postgresql_server.sql("CREATE SCHEMA coverage", name)
    assert "tables of another program: jobs" in refused(postgresql_server.url(name)).message
    beside = Store.open(postgresql_server.url(name) + "&options=-csearch_path%3Dcoverage")
    create_workflow(beside, "wf-1")
    beside.close()


@pytest.mark.slow
def test_a_server_that_went_away_is_named_and_the_store_goes_on_when_it_is_back(
    postgresql_server: PostgresqlServer, store: Store
) -> None:
    create_workflow(store, "wf-1")
    with pytest.raises(CoverageError, match=r"was lost|cannot be reached"), store.write() as connection:
        connection.exec_driver_sql("UPDATE workflows SET created_at = 'never'")
        postgresql_server.stop()
        connection.exec_driver_sql("UPDATE workflows SET created_at = 'never'")
    with pytest.raises(CoverageError, match="cannot be reached"):
        list_workflows(store)
    postgresql_server.start()
    (workflow,) = list_workflows(store)
    assert workflow.created_at != "never"


def test_order_is_that_of_the_characters_in_every_language(postgresql_server: PostgresqlServer) -> None:
    postgresql_server.sql(
        "CREATE DATABASE in_german TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'de-DE' LOCALE 'C.UTF-8'"
    )
    store = Store.open(postgresql_server.url("in_german"))
    for name in ("b", "C", "a", "B", "-a"):
        create_workflow(store, name)
    with store.write() as connection:
        connection.exec_driver_sql("UPDATE workflows SET created_at = 'at once'")
    assert [workflow.id for workflow in list_workflows(store)] == ["-a", "B", "C", "a", "b"]
    store.close()
    postgresql_server.sql("DROP DATABASE in_german")


def test_writers_of_two_workflows_do_not_wait_for_each_other(store: Store) -> None:
    for name in ("wf-1", "wf-2"):
        create_workflow(store, name)
    written = threading.Event()

    def write() -> None:
        with store.write("wf-2") as connection:
            connection.exec_driver_sql("UPDATE workflows SET dataset_version = 7 WHERE id = 'wf-2'")
        written.set()

    with store.write("wf-1"):
        other = threading.Thread(target=write)
        other.start()
        assert written.wait(20)
    other.join()


def test_a_nul_in_a_label_becomes_a_mark(
    store: Store, jsonl: Callable[..., Path], chat: Callable[..., dict[str, Any]]
) -> None:
    """Its text cannot hold one; the body keeps it, as JSON writes it."""
    path = jsonl(chat("hello \0 you", topic="a\0b"), chat("hello", topic="c"))
    assert import_files(store, "wf-1", [path]).added == 2
    first, _ = load_records(store, "wf-1")
    assert (first.topic, first.user_text) == ("a\ufffdb", "hello \0 you")
    assert [record.id for record in load_records(store, "wf-1", topic="a\0b")] == [first.id]


def test_the_address_is_shown_without_its_password(
    store: Store, postgresql_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FINETUNE_COVERAGE_DATABASE_URL", postgresql_url)
    main(["doctor"])
    shown = capsys.readouterr()
    assert f"0 in 0 workflows, {store.address}" in " ".join(shown.out.split())
    assert "***" in store.address and quote(PASSWORD) not in shown.out + shown.err


def test_nothing_is_written_by_what_only_reads(store: Store) -> None:
    with pytest.raises(InvalidInput, match="may only be read"), store.read() as connection:
        connection.exec_driver_sql("DELETE FROM workflows")
