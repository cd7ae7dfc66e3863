"""The store of all workflows: one file of this machine (SQLite), or a database on a server (PostgreSQL)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy import URL, Connection, Table, make_url
from sqlalchemy.exc import ArgumentError

from ..errors import InvalidInput

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite

    from .record_columns import RecordColumns

BUSY_TIMEOUT_SECONDS = 30
STORE = "finetune_coverage_store"
"""Option of a connection: the store that it is of."""

_HINT = "Write it as sqlite:///path/to/file.db or as postgresql://user:password@host/database."


class Store(ABC):
    """The datasets, plans and journals of all workflows.

    Made by `Store.open`. Safe to share between threads; any number of processes may use the same one. All that
    differs between databases is in the two classes below it, `sqlite.SqliteStore` and `postgresql.PostgresqlStore`.

    Attributes:
        address: where it is, as it can be shown: a path, or an address without the password.
        is_shared: whether it is a server's, so that processes of several machines may use it.
        is_read_only: whether nothing can be written to it.
    """

    address: str
    is_shared: ClassVar[bool]
    is_read_only: bool = False

    @staticmethod
    def open(url: str | Path) -> Store:
        """Open the store, making what is missing: its folder and file, and its tables.

        A store of an older version gets the tables and columns that it lacks, and keeps all that is in it. A file in
        a folder that may not be written to is opened for reading.

        Args:
            url: ``sqlite:///path/to/file.db``, the path of a file, or ``postgresql://user:password@host/database``.

        Raises:
            InvalidInput: the address is of no store, or there is none to be had there.
            Busy: another process keeps it locked.
        """
        from .sqlite import SqliteStore

        if isinstance(url, Path):
            return SqliteStore(url)
        parsed = _parsed(url)
        kind = parsed.get_backend_name()
        if kind == "sqlite":
            return SqliteStore(SqliteStore.path_in(parsed))
        if kind == "postgresql":
            from .postgresql import PostgresqlStore

            return PostgresqlStore(parsed)
        raise InvalidInput(f"A store in {kind} is not supported: {parsed.render_as_string()}.", hint=_HINT)

    @abstractmethod
    def read(self) -> AbstractContextManager[Connection]:
        """A connection that sees one unchanging state of the store, and never waits for writers."""

    @abstractmethod
    def write(self, workflow_id: str | None = None) -> AbstractContextManager[Connection]:
        """One transaction: committed at the end of the block, rolled back when the block raises.

        What the block reads cannot change before it writes: it has the store's lock from its start. Keep the block
        short, other writers wait for it.

        Args:
            workflow_id: the one workflow that the block reads and writes; blocks on others need not wait for it then,
                where the database allows that. Without it all other writers wait.

        Raises:
            Busy: others did not let go of the store within 30 seconds.
            InvalidInput: the store may only be read.
        """

    @abstractmethod
    def revision(self) -> str:
        """What changes with every commit to the store, by whichever process; at most one short query."""

    @abstractmethod
    def close(self) -> None:
        """Close all connections. The store opens them again when it is used again."""

    @staticmethod
    @abstractmethod
    def insert(table: Table) -> sqlite.Insert | postgresql.Insert:
        """An ``INSERT`` that can say what happens to rows that are there already; each database has its own."""

    @staticmethod
    @abstractmethod
    def add_columns(
        connection: Connection, common: dict[str, Any], ids: Sequence[str], columns: RecordColumns
    ) -> int:
        """Add rows to the table ``records`` the way this database is fastest at; see `bulk_insert`.

        Args:
            connection: a write transaction.
            common: the columns that all rows have alike.
            ids: of the records; those that the workflow has already are left as they are.
            columns: the rest of the records.

        Returns:
            How many were added.
        """


def server_url(url: str) -> URL | None:
    """The address of a store's database, when it is on a server; None when it is a file."""
    parsed = _parsed(url)
    return parsed if parsed.get_backend_name() == "postgresql" else None


def _parsed(url: str) -> URL:
    # Said by many hosts, and known to the server's own programs.
    address = f"postgresql://{url.removeprefix('postgres://')}" if url.startswith("postgres://") else url
    try:
        return make_url(address)
    except ArgumentError as error:
        raise InvalidInput("The address of the store cannot be read.", hint=_HINT) from error


def store_of(connection: Connection) -> Store:
    """The store that a connection is of."""
    store: Store = connection.get_execution_options()[STORE]
    return store


def insert_into(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """`Store.insert`, where a caller has the connection only."""
    return store_of(connection).insert(table)
