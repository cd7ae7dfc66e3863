"""Brings the tables of an older store up to date; nothing in it is lost."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from math import ceil

from sqlalchemy import Column, Connection, create_mock_engine, func, insert, inspect, select, update
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateColumn

from .counts import count_again
from .journal_tables import approvals, attempts, budgets, jobs
from .tables import metadata, records

SCHEMA_VERSION = 11
"""Goes up when the tables change."""

VERSION_TABLE = "finetune_coverage_version"
_OLD_RECORDS = "records_of_version_2"


def bring_up_to_date(connection: Connection, version: int) -> None:
    """Add the tables and columns that are missing, and fill what older versions did not keep.

    To be called inside one write transaction, so that the store is either as it was or done.

    Args:
        connection: the transaction.
        version: the version of the file; 0 for a new one.
    """
    if 0 < version < 3:
        _set_records_aside(connection)
    if version == 0:
        for statement in _tables_of_a_new_file():
            connection.exec_driver_sql(statement)
    else:
        metadata.create_all(connection)
        _add_missing_columns(connection)
    if 0 < version < 11:
        _take_over_order(connection)
    if version == 1:
        _take_over_spending(connection)
    if 0 < version < 8:
        _take_over_money(connection)
    if 0 < version < 9:
        _mark_uncounted(connection)
    if 0 < version < 3:
        _take_over_records(connection)


@cache
def _tables_of_a_new_file() -> list[str]:
    """Written out once: a program that opens many stores would spend most of each opening on it."""
    statements: list[str] = []
    dialect = sqlite.dialect()
    writes = create_mock_engine(
        "sqlite://", lambda made, *_: statements.append(str(made.compile(dialect=dialect)))
    )
    metadata.create_all(writes, checkfirst=False)
    return statements


def _set_records_aside(connection: Connection) -> None:
    """Versions 1 and 2 kept records by workflow and id; the table of that name is now another one."""
    connection.exec_driver_sql(f"ALTER TABLE records RENAME TO {_OLD_RECORDS}")
    for index in inspect(connection).get_indexes(_OLD_RECORDS):
        connection.exec_driver_sql(f"DROP INDEX {index['name']}")


def _take_over_records(connection: Connection) -> None:
    """Move the records in their order, workflow by workflow, and count them."""
    columns = ", ".join(f"old.{column.name}" for column in records.columns if column.name != "position")
    connection.exec_driver_sql(
        f"INSERT INTO records ({columns.replace('old.', '')}) SELECT {columns} FROM {_OLD_RECORDS} old "
        "JOIN workflows ON workflows.id = old.workflow_id ORDER BY workflows.rowid, old.position"
    )
    connection.exec_driver_sql(f"DROP TABLE {_OLD_RECORDS}")
    count_again(connection)


def make_tables(connection: Connection, version: int) -> None:
    """Make the tables."""
    metadata.create_all(connection)
    connection.exec_driver_sql(f"CREATE TABLE {VERSION_TABLE} (version_num VARCHAR(32) PRIMARY KEY)")
    connection.exec_driver_sql(f"INSERT INTO {VERSION_TABLE} VALUES ('{SCHEMA_VERSION}')")


def _take_over_order(connection: Connection) -> None:
    """Up to version 10 the order was that of SQLite's rows, and triggers kept the counts."""
    for table in ("topics", "plans", "jobs"):
        connection.exec_driver_sql(f"UPDATE {table} SET position = rowid")
    for name in ("records_deleted", "records_changed_from", "records_changed_to"):
        connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}")


def _add_missing_columns(connection: Connection) -> None:
    found = inspect(connection)
    for table in metadata.sorted_tables:
        present = {column["name"] for column in found.get_columns(table.name)}
        for column in table.columns:
            if column.name not in present:
                _add(connection, table.name, column)


def _add(connection: Connection, table: str, column: Column[object]) -> None:
    # SQLAlchemy leaves ALTER TABLE to Alembic; one statement needs no further package.
    described = CreateColumn(column).compile(dialect=connection.dialect)
    connection.exec_driver_sql(f"ALTER TABLE {table} ADD COLUMN {described}")


def _take_over_spending(connection: Connection) -> None:
    """Version 1 kept no budgets: what its approvals have spent goes into theirs."""
    tokens = func.coalesce(func.sum(attempts.c.prompt_tokens + attempts.c.completion_tokens), 0)
    spent = (
        select(approvals.c.id, tokens)
        .join(jobs, jobs.c.approval_id == approvals.c.id)
        .join(attempts, attempts.c.job_id == jobs.c.id, isouter=True)
        .group_by(approvals.c.id)
    )
    connection.execute(insert(budgets).from_select(["approval_id", "spent_tokens"], spent))


def _mark_uncounted(connection: Connection) -> None:
    """Up to version 8 nothing said which calls the endpoint had not counted.

    At least one of an attempt that was answered and took no tokens; charged for it was no more than was reserved.
    """
    judged = attempts.c.verifier_prompt_tokens + attempts.c.verifier_completion_tokens
    connection.execute(
        update(attempts)
        .where(
            attempts.c.response.is_not(None),
            attempts.c.prompt_tokens + attempts.c.completion_tokens == 0,
            attempts.c.reserved_tokens > judged,
        )
        .values(uncounted_calls=1, uncounted_tokens=attempts.c.reserved_tokens - judged)
    )


def _take_over_money(connection: Connection) -> None:
    """Up to version 7 the money of attempts was USD in floats: it becomes picodollars, rounded up.

    The sums in budgets were rounded in other groups than their parts, so a budget could hold less than its open
    attempts together, and these could never be settled. What they reserved is there to the last picodollar now.
    """
    columns = {column["name"] for column in inspect(connection).get_columns("attempts")}
    # No reservation in money meant that the price was not known, or nothing.
    for old, new, known in (("reserved_usd", "reserved_picodollars", "> 0"), ("usd", "picodollars", ">= 0")):
        if old in columns:
            found = connection.exec_driver_sql(f"SELECT rowid, {old} FROM attempts WHERE {old} {known}")
            rows = [(ceil(Fraction(repr(usd)) * 10**12), row) for row, usd in found]
            if rows:
                connection.exec_driver_sql(f"UPDATE attempts SET {new} = ? WHERE rowid = ?", rows)
            connection.exec_driver_sql(f"ALTER TABLE attempts DROP COLUMN {old}")
    held = (
        select(func.coalesce(func.sum(attempts.c.reserved_picodollars), 0))
        .join(jobs, jobs.c.id == attempts.c.job_id)
        .where(jobs.c.approval_id == budgets.c.approval_id, attempts.c.status.in_(("calling", "judging")))
        .scalar_subquery()
    )
    connection.execute(
        update(budgets).where(budgets.c.reserved_picodollars < held).values(reserved_picodollars=held)
    )
