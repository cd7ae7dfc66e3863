"""The store: one SQLite file that several processes may use at once, or that may only be read."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import Any

from filelock import FileLock, Timeout
from sqlalchemy import URL, Connection, Engine, PoolProxiedConnection, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import QueuePool
from tenacity import Retrying, retry_if_exception_message, stop_after_delay, wait_random

from ..data_folder import make_private_file, make_private_folder
from ..errors import Busy, InvalidInput
from .migration import bring_up_to_date
from .read_only import opens_read_only, read_only_address
from .record_indexes import indexes_are_missing, make_missing_indexes
from .sqlite_failures import said_clearly

BUSY_TIMEOUT_SECONDS = 30
SCHEMA_VERSION = 10
"""Written into the file (``PRAGMA user_version``); goes up when the tables change."""

_NOT_WRITABLE = "its folder may not be written to"
_WRITE_ELSEWHERE = "To change anything, copy the data folder and name the copy in FINETUNE_COVERAGE_HOME."
_PAGE_BYTES = 16_384
_WRITE = "finetune_coverage_write"
"""Option of a connection: set when it is to write, and to whether references are checked."""


class Store:
    """The datasets, plans and journals of all workflows.

    Made by `Store.open`. Safe to share between threads; any number of processes may open the same file.
    """

    def __init__(self, engine: Engine, path: Path, *, is_read_only: bool = False) -> None:
        self._engine = engine
        self.path = path
        self.is_read_only = is_read_only
        # SQLite lets a waiting writer sleep for longer and longer; writers of one process need not wait like that.
        self._one_writer = Lock()
        self._one_observer = Lock()
        self._observer: PoolProxiedConnection | None = None
        self._observers = 0

    @classmethod
    def open(cls, url: str | Path) -> Store:
        """Open the store, making its folder, its file and its tables where they are missing.

        A file of an older version gets the tables and columns that it lacks, and keeps all that is in it. One in a
        folder that may not be written to is opened for reading.

        Args:
            url: ``sqlite:///path/to/file.db``, or the file's path.

        Raises:
            InvalidInput: the address is of no SQLite file, or the file cannot be opened as one.
            Busy: another process keeps the file locked.
        """
        path = _path_of(url)
        if opens_read_only(path):
            return cls._open_to_read(path)
        try:
            make_private_folder(path.parent)
        except OSError as error:
            raise InvalidInput(
                f"The folder of the store cannot be made: {path.parent} ({error.strerror}).",
                hint="Choose a folder that you may write to (FINETUNE_COVERAGE_HOME).",
            ) from error
        engine = create_engine(
            URL.create("sqlite", database=str(path)), connect_args={"timeout": BUSY_TIMEOUT_SECONDS}
        )
        event.listen(engine, "connect", _prepare_connection)
        event.listen(engine, "begin", _begin)
        try:
            # SQLite gives the files beside it the same mode.
            with suppress(OSError):  # said by what follows
                make_private_file(path)
            _prepare_file(engine, path)
        except BaseException:
            engine.dispose()
            raise
        return cls(engine, path)

    @classmethod
    def _open_to_read(cls, path: Path) -> Store:
        address = read_only_address(path)
        engine = create_engine(
            "sqlite://",
            creator=lambda: sqlite3.connect(address, uri=True, check_same_thread=False),
            poolclass=QueuePool,
        )
        event.listen(engine, "connect", _prepare_connection)
        event.listen(engine, "begin", _begin)
        store = cls(engine, path, is_read_only=True)
        try:
            with store.read() as connection:
                version = _version_of(connection, path)
        except BaseException:
            engine.dispose()
            raise
        if version < SCHEMA_VERSION:
            engine.dispose()
            raise InvalidInput(
                f"The store {path} is of an older version, and cannot be brought up to date: its folder may not be "
                "written to.",
                hint="Copy the data folder to where you may write, and name the copy in FINETUNE_COVERAGE_HOME.",
            )
        return store

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one unchanging state of the store, and never waits for writers."""
        with said_clearly(self.path), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self, *, check_references: bool = True) -> Iterator[Connection]:
        """One transaction: committed at the end of the block, rolled back when the block raises.

        The lock is taken at the start (``BEGIN IMMEDIATE``), so what the block reads cannot change before it
        writes. Keep the block short: all other writers wait for it.

        Args:
            check_references: have SQLite look up every row that another one names; without it the block itself
                makes sure that they are there.

        Raises:
            Busy: other processes did not let go of the store within 30 seconds.
            InvalidInput: the store may only be read.
        """
        if self.is_read_only:
            raise InvalidInput(
                f"The store {self.path} may only be read: {_NOT_WRITABLE}.", hint=_WRITE_ELSEWHERE
            )
        with (
            self._one_writer,
            said_clearly(self.path),
            self._engine.connect().execution_options(**{_WRITE: check_references}) as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def written_once(self) -> Iterator[None]:
        """Let one large import write straight into the file; the write-ahead log has everything written twice.

        Only where nobody else has the store open, else nothing changes; whoever opens it meanwhile turns the log
        on again. After a kill SQLite takes back what was not committed, as always.
        """
        self.close()  # idle connections of this process would be others too
        with suppress(sqlite3.OperationalError):
            _set_journal(self._engine, "TRUNCATE", seconds=0)
        try:
            yield
        finally:
            # Left as it is when a reader stays for long: the next one to open the store changes it.
            with suppress(sqlite3.OperationalError):
                _set_journal(self._engine, "WAL")

    def revision(self) -> tuple[int, int]:
        """What changes with every commit to the store, by whichever process; microseconds."""
        with said_clearly(self.path), self._one_observer:
            if self._observer is None:
                # SQLite tells a connection of the commits of all others: so it is one that nobody writes with.
                self._observer = self._engine.raw_connection()
                self._observer.detach()
                self._observers += 1
            cursor = self._observer.cursor()
            (version,) = cursor.execute("PRAGMA data_version").fetchone()
            cursor.close()
            return self._observers, version

    def close(self) -> None:
        """Close all connections. The store opens them again when it is used again."""
        with self._one_observer:
            if self._observer is not None:
                self._observer.close()
                self._observer = None
        self._engine.dispose()


def _path_of(url: str | Path) -> Path:
    if isinstance(url, Path):
        return url.expanduser().absolute()
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise InvalidInput(
            f"{url!r} is not the address of a store.", hint="Write it as sqlite:///path/to/file.db."
        ) from error
    if parsed.get_backend_name() != "sqlite":
        raise InvalidInput(
            f"A store in {parsed.get_backend_name()} is not supported: {parsed.render_as_string()}.",
            hint="Use a SQLite file: sqlite:///path/to/file.db.",
        )
    if not parsed.database or parsed.database == ":memory:":
        raise InvalidInput(
            "The store needs a file: a database in memory is lost at the end and has one reader only.",
            hint="Write it as sqlite:///path/to/file.db.",
        )
    return Path(parsed.database).expanduser().absolute()


def _prepare_connection(connection: Any, _record: object) -> None:
    # The driver shall not open transactions by itself: `_begin` does, and knows which kind.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys = ON")
    # With WAL, NORMAL survives the death of the process; only a power cut can cost the last commits.
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.close()


def _begin(connection: Connection) -> None:
    check_references = connection.get_execution_options().get(_WRITE)
    if check_references is not None:  # SQLite takes this between transactions only
        connection.exec_driver_sql(f"PRAGMA foreign_keys = {'ON' if check_references else 'OFF'}")
    connection.exec_driver_sql("BEGIN" if check_references is None else "BEGIN IMMEDIATE")


def _prepare_file(engine: Engine, path: Path) -> None:
    with said_clearly(path):
        if _is_prepared(engine, path):
            return
        # Two processes that start at once would both find no tables, and a change to WAL does not wait for
        # the busy timeout: so one of them does it, and the other finds it done.
        try:
            with FileLock(f"{path}.setup.lock", timeout=BUSY_TIMEOUT_SECONDS, mode=0o600):
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
        complete = not indexes_are_missing(connection)
    return bool(version == SCHEMA_VERSION and mode == "wal" and complete)


def _version_of(connection: Connection, path: Path) -> int:
    version = int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())
    if version > SCHEMA_VERSION:
        raise InvalidInput(
            f"The store {path} was written by a newer version of this program.",
            hint="Install the newer version, or choose another folder (FINETUNE_COVERAGE_HOME).",
        )
    return version


def _prepare_tables(engine: Engine) -> None:
    raw = engine.raw_connection()
    try:
        # Of a new file only: large pages halve what an import of long records costs.
        raw.cursor().execute(f"PRAGMA page_size = {_PAGE_BYTES}")
    finally:
        raw.close()
    _set_journal(engine, "WAL")
    with engine.connect().execution_options(**{_WRITE: True}) as connection, connection.begin():
        version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
        bring_up_to_date(connection, version)
        make_missing_indexes(connection)
        connection.exec_driver_sql(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _set_journal(engine: Engine, mode: str, seconds: float = BUSY_TIMEOUT_SECONDS) -> None:
    """Change how commits are written, which takes a moment in which nobody else uses the file."""
    raw = engine.raw_connection()
    try:
        Retrying(
            # SQLite does not wait by itself for this one.
            retry=retry_if_exception_message(match=".*locked"),
            wait=wait_random(0, 0.05),
            stop=stop_after_delay(seconds),
            reraise=True,
        )(raw.cursor().execute, f"PRAGMA journal_mode = {mode}")
    finally:
        raw.close()
