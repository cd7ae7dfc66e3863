"""Where the stages of a Ray cluster are: a bar on a terminal, a line for each stage elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..output import note, stderr
from .progress import LINE_EVERY_SECONDS

if TYPE_CHECKING:
    from ...tools.shards.stages import StageProgress


@contextmanager
def stage_bar(where: str) -> Iterator[Callable[[StageProgress], None]]:
    """Show on stderr how stages go on while the block lasts.

    Args:
        where: what carries them out, for a person.
    """
    console = stderr()
    if not console.is_terminal:
        note(f"{where}…")
        yield _told_now_and_then()
        return
    from rich.progress import Progress

    with Progress(console=console, transient=True) as bar:
        task = bar.add_task(where, total=None)

        def show(stage: StageProgress) -> None:
            if stage.done == 0:
                bar.reset(task, total=stage.parts or None)
            bar.update(task, description=stage.doing, completed=stage.done)

        yield show


def _told_now_and_then() -> Callable[[StageProgress], None]:
    told_at, told = 0.0, ""

    def tell(stage: StageProgress) -> None:
        nonlocal told_at, told
        now = time.monotonic()
        if stage.doing == told and now - told_at < LINE_EVERY_SECONDS:
            return
        told_at, told = now, stage.doing
        note(f"{stage.doing}: {stage.done} of {stage.parts}" if stage.done else f"{stage.doing}…")

    return tell
