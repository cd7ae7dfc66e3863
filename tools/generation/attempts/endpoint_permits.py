"""Places at an endpoint: attempts that are ready go out, as many at once as the endpoint takes."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from .concurrency import AdaptiveLimit
from .open_attempt import Open
from .signals import Signals


class Places:
    """Serves a queue of attempts; no place waits for another.

    Args:
        limit: how many at once.
        send: sends the next request of an attempt, and takes care of what comes back.
        on_taken: called when an attempt leaves the queue: there is room for another.
    """

    def __init__(
        self, limit: AdaptiveLimit, send: Callable[[Open], Awaitable[None]], on_taken: Callable[[], None]
    ) -> None:
        self.limit = limit
        self._send = send
        self._on_taken = on_taken
        self._ready: deque[Open] = deque()
        self._signals = Signals("send")

    def __len__(self) -> int:
        return len(self._ready)

    @property
    def waiting(self) -> list[Open]:
        """The attempts in the queue, the next one first."""
        return list(self._ready)

    def add(self, attempts: list[Open]) -> None:
        """Put attempts at the end of the queue."""
        self._ready.extend(attempts)
        self._signals.tell("send")

    def add_first(self, attempt: Open) -> None:
        """Put an attempt at the head of the queue: one that has begun comes before those that have not."""
        self._ready.appendleft(attempt)
        self._signals.tell("send")

    async def serve(self, group: asyncio.TaskGroup) -> None:
        """Take places as long as there are attempts; runs until it is cancelled."""
        while True:
            await self._signals.when("send", lambda: bool(self._ready))
            await self.limit.acquire()
            group.create_task(self._place())

    async def _place(self) -> None:
        """One request after the other, until there is none or the place is too many."""
        try:
            while self._ready:
                attempt = self._ready.popleft()
                self._on_taken()
                await self._send(attempt)
                if self.limit.is_passed:
                    break
        finally:
            self.limit.release()
            self._signals.tell("send")
