"""How workers of one event loop wait for each other: each until its own condition holds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Signals:
    """Wakes workers by name; whoever is woken looks whether there is something for it.

    Args:
        workers: their names.
    """

    def __init__(self, *workers: str) -> None:
        self._wake = {name: asyncio.Event() for name in workers}

    async def when(self, worker: str, is_due: Callable[[], bool]) -> None:
        """Wait until the condition holds; it is looked at now and whenever the worker is told."""
        while not is_due():
            self._wake[worker].clear()
            await self._wake[worker].wait()

    def tell(self, *workers: str) -> None:
        """Have workers look at their conditions."""
        for worker in workers:
            self._wake[worker].set()
