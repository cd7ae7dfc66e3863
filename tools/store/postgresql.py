"""The store in a database of a PostgreSQL server, which processes of several machines may use at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

from sqlalchemy import URL, Connection, Table, create_engine, event, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import ProgrammingError

from ..errors import InvalidInput
from . import store
from .leases import refuse_if_lost
from .migration import SCHEMA_VERSION, VERSION_TABLE, bring_up_to_date, refuse_newer
from .postgresql_failures import said_clearly
from .record_columns import RecordColumns
from .store import STORE, Store
from .tables import metadata

_LOCKS = 0x66_63_6F_76  # "fcov": the first half of the keys of our locks
SILENCE_SECONDS = 20
"""From which on the server takes a process for dead that is in a transaction; less than others wait for its locks."""
_SET_UP = text(f"SELECT pg_advisory_xact_lock({_LOCKS}, 0)")
_NOTED = text(f"SELECT version_num FROM {VERSION_TABLE}")
_ALL_WORKFLOWS = text(f"SELECT pg_advisory_xact_lock({_LOCKS}, 1)")
# A workflow's writer keeps those of all workflows out, and other writers of this one: the keys of workflows are
# in a space of their own, since a hash may be any number.
_ONE_WORKFLOW = text(
    f"SELECT pg_advisory_xact_lock_shared({_LOCKS}, 1), pg_advisory_xact_lock({_LOCKS + 1}, hashtext(:workflow))"
)


class PostgresqlStore(Store):
    """A store on a server."""

    is_shared: ClassVar[bool] = True

    def __init__(self, url: URL) -> None:
        """Connect to the database, and make what it lacks, as `Store.open` says."""
        shown = url.set(drivername="postgresql").difference_update_query(["password", "sslpassword"])
        self.address = shown.render_as_string(hide_password=True)
        self.url = url.set(drivername="postgresql+psycopg")
        try:
            self._engine = create_engine(
                self.url,
                # A connection that the server has closed meanwhile (a restart, a proxy) is replaced unseen.
                pool_pre_ping=True,
                max_overflow=40,
                connect_args={"connect_timeout": 10, "application_name": "finetune-coverage"},
                execution_options={STORE: self},
            )
        except ImportError as error:
            raise InvalidInput(
                "The driver for PostgreSQL is not installed.",
                hint="Install it with: pip install 'finetune-coverage[postgresql]'",
            ) from error
        event.listen(self._engine, "connect", _prepare_connection)
        self._reading = self._engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        try:
            self._prepare()
        except BaseException:
            self._engine.dispose()
            raise

    def _prepare(self) -> None:
        with self.read() as connection:
            if self._version(connection) == SCHEMA_VERSION:
                return
        with said_clearly(self.address), self._engine.begin() as connection:
            connection.execute(_SET_UP)  # two processes that start at once would both make the tables
            connection.execute(_ALL_WORKFLOWS)  # who writes now ends it with the tables that they know
            version = self._version(connection)
            if version == SCHEMA_VERSION:
                return
            taken = _tables(connection) & set(metadata.tables)
            if version == 0 and taken:
                raise InvalidInput(
                    f"The database {self.address} has tables of another program: {', '.join(sorted(taken))}.",
                    hint="Give the store a database of its own, or a schema: "
                    "postgresql://…/database?options=-csearch_path%3Dcoverage",
                )
            bring_up_to_date(connection, version)

    def _version(self, connection: Connection) -> int:
        """The version of the tables; 0 when there are none."""
        if connection.execute(text(f"SELECT to_regclass('{VERSION_TABLE}')")).scalar() is None:
            return 0
        return self._noted_version(connection)

    def _noted_version(self, connection: Connection) -> int:
        version = int(connection.execute(_NOTED).scalar_one())
        refuse_newer(version, self.address, other="database")
        return version

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """See `Store`."""
        with said_clearly(self.address), self._reading.connect() as connection:
            try:
                yield connection
            except ProgrammingError:
                connection.rollback()
                self._version(connection)  # where a newer program has changed the tables, that is why
                raise

    @contextmanager
    def write(self, workflow_id: str | None = None) -> Iterator[Connection]:
        """See `Store`. The locks are advisory ones, let go by the server with the transaction."""
        with said_clearly(self.address), self._engine.begin() as connection:
            seconds = store.BUSY_TIMEOUT_SECONDS
            # A process that is stopped in the middle, or whose machine has vanished, must not keep the locks.
            connection.exec_driver_sql(
                f"SELECT set_config('lock_timeout', '{int(seconds * 1000)}ms', true), "
                f"set_config('idle_in_transaction_session_timeout', '{SILENCE_SECONDS}s', true)"
            )
            # READ COMMITTED: what comes after the lock sees all that was committed before it was had.
            if workflow_id is None:
                connection.execute(_ALL_WORKFLOWS)
            else:
                connection.execute(_ONE_WORKFLOW, {"workflow": workflow_id})
            self._noted_version(connection)
            refuse_if_lost(connection)
            yield connection

    def revision(self) -> str:
        """See `Store`. Which transactions a query sees now; it changes with those of other databases, too."""
        with self.read() as connection:
            return str(connection.exec_driver_sql("SELECT pg_current_snapshot()::text").scalar_one())

    def close(self) -> None:
        """See `Store`."""
        self._engine.dispose()

    @staticmethod
    def insert(table: Table) -> postgresql.Insert:
        """See `Store`."""
        return postgresql.insert(table)

    @staticmethod
    def add_columns(
        connection: Connection, common: dict[str, Any], ids: Sequence[str], columns: RecordColumns
    ) -> int:
        """See `Store`."""
        cursor: Any = connection.connection.cursor()
        # COPY cannot leave out what is there. Nobody else can add it: the caller has the lock of the workflow.
        cursor.execute(
            "SELECT id FROM records WHERE workflow_id = %s AND id = ANY(%s)",
            (common["workflow_id"], list(ids)),
        )
        known = {found for (found,) in cursor.fetchall()}
        own = columns.of_rows(ids)
        alike = tuple(common.values())
        place = list(own).index("id")
        with cursor.copy(f"COPY records ({', '.join((*common, *own))}) FROM STDIN") as copy:
            for row in zip(*own.values(), strict=True):
                if row[place] not in known:
                    copy.write_row((*alike, *row))
        cursor.close()
        return len(ids) - len(known)


def _tables(connection: Connection) -> set[str]:
    query = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
    return set(connection.exec_driver_sql(query).scalars())


def _prepare_connection(connection: Any, _record: object) -> None:
    from psycopg.types.string import StrDumper

    class WithoutNul(StrDumper):
        """PostgreSQL's text holds no NUL; what a model or a file says with one is kept with U+FFFD instead."""

        def dump(self, obj: str) -> Any:
            return super().dump(obj.replace("\0", "\ufffd") if "\0" in obj else obj)

    connection.adapters.register_dumper(str, WithoutNul)
