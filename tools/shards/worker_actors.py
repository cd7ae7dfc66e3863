"""Workers as actors of a Ray cluster: each takes jobs with their leases, as any worker does, and Ray starts it again.

All of it runs in the process of the cluster; each call comes back soon, so that who gave the command hears signals.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

from ..generation.jobs.worker import Worker
from ..services import Services
from ..settings import load_settings

_LOOKED_AT = 0.5
"""Seconds between two looks at what the workers say."""

_actors: list[Any] = []
_runs: list[Any] = []
_asked: dict[int, Any] = {}
"""What each actor was asked and has not answered yet."""


class _WorkerActor:
    """A worker with the settings of the machine that it is on."""

    def __init__(self, eval_set: Path | None) -> None:
        settings = load_settings()
        if eval_set is not None:
            settings = settings.model_copy(update={"eval_set": eval_set})
        self._services = Services.from_settings(settings)
        self._until = asyncio.Event()
        self._lines: list[str] = []
        self._task: asyncio.Task[None] | None = None

    async def work(self) -> None:
        """Work until `stop`."""
        self._task = asyncio.create_task(Worker(self._services, self._lines.append).run(self._until))
        try:
            await asyncio.wait([self._task])
            if not self._task.cancelled():
                self._task.result()
        finally:
            self._services.close()

    async def stop(self, *, at_once: bool) -> None:
        """Finish what is under way, or leave it; the leases are given back."""
        self._until.set()
        if at_once and self._task is not None:
            self._task.cancel()

    async def said(self) -> list[str]:
        """What the worker said since the last time."""
        lines, self._lines[:] = list(self._lines), []
        return lines


def start_workers(count: int, eval_set: Path | None) -> None:
    """Start workers, spread over the machines of the cluster; one that dies is started again."""
    import ray

    # They wait for endpoints, so a processor bears many.
    made = ray.remote(num_cpus=0, max_restarts=-1, max_task_retries=-1, scheduling_strategy="SPREAD")(
        _WorkerActor
    )
    _actors.extend(made.remote(eval_set) for _ in range(count))
    _runs.extend(actor.work.remote() for actor in _actors)


def hear_workers() -> tuple[list[str], bool]:
    """What the workers said since the last time, after a moment, and whether any is left.

    Raises:
        CoverageError: why a worker could not go on.
    """
    import ray

    for number, actor in enumerate(_actors):
        if number not in _asked:
            _asked[number] = actor.said.remote()
    # Asked once until it answers: what a worker said is gone when it is told.
    ray.wait(list(_asked.values()), num_returns=len(_asked), timeout=_LOOKED_AT)
    lines: list[str] = []
    for number, question in list(_asked.items()):
        try:
            lines += ray.get(question, timeout=0)
        except ray.exceptions.GetTimeoutError:
            continue
        except ray.exceptions.RayActorError:
            pass  # it starts again
        del _asked[number]
    ended, left = ray.wait(_runs, num_returns=len(_runs), timeout=0)
    ray.get(ended)
    if not lines:
        time.sleep(_LOOKED_AT)
    return lines, bool(left)


def stop_workers(*, at_once: bool) -> None:
    """Have all workers end: see `Worker.run`."""
    for actor in _actors:
        actor.stop.remote(at_once=at_once)
