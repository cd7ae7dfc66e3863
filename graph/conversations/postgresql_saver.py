"""Conversations in the database of the store, on a PostgreSQL server: kept as in a file (`sqlite_saver`)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from psycopg import AsyncConnection, Error
from psycopg.conninfo import make_conninfo
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool
from sqlalchemy.exc import DBAPIError

from ...tools.errors import Busy, InvalidInput
from ...tools.store.leases import refuse_if_any_lost
from ...tools.store.postgresql_failures import said_clearly
from .compression import MalformedValue, compressing
from .kept_steps import KEPT_STEPS, go_on_after

if TYPE_CHECKING:
    from langgraph.checkpoint.base import ChannelVersions, Checkpoint, CheckpointMetadata, CheckpointTuple
    from sqlalchemy import URL

CONNECTIONS = 4
"""At most, for the conversations of one process; the saver itself asks one question at a time."""
_PATIENCE = 30.0
"""Seconds to wait for a connection, or for another process that makes the tables."""
_SETUP = 0x66_63_6F_76  # "fcov"
_LOCK = f"SELECT pg_try_advisory_lock({_SETUP})"
_UNLOCK = f"SELECT pg_advisory_unlock({_SETUP})"

_NAMES = "CREATE TABLE IF NOT EXISTS thread_names (thread_id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE)"
_IS_SET_UP = (
    "SELECT to_regclass('thread_names') IS NOT NULL AND to_regclass('checkpoint_migrations') IS NOT NULL"
)
_VERSION = "SELECT coalesce(max(v), -1) AS version FROM checkpoint_migrations"
_IDS = (
    "SELECT thread_id FROM checkpoints WHERE checkpoint_ns = '' "
    "GROUP BY thread_id ORDER BY max(checkpoint_id) DESC"
)
_THIS = "thread_id = %(thread)s AND checkpoint_ns = %(ns)s"
_OLDER = (
    f"{_THIS} AND checkpoint_id < (SELECT checkpoint_id FROM checkpoints WHERE {_THIS} "
    "ORDER BY checkpoint_id DESC LIMIT 1 OFFSET %(kept)s)"
)
# What changed in a step that is kept is in a table of its own, by its version.
_UNUSED = (
    f"DELETE FROM checkpoint_blobs AS value WHERE {_THIS} AND NOT EXISTS (SELECT FROM checkpoints AS step "
    "WHERE step.thread_id = value.thread_id AND step.checkpoint_ns = value.checkpoint_ns "
    "AND step.checkpoint -> 'channel_versions' ->> value.channel = value.version)"
)


class PostgresqlConversations(AsyncPostgresSaver):
    """What `sqlite_saver.SqliteConversations` is for a file.

    Attributes:
        kept_steps: how many of the latest steps of each conversation stay.

    Args:
        pool: of connections that commit by themselves.
        address: of the database, as it can be shown.
    """

    def __init__(self, pool: AsyncConnectionPool[AsyncConnection[DictRow]], address: str) -> None:
        super().__init__(pool, serde=compressing())
        self._address = address
        self.kept_steps = KEPT_STEPS

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """A step of a conversation, the latest where none is named; steps that are made from now on come after it."""
        with _said_clearly(self._address):
            found = await super().aget_tuple(config)
        if found is not None:
            go_on_after(found.checkpoint["id"])
        return found

    async def alist(self, config: RunnableConfig | None, **which: Any) -> AsyncIterator[CheckpointTuple]:
        """Steps, latest first."""
        with _said_clearly(self._address):
            async for found in super().alist(config, **which):
                yield found

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        """Store what a step in progress wrote; raises `LeaseLost` where another program has the conversation."""
        await asyncio.to_thread(refuse_if_any_lost)
        with _said_clearly(self._address):
            await super().aput_writes(config, writes, task_id, task_path)

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Store a step, then forget those that are too far back; raises `LeaseLost` as `aput_writes` does."""
        await asyncio.to_thread(refuse_if_any_lost)
        # Plain texts go into a JSON column, which holds no NUL.
        values = {
            name: value.replace("\0", "\ufffd") if isinstance(value, str) else value
            for name, value in checkpoint["channel_values"].items()
        }
        checkpoint = {**checkpoint, "channel_values": values}
        bounds = {
            "thread": str(config["configurable"]["thread_id"]),
            "ns": config["configurable"]["checkpoint_ns"],
            "kept": self.kept_steps - 1,
        }
        with _said_clearly(self._address):
            stored = await super().aput(config, checkpoint, metadata, new_versions)
            async with self._cursor() as cursor:
                # The writes first: without their checkpoints, the bound could not be found any more.
                await cursor.execute(f"DELETE FROM checkpoint_writes WHERE {_OLDER}", bounds)
                await cursor.execute(f"DELETE FROM checkpoints WHERE {_OLDER}", bounds)
                if cursor.rowcount:
                    await cursor.execute(_UNUSED, bounds)
        return stored

    async def thread_ids(self) -> list[str]:
        """The conversations, the one that was talked in last first."""
        with _said_clearly(self._address):
            async with self._cursor() as cursor:
                await cursor.execute(_IDS)
                return [row["thread_id"] for row in await cursor.fetchall()]

    async def thread_names(self) -> dict[str, str]:
        """What people call them, by id."""
        with _said_clearly(self._address):
            async with self._cursor() as cursor:
                await cursor.execute("SELECT thread_id, name FROM thread_names")
                return {row["thread_id"]: row["name"] for row in await cursor.fetchall()}

    async def name_thread(self, thread_id: str, name: str | None) -> None:
        """Give a conversation a name in place of the one that it had; None takes that away."""
        with _said_clearly(self._address):
            async with self._cursor(pipeline=True) as cursor:
                await cursor.execute("DELETE FROM thread_names WHERE thread_id = %s", (thread_id,))
                if name is not None:
                    await cursor.execute("INSERT INTO thread_names VALUES (%s, %s)", (thread_id, name))


@asynccontextmanager
async def open_on_server(url: URL) -> AsyncIterator[PostgresqlConversations]:
    """The conversations in a database, whose tables are made where they are missing.

    Args:
        url: of the database.

    Raises:
        InvalidInput: it cannot be used, now or at any time later.
    """
    address = url.set(drivername="postgresql").render_as_string()
    url = url.set(drivername="postgresql+psycopg")
    # As the store itself reads it: libpq takes other characters in an address for special.
    _, parts = url.get_dialect()().create_connect_args(url)
    secret = make_conninfo(**parts)
    options: dict[str, Any] = {"autocommit": True, "prepare_threshold": 0, "row_factory": dict_row}
    with _said_clearly(address):
        # A connection of its own: a pool would not say why none can be had.
        async with await AsyncConnection[DictRow].connect(
            secret, connect_timeout=10, **options
        ) as connection:
            await _set_up(connection, address)
        async with AsyncConnectionPool[AsyncConnection[DictRow]](
            secret,
            kwargs=options,
            min_size=1,
            max_size=CONNECTIONS,
            timeout=_PATIENCE,
            # One that the server has closed meanwhile is replaced unseen.
            check=AsyncConnectionPool.check_connection,
        ) as pool:
            yield PostgresqlConversations(pool, address)


async def _set_up(connection: AsyncConnection[DictRow], address: str) -> None:
    saver = AsyncPostgresSaver(connection)
    if await _is_set_up(saver):
        return
    try:
        async with asyncio.timeout(_PATIENCE):
            # Asked again and again: one of the migrations waits for all questions that are under way.
            while not await _has_lock(connection):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
    except TimeoutError as error:
        raise Busy(f"Another process is setting up the conversations in {address}.") from error
    try:
        await saver.setup()
        await connection.execute(_NAMES)
    finally:
        await connection.execute(_UNLOCK)


async def _has_lock(connection: AsyncConnection[DictRow]) -> bool:
    row = await (await connection.execute(f"{_LOCK} AS is_ours")).fetchone()
    return row is not None and bool(row["is_ours"])


async def _is_set_up(saver: AsyncPostgresSaver) -> bool:
    async with saver._cursor() as cursor:
        await cursor.execute(f"{_IS_SET_UP} AS is_set_up")
        if not (await cursor.fetchone() or {}).get("is_set_up"):
            return False
        await cursor.execute(_VERSION)
        row = await cursor.fetchone()
        return row is not None and int(row["version"]) >= len(saver.MIGRATIONS) - 1


@contextmanager
def _said_clearly(address: str) -> Iterator[None]:
    try:
        with said_clearly(address):
            try:
                yield
            except Error as error:
                raise DBAPIError(None, None, error) from error
    except MalformedValue as error:
        raise InvalidInput(
            f"A conversation in {address} is damaged: {error}.",
            hint="Records and jobs are whole. Begin another conversation, or restore this one from a copy.",
        ) from error
