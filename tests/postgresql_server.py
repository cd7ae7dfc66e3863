"""The PostgreSQL server of the tests: one for each test process, and a database in it for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from finetune_coverage.benchmarks.postgresql_server import PASSWORD, PostgresqlServer
from finetune_coverage.tools.store.store import Store

__all__ = ["PASSWORD", "PostgresqlServer"]


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgresqlServer]:
    """The server of this process's tests, started when the first one needs it."""
    try:
        server = PostgresqlServer()
    except FileNotFoundError as missing:
        pytest.skip(str(missing))
    yield server
    server.remove()


@pytest.fixture(scope="session")
def _database_with_tables(postgresql_server: PostgresqlServer) -> str:
    name = postgresql_server.new_database()
    Store.open(postgresql_server.url(name)).close()
    return name


@pytest.fixture
def postgresql_url(postgresql_server: PostgresqlServer, _database_with_tables: str) -> Iterator[str]:
    """The address of a database with the store's tables and nothing in them; it goes with the test."""
    name = postgresql_server.new_database(_database_with_tables)
    yield postgresql_server.url(name)
    postgresql_server.sql(f"DROP DATABASE {name} WITH (FORCE)")
