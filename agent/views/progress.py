"""Progress of a generation for a person: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.cells import cell_len
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TimeElapsedColumn,
)
from rich.progress_bar import ProgressBar
from rich.status import Status
from rich.text import Text

from ...tools.text.durations import duration_words
from ..output import visible
from .topic_name import shown_name

if TYPE_CHECKING:
    from ...tools.generation.jobs.progress import Progress as Standing

LINE_EVERY_SECONDS = 10.0
"""How often progress is told where there is no terminal to draw a bar on."""


def reasons_text(rejected: Mapping[str, int]) -> str:
    """Rejections by reason in words, most frequent first: ``3 near_duplicate, 1 parse``."""
    ordered = sorted(rejected.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{count} {reason}" for reason, count in ordered)


class ProgressView:
    """Shows how jobs go on; a context manager, since a bar must be taken down before other text is printed.

    Attributes:
        job_id: the job that reported last, to say how to go on after an interruption.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bar: Progress | None = None
        self._waiting: Status | None = None
        self._tasks: dict[str, TaskID] = {}
        self._last: dict[str, tuple[float, int]] = {}
        self.job_id: str | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def update(self, standing: Standing) -> None:
        """Show where a job stands."""
        self.job_id = standing.job_id or None
        self._stop_waiting()
        if standing.remark:
            self._console.print(Text(f"{visible(standing.topic)}: {visible(standing.remark)}"))
        if self._console.is_terminal:
            self._draw(standing)
        else:
            self._tell(standing)

    def wait(self, what: str) -> None:
        """Show on a terminal that something is under way of which nothing else is told; it leaves no line behind."""
        if self._console.is_terminal and self._bar is None and self._waiting is None:
            self._waiting = self._console.status(Text(what, style="dim"))
            self._waiting.start()

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.stop()
        self._waiting = None

    def close(self) -> None:
        """Take the bar down; what comes next is printed below it."""
        self._stop_waiting()
        if self._bar is not None:
            self._bar.stop()
        self._bar = None
        self._tasks.clear()

    def _draw(self, standing: Standing) -> None:
        if self._bar is None:
            self._bar = Progress(
                _Topic(),
                _Bar(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                _Detail(),
                console=self._console,
            )
            self._bar.start()
        if standing.job_id not in self._tasks:
            self._tasks[standing.job_id] = self._bar.add_task(
                "", console=self._console, standing=standing, total=standing.requested
            )
        self._bar.update(
            self._tasks[standing.job_id],
            completed=standing.accepted,
            total=standing.requested,
            standing=standing,
        )

    def _tell(self, standing: Standing) -> None:
        told_at, told = self._last.get(standing.job_id, (float("-inf"), -1))
        is_end = standing.accepted >= standing.requested and told != standing.accepted
        now = time.monotonic()
        if now - told_at < LINE_EVERY_SECONDS and not is_end:
            return
        self._last[standing.job_id] = (now, standing.accepted)
        line = f"{visible(standing.topic)}: {standing.accepted} of {standing.requested} accepted"
        self._console.print(Text(f"{line}, {_detail(standing)}"))


# How wide the terminal is, is asked for each drawing: it may have become narrower since the last one.
class _Topic(ProgressColumn):
    max_refresh = None

    def render(self, task: Task) -> Text:
        return Text(shown_name(task.fields["standing"].topic, _topic_cells(task.fields["console"].width)))


class _Bar(BarColumn):
    def render(self, task: Task) -> ProgressBar:
        self.bar_width = _bar_cells(task.fields["console"].width)
        return super().render(task)


class _Detail(ProgressColumn):
    def render(self, task: Task) -> Text:
        detail = _fitting_detail(task.fields["standing"], task.fields["console"].width)
        return Text(detail, style="dim", no_wrap=True)


def _topic_cells(width: int) -> int:
    return width // 4


def _bar_cells(width: int) -> int:
    return max(8, min(40, width // 6))


def _fitting_detail(standing: Standing, width: int) -> str:
    """What fits beside topic, bar, count and time, which are never pushed off the line; what is waited for first.

    Three cells stay free at the end, for the ``^C`` that a terminal writes there.
    """
    topic = cell_len(shown_name(standing.topic, _topic_cells(width)))
    counted = 2 * len(str(standing.requested)) + 1
    room = width - topic - _bar_cells(width) - counted - len("0:00:00") - 4 - 3
    detail = _detail(standing)
    if standing.note and cell_len(detail) > room:
        detail = visible(standing.note)
    if room < 10:
        return ""
    shown = Text(detail)
    shown.truncate(room, overflow="ellipsis")
    return shown.plain


def _detail(standing: Standing) -> str:
    tries = f"{standing.attempts} {'try' if standing.attempts == 1 else 'tries'}"
    rejected = sum(standing.rejected.values())
    left = f"about {duration_words(standing.seconds_left)} left, " if standing.seconds_left else ""
    told = (
        f"{left}{tries}, {rejected} rejected ({reasons_text(standing.rejected)})"
        if rejected
        else left + tries
    )
    return f"{told}; {visible(standing.note)}" if standing.note else told
