"""`worker`: carries out what people approved and handed over, as one of any number of processes on one database."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Annotated

import typer

from ..output import ExitCode, note, say
from .options_and_prompts import Engine, EvalSet, by_engine, open_generating_services

if TYPE_CHECKING:
    from types import FrameType

    from ...tools.services import Services

MOST_ACTORS = 10_000
_SIGNALS = (signal.SIGTERM, signal.SIGINT)


Actors = Annotated[
    int | None,
    typer.Option(
        "--actors",
        min=1,
        max=MOST_ACTORS,
        metavar="N",
        help="With --engine ray: so many workers, spread over the machines of the cluster.",
        show_default=False,
    ),
]


def worker(eval_set: EvalSet = None, engine: Engine = "process", actors: Actors = None) -> None:
    """Carry out approved jobs that chats, the page and `generate` hand over (FINETUNE_COVERAGE_RUN_JOBS=workers).

    As many as you like on one database. SIGTERM or Ctrl-C: what is under way is finished, and the rest left to the
    others; a second one stops at once.
    """
    if actors is not None and engine != "ray":
        raise typer.BadParameter("it goes with --engine ray.", param_hint="--actors")
    services = open_generating_services(eval_set)
    if engine == "ray":
        _work_by_ray(services, actors or 1)
        return
    try:
        stopped_at_once = asyncio.run(_work(services))
    finally:
        services.close()
    if stopped_at_once:
        raise typer.Exit(ExitCode.INTERRUPTED)


async def _work(services: Services) -> bool:
    """Work until a signal comes; whether a second one did not let it finish what was under way."""
    from ...tools.generation.jobs.worker import Worker

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
        await Worker(services, say).run(until)
        return False
    return True


def _work_by_ray(services: Services, actors: int) -> None:
    """Keep workers in a Ray cluster, and show what they say, until a signal comes."""
    from ...tools.errors import InvalidInput
    from ...tools.shards.worker_actors import hear_workers, start_workers, stop_workers

    settings = services.settings
    if settings.ray_address and not settings.database_url:
        raise InvalidInput(
            "Workers on other machines need a database that all of them reach.",
            hint="Set FINETUNE_COVERAGE_DATABASE_URL to one of PostgreSQL, here and on those machines.",
        )
    asked: list[int] = []
    before = {number: signal.signal(number, lambda number, _: asked.append(number)) for number in _SIGNALS}
    heard = 0
    try:
        with by_engine(services, "ray") as cluster:
            assert cluster is not None
            cluster.run(start_workers, actors, settings.eval_set)
            is_any_left = True
            while is_any_left:
                if len(asked) > heard:
                    heard = len(asked)
                    cluster.run(stop_workers, at_once=heard > 1)
                    note(
                        "Stopping at once."
                        if heard > 1
                        else "Finishing what is under way; once more stops at once."
                    )
                lines, is_any_left = cluster.run(hear_workers)
                for line in lines:
                    say(line)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if heard > 1:
        raise typer.Exit(ExitCode.INTERRUPTED)


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
