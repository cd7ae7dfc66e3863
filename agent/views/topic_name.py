"""A topic's name where there is little room: cut in the middle, unless two topics would then look alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.text import Text

from ...tools.text.middle_cut import cut_middle
from ..output import visible

_LEAST = 12


def shown_name(name: str, cells: int) -> str:
    """A topic's name on one line, in at most so many cells."""
    return cut_middle(_on_one_line(name), cells)


class TopicName:
    """A cell of a table: the name as wide as the column turns out to be.

    Args:
        name: of the topic.
        among: all names of the table; one that would look like another is shown whole, on several lines.
    """

    def __init__(self, name: str, among: Sequence[str] = ()) -> None:
        self._name = _on_one_line(name)
        self._among = tuple(among)

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        cells = max(1, cell_len(self._name))
        return Measurement(min(_LEAST, cells), cells).with_maximum(options.max_width)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        cut = cut_middle(self._name, options.max_width)
        if cut in _alike(self._among, options.max_width):
            yield Text(self._name, overflow="fold")
        else:
            yield Text(cut, no_wrap=True)


@lru_cache(maxsize=8)
def _alike(names: tuple[str, ...], cells: int) -> frozenset[str]:
    """What several of the names would be shown as."""
    shown = Counter(shown_name(name, cells) for name in set(names))
    return frozenset(cut for cut, count in shown.items() if count > 1)


def _on_one_line(name: str) -> str:
    return visible(" ".join(name.split()))
