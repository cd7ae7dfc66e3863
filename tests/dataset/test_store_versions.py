"""Stores as each version left them: brought up to date on both databases, nothing lost, and the job in them ends.

The files in `stores/` were made by the programs of those versions, on records of the bundled sample: four records were
approved, two answers came, and then the endpoint refused the key. A program of an older version refuses a newer store.
"""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.tools.errors import InvalidInput
from finetune_coverage.tools.generate_synthetic_data import run_approved_item
from finetune_coverage.tools.generation.jobs.ledger import get_job, list_attempts, list_jobs, slot_records
from finetune_coverage.tools.generation.money.budget import budget_of
from finetune_coverage.tools.generation.workers.worker import Worker
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.settings import Settings
from finetune_coverage.tools.store import migration
from finetune_coverage.tools.store.migration import NewerStore
from finetune_coverage.tools.store.records import load_records, topic_counts
from finetune_coverage.tools.store.store import Store
from finetune_coverage.tools.store.workflows import create_workflow, list_workflows
from sqlalchemy import inspect, text

from ..generation.test_engine_endpoint import no_meaning, texts
from ..mock_openai.server import MockOpenAI

__all__ = ["no_meaning"]

STORES = Path(__file__).parent / "stores"
VERSIONS = sorted(
    STORES.glob("*.sql"), key=lambda path: (path.stem.split("_")[0], int(path.stem.split("_")[1]))
)


@pytest.fixture(params=VERSIONS, ids=lambda path: path.stem)
def older(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, int]:
    """The address of a store of an older version, and how many records it had."""
    dump = request.param.read_text(encoding="utf-8")
    records = len(re.findall(r'^INSERT INTO "?records"? VALUES', dump, re.MULTILINE))
    if request.param.stem.startswith("postgresql"):
        address = str(request.getfixturevalue("empty_postgresql_url"))
        import psycopg

        with psycopg.connect(address) as connection:
            connection.execute(dump)
        return address, records
    path = tmp_path / "older.db"
    file = sqlite3.connect(path)
    file.execute("PRAGMA journal_mode = WAL")
    file.executescript(dump)
    file.close()
    return f"sqlite:///{path}", records


@pytest.fixture
def empty_postgresql_url(postgresql_url: str) -> str:
    """A database without any table."""
    import psycopg

    with psycopg.connect(postgresql_url) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    return postgresql_url


def shape(store: Store) -> dict[str, set[tuple[str, str, bool]]]:
    """By table: name, type and NOT NULL of each column."""
    with store.read() as connection:
        found = inspect(connection)
        return {
            table: {
                (one["name"], str(one["type"]), bool(one["nullable"])) for one in found.get_columns(table)
            }
            for table in found.get_table_names()
            if table not in ("sqlite_sequence",)
        }


@pytest.mark.slow
async def test_a_store_of_an_older_version_goes_on(
    older: tuple[str, int], mock_openai: MockOpenAI, tmp_path: Path
) -> None:
    address, had = older
    mock_openai.reply = texts()
    services = Services(
        Settings(
            home=tmp_path / "home",
            database_url=address,
            openai_base_url=mock_openai.url,
            openai_api_key=mock_openai.key,
            model="mock-model",
            model_profile="small",
            embedding_model="mock-embedding",
            verifier_share=0,
        )
    )
    store = services.store
    with store.read() as connection:
        version = connection.execute(text(f"SELECT version_num FROM {migration.VERSION_TABLE}")).scalar()
    assert int(version or 0) == migration.SCHEMA_VERSION
    assert sum(count.records for count in topic_counts(store, "wf-1")) == had
    assert [one.records for one in list_workflows(store)] == [had]
    (job,) = list_jobs(store)
    assert (job.status, job.count) == ("running", 4) and 0 < job.accepted < 4
    kept = [record.body for record in load_records(store, "wf-1")]
    approval = get_job(store, job.id).approval_id
    attempts = list_attempts(store, job.id)
    with store.read() as connection:
        before = budget_of(connection, approval)
    assert before.spent_tokens >= sum(attempt.tokens for attempt in attempts) > 0

    generation = (await run_approved_item(services, approval, 0))["generation"]
    assert (generation["status"], generation["accepted"]) == ("complete", 4), generation
    after = [record.body for record in load_records(store, "wf-1")]
    assert after[: len(kept)] == kept and len(after) == had + 4 - job.accepted
    assert sum(count.records for count in topic_counts(store, "wf-1")) == len(after)
    assert None not in slot_records(store, job.id).values()
    with store.read() as connection:
        spent = budget_of(connection, approval)
    assert spent.spent_tokens > before.spent_tokens


def test_a_store_of_an_older_version_gets_the_shape_of_a_new_one(
    older: tuple[str, int], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    address, _ = older
    migrated = Store.open(address)
    found = shape(migrated)
    migrated.close()
    if address.startswith("postgresql"):
        request.getfixturevalue("empty_postgresql_url")
        new = Store.open(address)
    else:
        new = Store.open(tmp_path / "new.db")
    assert found == shape(new)
    new.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgresql_url"))
    return f"sqlite:///{tmp_path / 'store.db'}"


def upgraded(store: Store) -> None:
    """As a program of the next version does it, in one transaction."""
    with store.write() as connection:
        newer = migration.SCHEMA_VERSION + 1
        connection.execute(text(f"UPDATE {migration.VERSION_TABLE} SET version_num = '{newer}'"))
        connection.execute(text("ALTER TABLE plans RENAME COLUMN items TO parts"))
        if not store.is_shared:
            connection.exec_driver_sql(f"PRAGMA user_version = {newer}")


def test_a_program_of_the_version_before_refuses_a_newer_store(address: str) -> None:
    store = Store.open(address)
    upgraded(store)
    store.close()
    with pytest.raises(InvalidInput, match="written by a newer version of this program") as refused:
        Store.open(address)
    assert "Install the newer version" in refused.value.hint


@pytest.mark.parametrize("does", ["write", "read"])
def test_one_that_was_running_meanwhile_refuses_too(address: str, does: str) -> None:
    running, other = Store.open(address), Store.open(address)
    create_workflow(running, "wf-1")
    upgraded(other)
    acts: dict[str, Callable[[], Any]] = {
        "write": lambda: create_workflow(running, "wf-2"),
        "read": lambda: _plans(running),
    }
    with pytest.raises(InvalidInput, match="newer version of this program") as refused:
        acts[does]()
    assert "Install the newer version" in refused.value.hint
    with other.read() as connection:
        assert connection.execute(text("SELECT id FROM workflows")).scalars().all() == ["wf-1"]
    running.close()
    other.close()


async def test_a_worker_that_was_running_meanwhile_ends_and_says_why(address: str, tmp_path: Path) -> None:
    services = Services(Settings(home=tmp_path / "home", database_url=address))
    has_begun = asyncio.Event()
    working = asyncio.create_task(Worker(services, lambda line: has_begun.set()).run(asyncio.Event()))
    await has_begun.wait()
    other = Store.open(address)
    await asyncio.to_thread(upgraded, other)
    with pytest.raises(NewerStore, match="newer version of this program"):
        await asyncio.wait_for(working, 30)
    other.close()


def _plans(store: Store) -> Any:
    from finetune_coverage.tools.generation.approvals.plans import list_plans

    return list_plans(store)
