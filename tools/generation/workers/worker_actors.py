"""Workers as actors of a Ray cluster: each carries out what `Worker` does, and Ray starts one anew that dies."""

from __future__ import annotations

import asyncio
import os
import time
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

from ...errors import CoverageError, InternalError, InvalidInput
from ...failure import unforeseen_words
from ...services import Services
from .loaded_ahead import load_ahead
from .worker import LOOKED_AT, Tell, Worker

if TYPE_CHECKING:
    from ...settings import Settings
    from ...shards.cluster import RayCluster

_SOON = 30.0
"""Seconds until a worker should have started."""


class Wanted(Enum):
    """What the actors shall do; said again with every look, since one that was started anew has not heard it."""

    GO_ON = "go on"
    FINISH = "finish what is under way"
    STOP = "stop at once"


class WorkerActors:
    """Any number of workers in a Ray cluster; what `Worker` is for this process.

    Each has the settings of this one. They and other workers share queue, leases, budgets and the places at the
    endpoint through the store, and through nothing else.

    Args:
        cluster: where they run: as many as it is said to have processes; each takes a processor.
        settings: of all of them; goes to the machines of the cluster, with its keys.
        tell: is told in one line what a worker does.
    """

    def __init__(self, cluster: RayCluster, settings: Settings, tell: Tell) -> None:
        self._cluster = cluster
        self._settings = settings
        self._count = cluster.workers
        self._tell = tell
        self._began = 0.0
        self._waiting = 0

    async def run(self, until: asyncio.Event) -> None:
        """Have them work until the event is set: then what is under way is finished.

        Cancelled, they stop at once: what was paid for is written down, and the leases are given back.

        Raises:
            InvalidInput: the cluster is not there, is another version's, or cannot reach the store, which is a file.
            CoverageError: the store cannot be used, or a newer version has changed it: then all of them end.
        """
        if self._settings.ray_address is not None and self._settings.store_url.startswith("sqlite"):
            raise InvalidInput(
                "The store is a file of this machine, which the machines of a Ray cluster do not share.",
                hint="Set FINETUNE_COVERAGE_DATABASE_URL to a PostgreSQL database (docs/shared-store.md).",
            )
        await asyncio.to_thread(self._cluster.run, _begin, self._settings, self._count)
        self._began = time.monotonic()
        wanted = Wanted.GO_ON
        try:
            while True:
                if until.is_set():
                    wanted = Wanted.FINISH
                seen = await self._look(wanted)
                if not seen.left:
                    break
                if seen.failures:  # of one is that of all: they have the same store and settings
                    wanted = Wanted.FINISH
        except asyncio.CancelledError:
            while (await self._look(Wanted.STOP)).left:
                pass
            raise
        if seen.failures:
            raise seen.failures[0]

    async def _look(self, wanted: Wanted) -> Seen:
        seen = await asyncio.to_thread(self._cluster.run, _look, wanted)
        for line in seen.said:
            self._tell(line)
        if seen.waiting not in (0, self._waiting) and time.monotonic() - self._began > _SOON:
            self._waiting = seen.waiting
            self._tell(f"{seen.waiting} of {self._count} workers wait for a free processor of the cluster.")
        return seen


@dataclass(frozen=True)
class Seen:
    """What the workers are at.

    Attributes:
        said: lines since the last look.
        left: workers that have not ended.
        waiting: those of them that wait for a place in the cluster.
        failures: why those ended that were not to.
    """

    said: list[str]
    left: int
    waiting: int
    failures: list[CoverageError]


class _Heard(NamedTuple):
    process: int
    said: list[str]


class _Actor:
    """One worker in a process of the cluster."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._said: list[str] = []
        self._until = asyncio.Event()
        self._working: asyncio.Task[None] | None = None

    async def work(self) -> CoverageError | None:
        """Work until it is to end; why, where it was not to."""
        self._working = asyncio.ensure_future(self._work())
        await asyncio.wait([self._working])
        try:
            self._working.result()
        except asyncio.CancelledError:
            return None
        except CoverageError as error:
            told = CoverageError(error.message, hint=error.hint)  # not every class of them can be sent
            told.code = error.code
            return told
        except Exception as error:
            return InternalError(f"A worker failed unexpectedly: {unforeseen_words(error)}")
        return None

    async def _work(self) -> None:
        services = await asyncio.to_thread(Services.from_settings, self._settings)
        try:
            await asyncio.to_thread(load_ahead, services)
            await Worker(services, self._said.append).run(self._until)
        finally:
            services.close()

    async def hear(self, wanted: Wanted) -> _Heard:
        """Tell it what is wanted; what it said since."""
        if wanted is not Wanted.GO_ON:
            self._until.set()
        if wanted is Wanted.STOP and self._working is not None and not self._working.cancelling():
            self._working.cancel()  # once: what it does then is not to be cancelled
        said, self._said[:] = list(self._said), []
        return _Heard(os.getpid(), said)


@dataclass
class _Hosted:
    """An actor, as the process sees it that speaks with the cluster.

    Attributes:
        actor: its handle.
        work: what becomes of its call of `work`.
        asked: what becomes of the last call of `hear`; ``None`` once it was answered.
        process: the one that answered last; 0 while it waits for a place in the cluster.
    """

    actor: Any
    work: Any
    asked: Any = None
    process: int = 0


_hosted: list[_Hosted] = []
"""Kept from one look to the next: the process of the cluster carries one call out at a time."""


def _begin(settings: Settings, count: int) -> None:
    import ray

    remote: Any = ray.remote(_Actor)
    made = remote.options(num_cpus=1, max_restarts=-1, scheduling_strategy="SPREAD")
    for _ in range(count):
        actor = made.remote(settings)
        # In the process that follows one that died, Ray calls it again.
        _hosted.append(_Hosted(actor, actor.work.options(max_task_retries=-1).remote()))


def _look(wanted: Wanted) -> Seen:
    """See what they are at, after a second, or when all have ended."""
    import ray

    if wanted is not Wanted.GO_ON:
        _give_up_unstarted()
    works = [one.work for one in _hosted]
    ended, left = ray.wait(works, num_returns=len(works), timeout=LOOKED_AT) if works else ([], [])
    for one in _hosted:
        one.asked = one.asked or one.actor.hear.remote(wanted)
    said = _answers()
    failures = [failure for work in ended if (failure := _outcome(work)) is not None]
    waiting = sum(not one.process for one in _hosted)
    if not left:
        _hosted.clear()  # Ray ends actors that nobody knows any more
    return Seen(said, len(left), waiting, failures)


def _give_up_unstarted() -> None:
    import ray

    for one in [one for one in _hosted if not one.process]:
        ray.kill(one.actor)
        _hosted.remove(one)


def _answers() -> list[str]:
    """What those say that answer soon."""
    import ray
    from ray.exceptions import RayActorError

    asked = [one.asked for one in _hosted]
    answered = ray.wait(asked, num_returns=len(asked), timeout=LOOKED_AT)[0] if asked else []
    said: list[str] = []
    for one in _hosted:
        if one.asked not in answered:
            continue
        try:
            heard: _Heard = ray.get(one.asked)
        except RayActorError:  # it has died, and is started anew
            continue
        finally:
            one.asked = None
        if one.process not in (0, heard.process):
            said.append(f"Process {one.process} of a worker has died; {heard.process} takes its place.")
        one.process = heard.process
        said += heard.said
    return said


def _outcome(work: Any) -> CoverageError | None:
    import ray
    from ray.exceptions import RayError

    try:
        failure: CoverageError | None = ray.get(work)
    except RayError as error:
        return InternalError(
            f"The Ray cluster could not keep a worker: {str(error).splitlines()[0]}",
            hint="What was accepted is kept; start the workers again.",
        )
    return failure
