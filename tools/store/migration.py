"""Makes the tables of a new store, and brings those of an older one up to date; nothing in it is lost."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from sqlalchemy import Connection, create_mock_engine, make_url

from ..errors import InvalidInput
from . import journal_tables as _journal_tables  # noqa: F401  # adds its tables to `metadata`
from .tables import metadata

SCHEMA_VERSION = 17
"""Goes up when the tables change, with a file in ``migrations/versions`` that changes those of older stores."""

VERSION_TABLE = "finetune_coverage_version"
"""Where Alembic keeps the version. Not by its usual name: the database may have tables of other programs."""

_FIRST_WITH_A_TABLE = 11
_OLDEST_KNOWN_STEP = 7
"""Versions up to this one are brought to it by the first file, whichever they are."""


class NewerStore(InvalidInput):
    """The tables are those of a newer version of this program, which may have come while this one ran."""


def refuse_newer(version: int, store: str, *, other: str) -> None:
    """Make sure that the tables are not newer than this program.

    Args:
        version: of the tables.
        store: what they are in, in words.
        other: what else could be chosen.

    Raises:
        NewerStore: they are.
    """
    if version > SCHEMA_VERSION:
        raise NewerStore(
            f"The store {store} was written by a newer version of this program.",
            hint=f"Install the newer version, or choose another {other}.",
        )


def bring_up_to_date(connection: Connection, version: int) -> None:
    """Make the tables, or change them to what they are in this version.

    To be called inside one write transaction, so that the store is either as it was or done.

    Args:
        connection: the transaction.
        version: of the store; 0 for a new one.
    """
    if version == 0:
        for statement in _tables_of_a_new_store(connection.dialect.name):
            connection.exec_driver_sql(statement)
        _note_version(connection, SCHEMA_VERSION)
        return
    if _OLDEST_KNOWN_STEP <= version < _FIRST_WITH_A_TABLE:
        _note_version(connection, version)
    _upgrade(connection)


def _note_version(connection: Connection, version: int) -> None:
    connection.exec_driver_sql(f"CREATE TABLE {VERSION_TABLE} (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
    connection.exec_driver_sql(f"INSERT INTO {VERSION_TABLE} VALUES ('{version}')")


def _upgrade(connection: Connection, to: str = "head") -> None:
    # Imported by those only who have an older store.
    from alembic.operations import Operations
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    # Without Alembic's own commands, which want a file of settings and a program that connects.
    script = ScriptDirectory(Path(__file__).parent / "migrations")
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    missing = list(script.iterate_revisions(to, context.get_current_revision() or "base"))
    with Operations.context(context):
        for revision in reversed(missing):
            revision.module.upgrade()
            context.stamp(script, revision.revision)


@cache
def _tables_of_a_new_store(dialect: str) -> list[str]:
    """Written out once: a program that opens many stores would spend most of each opening on it."""
    statements: list[str] = []
    url = make_url("sqlite://" if dialect == "sqlite" else "postgresql+psycopg://")
    compiles = url.get_dialect()()
    writes = create_mock_engine(url, lambda made, *_: statements.append(str(made.compile(dialect=compiles))))
    metadata.create_all(writes, checkfirst=False)
    return statements
