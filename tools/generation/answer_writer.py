"""Journals answers the moment they arrive, in a thread that does nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from threading import Thread

from .open_attempt import Open


class AnswerWriter:
    """From an answer's arrival to its place in the journal in about a millisecond.

    What is not in the journal when the machine dies is paid for again, so an answer waits for nobody: it goes to the
    thread straight from where it was read, and not by way of other tasks of the event loop. Answers that come while
    a transaction is under way share the next one.

    Args:
        write: journals answers; says why the job must stop, if it must.
        on_written: called from the event loop with the answers of a transaction, and with what ``write`` said.
    """

    def __init__(
        self,
        write: Callable[[Sequence[Open]], str | None],
        on_written: Callable[[list[Open], str | None], None],
    ) -> None:
        self._write = write
        self._on_written = on_written
        self._arrived: SimpleQueue[Open | None] = SimpleQueue()
        self._waiting = 0

    def __len__(self) -> int:
        """Answers that are not known to be written down."""
        return self._waiting

    def put(self, attempt: Open) -> None:
        """Have an answer written down."""
        self._waiting += 1
        self._arrived.put(attempt)

    async def serve(self) -> None:
        """Write until cancelled; what had come by then is written down when this returns.

        Raises:
            Exception: what ``write`` raised.
        """
        done: Future[None] = Future()
        # A daemon: a program that ends in a hurry must not wait for answers that cannot come any more.
        Thread(target=self._run, args=(done, asyncio.get_running_loop()), name="journal", daemon=True).start()
        ended = asyncio.wrap_future(done)
        try:
            await asyncio.shield(ended)
        finally:
            self._arrived.put(None)
            await asyncio.wait([ended])
            ended.result()  # what went wrong at the very end is no less wrong

    def unwritten(self) -> list[Open]:
        """What came when nobody wrote any more; for whoever ends the job."""
        left: list[Open] = []
        while True:
            try:
                one = self._arrived.get_nowait()
            except Empty:
                return left
            if one is not None:
                left.append(one)

    def _run(self, done: Future[None], loop: asyncio.AbstractEventLoop) -> None:
        try:
            while answered := self._next():
                problem = self._write(answered)
                loop.call_soon_threadsafe(self._written, answered, problem)
        except BaseException as error:
            done.set_exception(error)
        else:
            done.set_result(None)

    def _next(self) -> list[Open]:
        """What has come, once something has; empty at the end."""
        answered: list[Open] = []
        one = self._arrived.get()
        while one is not None:
            answered.append(one)
            try:
                one = self._arrived.get_nowait()
            except Empty:
                return answered
        if answered:
            self._arrived.put(None)  # these first
        return answered

    def _written(self, answered: list[Open], problem: str | None) -> None:
        self._waiting -= len(answered)
        self._on_written(answered, problem)
