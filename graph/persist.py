"""Where conversations are kept: a SQLite file in the data folder, written after every step."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from ..tools.data_folder import make_private_file, open_data_folder
from ..tools.settings import Settings, load_settings

if TYPE_CHECKING:
    from .saver import SmallSaver


@asynccontextmanager
async def open_checkpointer(settings: Settings) -> AsyncIterator[SmallSaver]:
    """The conversations of this data folder; pass ``durability="sync"`` when running a graph with it.

    Args:
        settings: name the file.
    """
    import aiosqlite

    from .saver import SmallSaver

    path = settings.checkpoint_path
    await asyncio.to_thread(open_data_folder, settings.home)
    await asyncio.to_thread(make_private_file, path)
    async with aiosqlite.connect(str(path)) as connection:
        saver = SmallSaver(connection)
        # A second process (the web page beside the terminal) waits for its turn instead of failing.
        await saver.conn.execute("PRAGMA busy_timeout = 30000")
        await saver.setup()
        yield saver


@asynccontextmanager
async def checkpointer() -> AsyncIterator[SmallSaver]:
    """The same for a LangGraph server, which finds it by its name in ``langgraph.json``."""
    settings = await asyncio.to_thread(load_settings)
    async with open_checkpointer(settings) as saver:
        yield saver
