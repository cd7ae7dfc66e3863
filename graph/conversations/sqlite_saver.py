"""Conversations in a SQLite file: what is written is compressed, and each keeps its last steps only."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from ...tools.errors import InvalidInput
from ...tools.store.sqlite_failures import said_clearly
from .compression import MalformedValue, compressing
from .kept_steps import KEPT_STEPS, go_on_after

if TYPE_CHECKING:
    from aiosqlite import Connection
    from langgraph.checkpoint.base import ChannelVersions, Checkpoint, CheckpointMetadata, CheckpointTuple

IF_DAMAGED = (
    "Records and jobs are kept elsewhere and are whole. `finetune-coverage threads set-aside` gives the file another "
    "name, so that new conversations can begin; nothing is deleted."
)

_OLDER = (
    "thread_id = ? AND checkpoint_ns = ? AND checkpoint_id < (SELECT checkpoint_id FROM checkpoints "
    "WHERE thread_id = ? AND checkpoint_ns = ? ORDER BY checkpoint_id DESC LIMIT 1 OFFSET ?)"
)
# The saver's own listing reads every checkpoint of every conversation; the ids are enough here.
_IDS = (
    "SELECT thread_id FROM checkpoints WHERE checkpoint_ns = '' "
    "GROUP BY thread_id ORDER BY MAX(checkpoint_id) DESC"
)
_NAMES = "CREATE TABLE IF NOT EXISTS thread_names (thread_id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE)"
_HAS_NAMES = "SELECT count(*) FROM sqlite_master WHERE name = 'thread_names'"


class SqliteConversations(AsyncSqliteSaver):
    """Reads what `AsyncSqliteSaver` wrote, too.

    Attributes:
        kept_steps: how many of the latest steps of each conversation stay.

    Args:
        connection: to the file.
        path: the file, for errors.
    """

    def __init__(self, connection: Connection, path: Path) -> None:
        super().__init__(connection, serde=compressing())
        self._path = path
        self.kept_steps = KEPT_STEPS

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """A step of a conversation, the latest where none is named; steps that are made from now on come after it."""
        with self._said_clearly():
            found = await super().aget_tuple(config)
        if found is not None:
            go_on_after(found.checkpoint["id"])
        return found

    async def alist(self, config: RunnableConfig | None, **which: Any) -> AsyncIterator[CheckpointTuple]:
        """Steps, latest first."""
        with self._said_clearly():
            async for found in super().alist(config, **which):
                yield found

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        """Store what a step in progress wrote."""
        with self._said_clearly():
            await super().aput_writes(config, writes, task_id, task_path)

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Store a step, then forget those that are too far back."""
        thread = (str(config["configurable"]["thread_id"]), config["configurable"]["checkpoint_ns"])
        bounds = (*thread, *thread, self.kept_steps - 1)
        with self._said_clearly():
            stored = await super().aput(config, checkpoint, metadata, new_versions)
            async with self.lock:
                # The values first: without their checkpoints, the bound could not be found any more.
                await self.conn.execute(f"DELETE FROM writes WHERE {_OLDER}", bounds)
                await self.conn.execute(f"DELETE FROM checkpoints WHERE {_OLDER}", bounds)
                await self.conn.commit()
        return stored

    async def thread_ids(self) -> list[str]:
        """The conversations, the one that was talked in last first."""
        with self._said_clearly():
            async with self.conn.execute(_IDS) as cursor:
                return [str(row[0]) for row in await cursor.fetchall()]

    async def thread_names(self) -> dict[str, str]:
        """What people call them, by id."""
        # The table is not made here: looking must not need a folder that may be written to.
        with self._said_clearly():
            async with self.conn.execute(_HAS_NAMES) as cursor:
                if (await cursor.fetchone()) == (0,):
                    return {}
            async with self.conn.execute("SELECT thread_id, name FROM thread_names") as cursor:
                return {str(row[0]): str(row[1]) for row in await cursor.fetchall()}

    async def name_thread(self, thread_id: str, name: str | None) -> None:
        """Give a conversation a name in place of the one that it had; None takes that away."""
        with self._said_clearly():
            await self.conn.execute(_NAMES)
            await self.conn.execute("DELETE FROM thread_names WHERE thread_id = ?", (thread_id,))
            if name is not None:
                await self.conn.execute("INSERT INTO thread_names VALUES (?, ?)", (thread_id, name))
            await self.conn.commit()

    @contextmanager
    def _said_clearly(self) -> Iterator[None]:
        try:
            with said_clearly(self._path, what="file of conversations", if_damaged=IF_DAMAGED):
                yield
        except MalformedValue as error:
            raise InvalidInput(
                f"The file of conversations {self._path} is damaged: {error}.", hint=IF_DAMAGED
            ) from error
