"""Where conversations are kept, written after every step: a SQLite file in the data folder, or the store's server."""

from __future__ import annotations

import asyncio
import sqlite3
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ...tools.data_folder import make_private_file, open_data_folder
from ...tools.settings import Settings, load_settings
from ...tools.store.read_only import opens_read_only, read_only_address
from ...tools.store.sqlite_failures import is_damage, said_clearly
from ...tools.store.store import server_url

if TYPE_CHECKING:
    from .postgresql_saver import PostgresqlConversations
    from .sqlite_saver import SqliteConversations

    Conversations = SqliteConversations | PostgresqlConversations


@asynccontextmanager
async def open_checkpointer(settings: Settings) -> AsyncIterator[Conversations]:
    """The conversations of these settings; pass ``durability="sync"`` when running a graph with it.

    They are where the records are, if that is a server, and in the data folder otherwise.

    Args:
        settings: name the database, or the folder. In a folder that may not be written to they can only be read.

    Raises:
        InvalidInput: the file is damaged or the server cannot be used, now or at any time while it is used.
    """
    url = server_url(settings.store_url)
    if url is not None:
        from .postgresql_saver import open_on_server

        async with open_on_server(url) as conversations:
            yield conversations
    else:
        async with _open_file(settings) as in_file:
            yield in_file


@asynccontextmanager
async def _open_file(settings: Settings) -> AsyncIterator[SqliteConversations]:
    import aiosqlite

    from .sqlite_saver import IF_DAMAGED, SqliteConversations

    path = settings.checkpoint_path
    is_read_only = opens_read_only(path)
    if not is_read_only:
        with suppress(OSError):  # said by what follows
            await asyncio.to_thread(open_data_folder, settings.home)
            await asyncio.to_thread(make_private_file, path)
    address = read_only_address(path) if is_read_only else str(path)
    with said_clearly(path, what="file of conversations", if_damaged=IF_DAMAGED):
        async with aiosqlite.connect(address, uri=is_read_only) as connection:
            saver = SqliteConversations(connection, path)
            # A second process (the web page beside the terminal) waits for its turn instead of failing.
            await saver.conn.execute("PRAGMA busy_timeout = 30000")
            await saver.setup()
            yield saver


@asynccontextmanager
async def checkpointer() -> AsyncIterator[Conversations]:
    """The same for a LangGraph server, which finds it by its name in ``langgraph.json``."""
    settings = await asyncio.to_thread(load_settings)
    async with open_checkpointer(settings) as saver:
        yield saver


def set_aside_if_damaged(settings: Settings) -> Path | None:
    """Give a damaged file of conversations another name, in the same folder, so that a new one can be begun.

    Returns:
        Where it is now; None where there is none, or it is whole, or they are on a server.
    """
    if server_url(settings.store_url) is not None:
        return None
    path = settings.checkpoint_path
    if not path.exists() or not _is_damaged(path):
        return None
    aside = path.with_name(f"{path.name}.damaged-{datetime.now(UTC):%Y%m%dT%H%M%S%f}")
    # The log belongs to the file: a new one must not find it, and whoever mends the old one needs it.
    for end in ("-wal", "-shm", ""):
        part = path.with_name(path.name + end)
        if part.exists():
            part.rename(aside.with_name(aside.name + end))
    return aside


def _is_damaged(path: Path) -> bool:
    with said_clearly(path, what="file of conversations"):
        connection = sqlite3.connect(path, timeout=30)
        try:
            return connection.execute("PRAGMA integrity_check(1)").fetchone() != (
                "ok",
            ) or not _values_are_whole(connection)
        except sqlite3.DatabaseError as error:
            if is_damage(error):
                return True
            raise
        finally:
            connection.close()


def _values_are_whole(connection: sqlite3.Connection) -> bool:
    """Whether every value can be read again; SQLite knows only whether its own pages fit together."""
    from .compression import CIPHER

    tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    for table, column in (("checkpoints", "checkpoint"), ("writes", "value")):
        if table not in tables:
            continue
        kept = connection.execute(f"SELECT {column} FROM {table} WHERE type LIKE '%+{CIPHER}'")
        for (value,) in kept:
            try:
                zlib.decompress(value)
            except (zlib.error, TypeError):
                return False
    return True
