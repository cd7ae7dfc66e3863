"""A checkpointer that stays small: what it writes is compressed, and each conversation keeps its last steps only.

SQLite keeps the whole state, all messages included, once for every step, so that a conversation's file grows with the
square of its length. The texts of one state repeat each other, and so compress well; and nobody goes back hundreds of
steps.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import id as checkpoint_ids
from langgraph.checkpoint.serde.encrypted import EncryptedSerializer
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from ...tools.store.sqlite_failures import said_clearly

if TYPE_CHECKING:
    from aiosqlite import Connection
    from langgraph.checkpoint.base import ChannelVersions, Checkpoint, CheckpointMetadata, CheckpointTuple

CIPHER = "zlib"
IF_DAMAGED = (
    "Records and jobs are kept elsewhere and are whole. `finetune-coverage threads set-aside` gives the file another "
    "name, so that new conversations can begin; nothing is deleted."
)

KEPT_STEPS = 200
"""Steps of a conversation that one can go back to; a turn takes two to seven of them."""

_OLDER = (
    "thread_id = ? AND checkpoint_ns = ? AND checkpoint_id < (SELECT checkpoint_id FROM checkpoints "
    "WHERE thread_id = ? AND checkpoint_ns = ? ORDER BY checkpoint_id DESC LIMIT 1 OFFSET ?)"
)


class Compression:
    """Makes values small; in LangGraph's terms a cipher, the one place where it lets bytes be changed."""

    def encrypt(self, plaintext: bytes) -> tuple[str, bytes]:
        """The value's new form, with the name under which it is read again."""
        return CIPHER, zlib.compress(plaintext)

    def decrypt(self, ciphername: str, ciphertext: bytes) -> bytes:
        """The value as it was; SQLite's own error when it is not whole, which SQLite does not check."""
        try:
            return zlib.decompress(ciphertext)
        except zlib.error as error:
            raise sqlite3.DatabaseError(f"a malformed value: {error}") from error


class SmallSaver(AsyncSqliteSaver):
    """Reads what `AsyncSqliteSaver` wrote, too.

    Args:
        connection: to the file.
        path: the file, for errors.
        kept_steps: how many of the latest steps of each conversation stay.
    """

    def __init__(self, connection: Connection, path: Path, *, kept_steps: int = KEPT_STEPS) -> None:
        super().__init__(connection, serde=EncryptedSerializer(Compression(), JsonPlusSerializer()))
        self._path = path
        self._kept_steps = kept_steps

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """A step of a conversation, the latest where none is named; steps that are made from now on come after it."""
        with self._said_clearly():
            found = await super().aget_tuple(config)
        if found is not None:
            _go_on_after(found.checkpoint["id"])
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
        bounds = (*thread, *thread, self._kept_steps - 1)
        with self._said_clearly():
            stored = await super().aput(config, checkpoint, metadata, new_versions)
            async with self.lock:
                # The values first: without their checkpoints, the bound could not be found any more.
                await self.conn.execute(f"DELETE FROM writes WHERE {_OLDER}", bounds)
                await self.conn.execute(f"DELETE FROM checkpoints WHERE {_OLDER}", bounds)
                await self.conn.commit()
        return stored

    @contextmanager
    def _said_clearly(self) -> Iterator[None]:
        with said_clearly(self._path, what="file of conversations", if_damaged=IF_DAMAGED):
            yield


def _go_on_after(checkpoint_id: str) -> None:
    """Have ids that are made from now on sort after this one, whatever the clock says.

    The latest step of a conversation is the one with the largest id, and an id begins with the time. LangGraph keeps
    them in order within one process only; after a clock was set back, all that another process says would come before
    what was said, and be lost.
    """
    made = UUID(checkpoint_id)
    if made.version != 6:
        return
    time = (made.time_low << 28) | (made.time_mid << 12) | (made.time_hi_version & 0x0FFF)
    known = checkpoint_ids._last_v6_timestamp or 0
    checkpoint_ids._last_v6_timestamp = max(known, time)  # type: ignore[assignment]
