"""`analyze --within`: how well the records of each topic cover the space within it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..output import note, print_table, say
from ..views.record_bar import record_bar

if TYPE_CHECKING:
    from ...tools.coverage.space.cells import Cell
    from ...tools.coverage.space.report import SpaceReport, TopicSpace
    from ...tools.services import Services

_MOST_SENTENCES = 4
_HEADINGS = {
    "turns": "Turns",
    "length": "Length",
    "language": "Language",
    "tool": "Tools",
    "tools": "Tools together",
    "sub_area": "About",
}


def measure_within(services: Services, workflow: str, topic: str | None) -> SpaceReport:
    """Measure all topics or one; says how far it is, since the first time may take a minute."""
    from ...tools.coverage.space.cached import space_of

    note("Looking at the records within each topic…")
    with record_bar("Topics") as on_progress:
        topics = None if topic is None else [topic]
        return space_of(services, workflow, topics=topics, on_progress=on_progress)


def show_within(report: SpaceReport) -> None:
    """Print the report: of one topic every cell, of several what is thin."""
    if len(report.topics) == 1:
        _show_topic(report.topics[0])
    else:
        _show_topics(report.topics)
    for line in report.notes:
        note(line)


def _show_topic(space: TopicSpace) -> None:
    say(f"{space.topic}: {space.records:,} records, {space.sampled:,} of them measured", style="bold")
    print_table(
        ["", "What they have in common", "Records", "Of", "Expected", ""],
        [
            (
                _HEADINGS[cell.facet],
                _value(cell),
                cell.count,
                cell.of,
                f"{cell.expected:.1f}" if cell.expected else "",
                "thin" if cell.is_thin else "",
            )
            for cell in space.cells
        ],
        numbers=(2, 3, 4),
    )
    say()
    _show_thin(space, len(space.thin))


def _show_topics(spaces: Sequence[TopicSpace]) -> None:
    for space in spaces:
        if space.thin:
            say(f"{space.topic} ({space.records:,} records)", style="bold")
            _show_thin(space, _MOST_SENTENCES)
    even = [space.topic for space in spaces if not space.thin]
    if even:
        say(f"Nothing thin in: {', '.join(even)}")
    say("`--topic NAME` shows all of a topic.")


def _show_thin(space: TopicSpace, most: int) -> None:
    for cell in space.thin[:most]:
        say(f"- {cell.words}")
    if len(space.thin) > most:
        say(f"- and {len(space.thin) - most} more")


def _value(cell: Cell) -> str:
    if cell.facet == "tools" and not cell.value:
        return "no tool called"
    return cell.value
