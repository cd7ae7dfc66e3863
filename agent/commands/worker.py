"""`worker`: carries out what people approved and handed over, as one of any number of processes on one database."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ..output import ExitCode, note, say
from .options_and_prompts import EvalSet, open_generating_services

if TYPE_CHECKING:
    from types import FrameType

    from ...tools.services import Services

Engine = Annotated[
    Literal["process", "ray"],
    typer.Option("--engine", help="Where it works: in this process, or as actors of a Ray cluster."),
]
Workers = Annotated[
    int | None,
    typer.Option(
        "--workers",
        min=1,
        max=10_000,
        metavar="N",
        help="With --engine ray: so many; else as FINETUNE_COVERAGE_RAY_WORKERS says, or one for each processor here.",
        show_default=False,
    ),
]
Working = Callable[[asyncio.Event], Awaitable[None]]
"""Works until the event is set."""
_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def worker(eval_set: EvalSet = None, engine: Engine = "process", workers: Workers = None) -> None:
    """Carry out approved jobs that chats, the page and `generate` hand over (FINETUNE_COVERAGE_RUN_JOBS=workers).

    As many as you like on one database. SIGTERM or Ctrl-C: what is under way is finished, and the rest left to the
    others; a second one stops at once.
    """
    if workers is not None and engine == "process":
        raise typer.BadParameter(
            "one process is one worker; start it as often as you like, or add --engine ray.",
            param_hint="--workers",
        )
    services = open_generating_services(eval_set)
    try:
        here = partial(_work_here, services)
        with _by_ray(services, workers) if engine == "ray" else nullcontext(here) as work:
            stopped_at_once = asyncio.run(_until_signal(work))
    finally:
        services.close()
    if stopped_at_once:
        raise typer.Exit(ExitCode.INTERRUPTED)


async def _work_here(services: Services, until: asyncio.Event) -> None:
    from ...tools.generation.workers.loaded_ahead import load_ahead
    from ...tools.generation.workers.worker import Worker

    await asyncio.to_thread(load_ahead, services)
    await Worker(services, say).run(until)


@contextmanager
def _by_ray(services: Services, workers: int | None) -> Iterator[Working]:
    from ...tools.generation.workers.worker_actors import WorkerActors
    from ...tools.shards.cluster import opened_cluster

    settings = services.settings
    with opened_cluster(settings.ray_address, workers or settings.ray_workers) as cluster:
        where = f"at {settings.ray_address}" if settings.ray_address else "of this machine"
        note(f"{cluster.workers} workers in a Ray cluster {where}…")
        yield WorkerActors(cluster, settings, say).run


async def _until_signal(work: Working) -> bool:
    """Work until a signal comes; whether a second one did not let it finish what was under way."""
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
        await work(until)
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
