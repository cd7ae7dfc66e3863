"""How many requests may be under way at once: found out, endpoint by endpoint.

Additive increase, multiplicative decrease (Chiu and Jain 1989; TCP's slow start and congestion avoidance,
RFC 5681), with two differences. The limit falls on the share of refused requests and not on each one: a few
429s at random say nothing about the load. And it falls once per burst: requests that were under way when it fell
belong to the same burst and are not counted again.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass

START = 64
"""Requests at once before anything is known of the endpoint; tripled with every round until it refuses some. One that
takes 32 refuses no more of them than with half as many at the start (`benchmarks.faults`): it is one burst."""
REFUSED_SHARE = 0.12
"""Share of refused requests, among the last ones, at which the limit falls. Twice the 5% that busy endpoints
refuse at random is seen once in 10,000 windows of 192."""
DECREASE = 0.7
"""What is left of the limit then (CUBIC's factor, RFC 9438)."""
SMALLEST_WINDOW = 64


@dataclass(frozen=True)
class Permit:
    """One request that is under way: it was sent after how many falls of the limit."""

    epoch: int


class AdaptiveLimit:
    """Hands out places, at most `limit` at a time. For one event loop.

    Args:
        most: what the limit never passes.
        start: where it begins: what an earlier job found out, or `START`.

    Attributes:
        limit: requests that may be under way now.
        has_fallen: whether the endpoint has shown its limit.
    """

    def __init__(self, most: int, start: int = START) -> None:
        self._most = self._share = most
        self._size = float(max(1, min(most, start)))
        self._active = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._epoch = 0
        self._recent: deque[bool] = deque()
        self._refused = 0
        self.has_fallen = False

    @property
    def limit(self) -> int:
        """Requests that may be under way at once."""
        return min(int(self._size), self._share)

    @property
    def in_use(self) -> int:
        """Requests that are under way, or may be at any moment: a share that is given back is in use until they end."""
        return max(self._share, self._active)

    def share(self, places: int) -> None:
        """Have so many places at most from now on, since others ask the same endpoint; none is taken from a request."""
        self._share = places
        self._wake()

    @property
    def taken(self) -> int:
        """Places that somebody has."""
        return self._active

    @property
    def free(self) -> int:
        """Places that nobody has."""
        return max(0, self.limit - self._active)

    @property
    def is_passed(self) -> bool:
        """Whether more places are taken than there are: the limit fell meanwhile."""
        return self._active > self.limit

    def permit(self) -> Permit:
        """What a request that is sent now says later with its outcome."""
        return Permit(self._epoch)

    async def acquire(self) -> None:
        """Wait for a place; first come, first served."""
        if self._active >= self.limit or self._waiting:
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            try:
                await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():
                    self._active -= 1
                    self._wake()
                raise
        else:
            self._active += 1

    def release(self) -> None:
        """Give a place back."""
        self._active -= 1
        self._wake()

    def succeeded(self, permit: Permit) -> None:
        """The endpoint took a request."""
        self._count(permit, refused=False)
        if permit.epoch == self._epoch:
            # Two more for each answer triple the limit in a round; later it grows by one in a round.
            self._size = min(self._most, self._size + (1 / self._size if self.has_fallen else 2))
            self._wake()

    def refused(self, permit: Permit) -> None:
        """The endpoint refused a request because of too many (429)."""
        self._count(permit, refused=True)
        if self._refused >= REFUSED_SHARE * self._window:
            self._size = max(1.0, self._size * DECREASE)
            self.has_fallen = True
            self._epoch += 1
            self._recent.clear()
            self._refused = 0

    @property
    def _window(self) -> int:
        return max(SMALLEST_WINDOW, 3 * self.limit)

    def _count(self, permit: Permit, *, refused: bool) -> None:
        if permit.epoch != self._epoch:
            return
        self._recent.append(refused)
        self._refused += refused
        while len(self._recent) > self._window:
            self._refused -= self._recent.popleft()

    def _wake(self) -> None:
        while self._waiting and self._active < self.limit:
            turn = self._waiting.popleft()
            if not turn.done():
                self._active += 1
                turn.set_result(None)
