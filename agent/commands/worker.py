"""`worker`: carries out what people approved and handed over, as one of any number of processes on one database."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import typer

from ..output import ExitCode, note, say
from .options_and_prompts import EvalSet, open_generating_services

if TYPE_CHECKING:
    from types import FrameType

    from ...tools.services import Services

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def worker(eval_set: EvalSet = None) -> None:
    """Carry out approved jobs that chats, the page and `generate` hand over (FINETUNE_COVERAGE_RUN_JOBS=workers).

    As many as you like on one database. SIGTERM or Ctrl-C: what is under way is finished, and the rest left to the
    others; a second one stops at once.
    """
    services = open_generating_services(eval_set)
    try:
        stopped_at_once = asyncio.run(_work(services))
    finally:
        services.close()
    if stopped_at_once:
        raise typer.Exit(ExitCode.INTERRUPTED)


async def _work(services: Services) -> bool:
    """Work until a signal comes; whether a second one did not let it finish what was under way."""
    from ...tools.generation.workers.loaded_ahead import load_ahead
    from ...tools.generation.workers.worker import Worker

    until = asyncio.Event()
    task = asyncio.current_task()
    assert task is not None

    def stop() -> None:
        if until.is_set():
            task.cancel()
            return
        note("Finishing what is under way; once more stops at once.")
        until.set()

    with _on_signals(stop), suppress(asyncio.CancelledError):
        await asyncio.to_thread(load_ahead, services)
        await Worker(services, say).run(until)
        return False
    return True


@contextmanager
def _on_signals(stop: Callable[[], None]) -> Iterator[None]:
    """Have this called in the loop whenever somebody wants the process to end."""
    loop = asyncio.get_running_loop()

    def tell(_number: int, _frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(stop)

    before = {number: signal.signal(number, tell) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
