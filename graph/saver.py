"""A checkpointer that stays small: what it writes is compressed, and each conversation keeps its last steps only.

SQLite keeps the whole state, all messages included, once for every step, so that a conversation's file grows with the
square of its length. The texts of one state repeat each other, and so compress well; and nobody goes back hundreds of
steps.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.serde.encrypted import EncryptedSerializer
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

if TYPE_CHECKING:
    from aiosqlite import Connection
    from langgraph.checkpoint.base import ChannelVersions, Checkpoint, CheckpointMetadata

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
        return "zlib", zlib.compress(plaintext)

    def decrypt(self, ciphername: str, ciphertext: bytes) -> bytes:
        """The value as it was."""
        return zlib.decompress(ciphertext)


class SmallSaver(AsyncSqliteSaver):
    """Reads what `AsyncSqliteSaver` wrote, too.

    Args:
        connection: to the file.
        kept_steps: how many of the latest steps of each conversation stay.
    """

    def __init__(self, connection: Connection, *, kept_steps: int = KEPT_STEPS) -> None:
        super().__init__(connection, serde=EncryptedSerializer(Compression(), JsonPlusSerializer()))
        self._kept_steps = kept_steps

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Store a step, then forget those that are too far back."""
        stored = await super().aput(config, checkpoint, metadata, new_versions)
        thread = (str(config["configurable"]["thread_id"]), config["configurable"]["checkpoint_ns"])
        bounds = (*thread, *thread, self._kept_steps - 1)
        async with self.lock:
            # The values first: without their checkpoints, the bound could not be found any more.
            await self.conn.execute(f"DELETE FROM writes WHERE {_OLDER}", bounds)
            await self.conn.execute(f"DELETE FROM checkpoints WHERE {_OLDER}", bounds)
            await self.conn.commit()
        return stored
