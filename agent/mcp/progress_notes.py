"""A long generation seen from an MCP client: progress notifications, and a cancellation that leaves it in order."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self, TypeVar

import anyio
from fastmcp import Context

from ...tools.generation.jobs.progress import Progress

T = TypeVar("T")


class ProgressNotes:
    """Sends a client how many records are accepted, each time that there are more.

    Args:
        context: of the call that the client waits for.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._latest: Progress | None = None
        self._changed = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._sender = asyncio.create_task(self._send())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._sender.cancel()

    def update(self, progress: Progress) -> None:
        """Take note of where the job stands; never waits for the client."""
        self._latest = progress
        self._changed.set()

    async def _send(self) -> None:
        # A client that reads slowly gets fewer notes, and the figures must grow from note to note.
        told = -1
        while True:
            await self._changed.wait()
            self._changed.clear()
            latest = self._latest
            if latest is not None and latest.accepted > told:
                told = latest.accepted
                await self._context.report_progress(told, latest.requested, _words(latest))


def _words(progress: Progress) -> str:
    refused = sum(progress.rejected.values())
    words = f"{progress.topic}: {progress.accepted} of {progress.requested} accepted, {refused} rejected"
    return f"{words} ({progress.note})" if progress.note else words


async def in_order(work: Coroutine[Any, Any, T]) -> T:
    """Do the work in a task of its own; when the call is cancelled, end it once and wait until it has ended.

    A cancelled scope of the server would otherwise break off the very steps that write down what was paid for.
    """
    task = asyncio.create_task(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        task.cancel()
        with anyio.CancelScope(shield=True):
            await asyncio.wait([task])
        raise
