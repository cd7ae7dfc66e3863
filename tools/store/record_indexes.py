"""The indexes of the table ``records``: a first import of many puts them off and makes them once, at its end.

Keeping them right with every row costs as much as the rows do, since ids come in no order. It may be put off only
while there is no record yet, so nobody reads without an index what they could read with one before. Until the
indexes are there nothing refuses a second record of one id, so whoever else adds records makes them first; and who
opens a store whose import was killed makes them too.
"""

from __future__ import annotations

from sqlalchemy import Connection, Index, exists, select

from .tables import records

_PUT_OFF = ("records_by_id", "records_by_topic", "records_in_order")


def put_off_indexes(connection: Connection) -> bool:
    """Remove the indexes if there are no records at all, within a caller's write transaction.

    Returns:
        Whether they are off. They stay where there are records, and in a store of an older version, whose table
        has the one of ids built in.
    """
    if connection.execute(select(exists().select_from(records))).scalar_one():
        return False
    if not set(_PUT_OFF) <= _present(connection):
        return False
    for name in _PUT_OFF:
        connection.exec_driver_sql(f"DROP INDEX {name}")
    return True


def make_missing_indexes(connection: Connection) -> None:
    """Make the indexes that are not there, within a caller's write transaction: a second for a million records."""
    missing = _missing(_present(connection))
    if not missing:
        return
    # Parts of this size are sorted by other threads while the table is read on.
    connection.exec_driver_sql("PRAGMA cache_size = -4000")
    connection.exec_driver_sql("PRAGMA threads = 2")
    for index in missing:
        index.create(connection)


def indexes_are_missing(connection: Connection) -> bool:
    """Whether an import has put them off, or was killed before it made them."""
    return bool(_missing(_present(connection)))


def _present(connection: Connection) -> set[str]:
    return {str(row.name) for row in connection.exec_driver_sql("PRAGMA index_list(records)")}


def _missing(present: set[str]) -> list[Index]:
    # Up to version 6 the table itself said that an id is unique, for which SQLite keeps an index of its own.
    built_in = any(name.startswith("sqlite_autoindex") for name in present)
    wanted = {str(index.name): index for index in records.indexes}
    return [
        wanted[name]
        for name in _PUT_OFF
        if name not in present and not (name == "records_by_id" and built_in)
    ]
