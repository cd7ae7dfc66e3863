"""A bar for passes over all records of a dataset, with the time that is left."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..output import stderr

if TYPE_CHECKING:
    from ...tools.store.stored_rows import OnProgress


@contextmanager
def record_bar(title: str) -> Iterator[OnProgress | None]:
    """A bar on stderr; nothing where there is no terminal."""
    console = stderr()
    if not console.is_terminal:
        yield None
        return
    from rich.progress import Progress

    with Progress(console=console, transient=True) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
