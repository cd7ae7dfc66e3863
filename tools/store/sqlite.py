"""The store in one SQLite file, which several processes may use at once, or which may only be read."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import Any, ClassVar

from filelock import FileLock, Timeout
from sqlalchemy import URL, Connection, Engine, PoolProxiedConnection, Table, create_engine, event
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool
from tenacity import Retrying, retry_if_exception_message, stop_after_delay, wait_random

from ..data_folder import make_private_file, make_private_folder
from ..errors import Busy, InvalidInput
from . import store
from .leases import refuse_if_lost
from .migration import SCHEMA_VERSION, bring_up_to_date, refuse_newer
from .read_only import opens_read_only, read_only_address
from .record_columns import RecordColumns
from .sqlite_failures import said_clearly
from .store import STORE, Store

_NOT_WRITABLE = "its folder may not be written to"
_WRITE_ELSEWHERE = "To change anything, copy the data folder and name the copy in FINETUNE_COVERAGE_HOME."
_PAGE_BYTES = 16_384
_CACHE_KIB = 64_000
"""Holds the index of some million ids, which come in no order; the usual 2 MB would be written out all the time."""

_WRITE = "finetune_coverage_write"
"""Option of a connection: set when it is to write."""


class SqliteStore(Store):
    """A store in a file.

    Attributes:
        path: the file.
    """

    is_shared: ClassVar[bool] = False

    def __init__(self, path: Path) -> None:
        """Open the file, as `Store.open` says."""
        self.path = path.expanduser().absolute()
        self.address = str(self.path)
        self.is_read_only = opens_read_only(self.path)
        # SQLite lets a waiting writer sleep for longer and longer; writers of one process need not wait like that.
        self._one_writer = Lock()
        self._one_observer = Lock()
        self._observer: PoolProxiedConnection | None = None
        self._observers = 0
        self._engine = self._engine_to_read() if self.is_read_only else self._engine_to_write()
        event.listen(self._engine, "connect", _prepare_connection)
        event.listen(self._engine, "begin", _begin)
        try:
            if self.is_read_only:
                self._check_version()
            else:
                # SQLite gives the files beside it the same mode.
                with suppress(OSError):  # said by what follows
                    make_private_file(self.path)
                _prepare_file(self._engine, self.path)
        except BaseException:
            self._engine.dispose()
            raise

    @staticmethod
    def path_in(url: URL) -> Path:
        """The file that an address names; raises `InvalidInput` when it names none."""
        if not url.database or url.database == ":memory:":
            raise InvalidInput(
                "The store needs a file: a database in memory is lost at the end and has one reader only.",
                hint="Write it as sqlite:///path/to/file.db.",
            )
        return Path(url.database)

    def _engine_to_write(self) -> Engine:
        try:
            make_private_folder(self.path.parent)
        except OSError as error:
            raise InvalidInput(
                f"The folder of the store cannot be made: {self.path.parent} ({error.strerror}).",
                hint="Choose a folder that you may write to (FINETUNE_COVERAGE_HOME).",
            ) from error
        return create_engine(
            URL.create("sqlite", database=self.address),
            connect_args={"timeout": store.BUSY_TIMEOUT_SECONDS},
            execution_options={STORE: self},
        )

    def _engine_to_read(self) -> Engine:
        address = read_only_address(self.path)
        return create_engine(
            "sqlite://",
            creator=lambda: sqlite3.connect(address, uri=True, check_same_thread=False),
            poolclass=QueuePool,
            execution_options={STORE: self},
        )

    def _check_version(self) -> None:
        with self.read() as connection:
            version = _version_of(connection, self.path)
        if version < SCHEMA_VERSION:
            raise InvalidInput(
                f"The store {self.path} is of an older version, and cannot be brought up to date: its folder may not "
                "be written to.",
                hint="Copy the data folder to where you may write, and name the copy in FINETUNE_COVERAGE_HOME.",
            )

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """See `Store`."""
        with said_clearly(self.path), self._engine.connect() as connection:
            try:
                yield connection
            except DBAPIError:
                _version_of(
                    connection, self.path
                )  # where a newer program has changed the tables, that is why
                raise

    @contextmanager
    def write(self, workflow_id: str | None = None) -> Iterator[Connection]:
        """See `Store`. The lock is that of the whole file, taken at the start (``BEGIN IMMEDIATE``)."""
        if self.is_read_only:
            raise InvalidInput(
                f"The store {self.path} may only be read: {_NOT_WRITABLE}.", hint=_WRITE_ELSEWHERE
            )
        with (
            self._one_writer,
            said_clearly(self.path),
            self._engine.connect().execution_options(**{_WRITE: True}) as connection,
            connection.begin(),
        ):
            _version_of(connection, self.path)
            refuse_if_lost(connection)
            yield connection

    def revision(self) -> str:
        """See `Store`; microseconds."""
        with said_clearly(self.path), self._one_observer:
            if self._observer is None:
                # SQLite tells a connection of the commits of all others: so it is one that nobody writes with.
                self._observer = self._engine.raw_connection()
                self._observer.detach()
                self._observers += 1
            cursor = self._observer.cursor()
            (version,) = cursor.execute("PRAGMA data_version").fetchone()
            cursor.close()
            return f"{self._observers}.{version}"

    def close(self) -> None:
        """See `Store`."""
        with self._one_observer:
            if self._observer is not None:
                self._observer.close()
                self._observer = None
        self._engine.dispose()

    @staticmethod
    def insert(table: Table) -> sqlite.Insert:
        """See `Store`."""
        return sqlite.insert(table)

    @staticmethod
    def add_columns(
        connection: Connection, common: dict[str, Any], ids: Sequence[str], columns: RecordColumns
    ) -> int:
        """See `Store`."""
        # Not by SQLAlchemy, which wants all rows in a list: here none is made before it is needed.
        cursor: Any = connection.connection.cursor()
        cursor.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        # What all rows have alike is written out, so that it is not handed over with each of them.
        cursor.execute(f"SELECT {', '.join(['quote(?)'] * len(common))}", tuple(common.values()))
        alike = ", ".join(cursor.fetchone())
        own = columns.of_rows(ids)
        cursor.executemany(
            f"INSERT INTO records ({', '.join(common)}, {', '.join(own)}) "
            f"VALUES ({alike}, {', '.join('?' * len(own))}) ON CONFLICT DO NOTHING",
            zip(*own.values(), strict=True),
        )
        added = int(cursor.rowcount)
        cursor.close()
        return added


def _prepare_connection(connection: Any, _record: object) -> None:
    # The driver shall not open transactions by itself: `_begin` does, and knows which kind.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys = ON")
    # With WAL, NORMAL survives the death of the process; only a power cut can cost the last commits.
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.close()


def _begin(connection: Connection) -> None:
    is_to_write = connection.get_execution_options().get(_WRITE)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_to_write else "BEGIN")


def _prepare_file(engine: Engine, path: Path) -> None:
    with said_clearly(path):
        if _is_prepared(engine, path):
            return
        # Two processes that start at once would both find no tables, and a change to WAL does not wait for
        # the busy timeout: so one of them does it, and the other finds it done.
        try:
            with FileLock(f"{path}.setup.lock", timeout=store.BUSY_TIMEOUT_SECONDS, mode=0o600):
                if not _is_prepared(engine, path):
                    _prepare_tables(engine)
        except Timeout as error:
            raise Busy(f"Another process is setting up the store {path}.", hint="Try again later.") from error
        except OSError as error:
            raise InvalidInput(
                f"The folder of the store cannot be written to: {path.parent} ({error.strerror}).",
                hint="Choose a folder that you may write to (FINETUNE_COVERAGE_HOME).",
            ) from error


def _is_prepared(engine: Engine, path: Path) -> bool:
    with engine.connect() as connection:
        version = _version_of(connection, path)
        mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar_one()
    return bool(version == SCHEMA_VERSION and mode == "wal")


def _version_of(connection: Connection, path: Path) -> int:
    version = int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())
    refuse_newer(version, str(path), other="folder (FINETUNE_COVERAGE_HOME)")
    return version


def _prepare_tables(engine: Engine) -> None:
    raw = engine.raw_connection()
    try:
        # Of a new file only: large pages halve what an import of long records costs.
        raw.cursor().execute(f"PRAGMA page_size = {_PAGE_BYTES}")
    finally:
        raw.close()
    _write_ahead(engine)
    with engine.connect().execution_options(**{_WRITE: True}) as connection, connection.begin():
        version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
        bring_up_to_date(connection, version)
        connection.exec_driver_sql(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _write_ahead(engine: Engine) -> None:
    """Have commits go to a log beside the file, which takes a moment in which nobody else uses it."""
    raw = engine.raw_connection()
    try:
        Retrying(
            # SQLite does not wait by itself for this one.
            retry=retry_if_exception_message(match=".*locked"),
            wait=wait_random(0, 0.05),
            stop=stop_after_delay(store.BUSY_TIMEOUT_SECONDS),
            reraise=True,
        )(raw.cursor().execute, "PRAGMA journal_mode = WAL")
    finally:
        raw.close()
