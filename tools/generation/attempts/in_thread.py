"""Blocking work beside an event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from functools import partial
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


async def in_thread(work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    """`asyncio.to_thread`, waited for even when the task is cancelled: nothing goes on behind a job that has ended."""
    return await _in(None, partial(work, *arguments, **named))


def run_to_end(work: Coroutine[Any, Any, T]) -> T:
    """`asyncio.run`, also where an event loop runs already, as in a notebook: it gets a thread of its own then."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(copy_context().run, asyncio.run, work).result()


class OwnThread:
    """One thread for one kind of work, one call after the other.

    What a thread allocates comes from an arena of its own, which keeps what it once needed. Work that wanders over
    the threads of a pool leaves its largest need in each of them.
    """

    def __init__(self, name: str) -> None:
        """Args: what the thread is called."""
        self._pool = ThreadPoolExecutor(1, name)

    async def run(self, work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """As `in_thread`."""
        return await _in(self._pool, partial(work, *arguments, **named))

    def end(self) -> None:
        """Let the thread go; nothing is under way any more."""
        self._pool.shutdown(wait=False)


async def _in(pool: Executor | None, work: Callable[[], T]) -> T:
    running = asyncio.get_running_loop().run_in_executor(pool, copy_context().run, work)
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await _end_of(running)
        raise


async def _end_of(running: asyncio.Future[T]) -> None:
    """Whoever asks again to stop does not make the thread stop: what comes after this must not run beside it."""
    while not running.done():
        with suppress(asyncio.CancelledError):
            await asyncio.wait([running])
