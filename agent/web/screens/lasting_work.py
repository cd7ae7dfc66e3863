"""Work on a whole dataset that outlives the tab which asked for it: how far it is, what came of it, and of what."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

from nicegui import background_tasks

from ....tools.errors import CoverageError
from ....tools.services import Services
from ....tools.store.workflows import dataset_version
from ..plain_words import without_commands

Result = TypeVar("Result")
OnProgress = Callable[[int, int], None]


class LastingWork(Generic[Result]):
    """The last time that one kind of work was done; doing it again replaces it.

    Attributes:
        done: records that are done.
        total: of so many; 0 while that is not known.
        result: what came of it; None before it has ended, and where it failed.
        problem: why it failed, in words.
        version: of the dataset that it is about; None before it was ever begun.
        is_under_way: whether it is being done.
    """

    def __init__(self) -> None:
        self.done = self.total = 0
        self.result: Result | None = None
        self.problem = ""
        self.version: int | None = None
        self.is_under_way = False

    def begin(self, services: Services, workflow_id: str, work: Callable[[OnProgress], Result]) -> None:
        """Have it done in a thread, unless it is under way; ``work`` is given what it tells its progress to."""
        if self.is_under_way:
            return
        self.is_under_way, self.done, self.total = True, 0, 0
        self.result, self.problem = None, ""
        background_tasks.create(self._carry_out(services, workflow_id, work))

    async def _carry_out(
        self, services: Services, workflow_id: str, work: Callable[[OnProgress], Result]
    ) -> None:
        try:
            self.version = await asyncio.to_thread(dataset_version, services.store, workflow_id)
            self.result = await asyncio.to_thread(work, self._told)
        except CoverageError as error:
            self.problem = without_commands(str(error))
        finally:
            self.is_under_way = False

    def _told(self, done: int, total: int) -> None:
        self.done, self.total = done, total
