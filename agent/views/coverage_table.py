"""The coverage on a terminal: a bar for each topic, measured against its target.

Every mark is a sign as well as a colour, so that nothing is lost without colours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from ...tools.coverage.wording import percents
from .topic_name import TopicName

NARROW = 80
"""From here on columns that carry little are left out."""


class _Signs(NamedTuple):
    bar: str
    target: str
    under: str
    below: str


_DRAWN = _Signs("█", "│", "▼", "·")
_TYPED = _Signs("#", "|", "v", ".")


def coverage_table(coverage: Mapping[str, Any], console: Console) -> RenderableType:
    """A table of the topics, with a legend.

    Args:
        coverage: the report of `analyze_coverage`.
        console: what it is for; its width and encoding decide how it is drawn.
    """
    signs = _TYPED if console.options.ascii_only else _DRAWN
    wide, cells = console.width >= NARROW, max(10, min(40, console.width // 5))
    topics = coverage["topics"]
    most = max([1.0, *(topic["representation"] or 0.0 for topic in topics)])
    has_synthetic = any(topic["synthetic"] for topic in topics)
    shows_synthetic = wide or has_synthetic

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("Topic", min_width=12)
    numbers = ["Records", "Share", *(["Target"] if wide else []), *(["Synthetic"] if shows_synthetic else [])]
    numbers += ["Worth"] if has_synthetic else []
    for heading in numbers:
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("Against its target", no_wrap=True, min_width=cells + 2)
    names = [topic["name"] for topic in topics]
    for topic, share, target in zip(topics, *shares_and_targets(coverage), strict=True):
        values = [f"{topic['records']:,}", share]
        values += [target] if wide else []
        values += [f"{topic['synthetic']:,}"] if shows_synthetic else []
        values += [f"{topic['worth']:g}"] if has_synthetic else []
        table.add_row(TopicName(topic["name"], names), *values, _bar(topic, most, cells, signs))
    return Group(table, Text(_legend(topics, signs), style="dim"))


def shares_and_targets(coverage: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Of the topics in the report, in their order; a target with its ceiling, ``""`` where there is neither."""
    topics = coverage["topics"]
    targets = percents([topic["target"] or 0.0 for topic in topics], 1.0)
    return (
        percents([topic["records"] for topic in topics], coverage["total_records"]),
        [_aim(topic, target) for topic, target in zip(topics, targets, strict=True)],
    )


def _aim(topic: Mapping[str, Any], target: str) -> str:
    ceiling = f"at most {topic['most']:,}" if "most" in topic else ""
    return ", ".join(filter(None, ["" if topic["target"] is None else target, ceiling]))


def _bar(topic: Mapping[str, Any], most: float, cells: int, signs: _Signs) -> Text:
    if topic["representation"] is None:
        return Text("no target", style="dim")
    style, sign = "green", ""
    if topic["under_represented"]:
        style, sign = "red", f" {signs.under}"
    elif topic["below_minimum"]:
        style, sign = "yellow", f" {signs.below}"
    length = round(topic["representation"] / most * (cells - 1))
    target = round(1 / most * (cells - 1))
    filled = signs.bar * length + " " * (cells - length)
    bar = Text(filled[:target] + signs.target + filled[target + 1 :] + sign)
    bar.stylize(style, 0, length)
    bar.stylize("bold", target, target + 1)
    bar.stylize(f"bold {style}", cells)
    return bar


def _legend(topics: list[Mapping[str, Any]], signs: _Signs) -> str:
    legend = [f"{signs.target} target"]
    if any(topic["under_represented"] for topic in topics):
        legend.append(f"{signs.under} under-represented")
    if any(topic["below_minimum"] and not topic["under_represented"] for topic in topics):
        legend.append(f"{signs.below} below the minimum")
    return "   ".join(legend)
