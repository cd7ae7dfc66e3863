"""The picture of `analyze --plot`: each topic's share against its target, before and after generation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ....tools.coverage.balance import shown_score, status_of
from ....tools.coverage_change import CoverageChange
from ..topic_name import shown_name
from .canvas import (
    BEFORE,
    BLUE,
    GRID,
    INK,
    MUTED,
    VERMILLION,
    in_default_style,
    new_figure,
    place_legend,
    save,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_TOPICS = 150
"""Beyond it a picture would be taller than people scroll: the topics furthest below their target are drawn."""
_LONGEST_NAME = 44
PALE = 0.35
"""What records count for beyond their worth."""


@dataclass(frozen=True)
class Bar:
    """One topic of the picture: records before and after, their shares of the scored records, and what they are worth.

    Attributes:
        worth: the part of the records afterwards that counts as real ones do, 0 to 1.
    """

    name: str
    before: int
    after: int
    share_before: float
    share_after: float
    worth: float
    target: float
    is_under: bool

    @property
    def label(self) -> str:
        """Its counts: ``15 → 45, worth 24``, or one number where nothing changes."""
        if self.before == self.after:
            return f"{self.before:,}"
        worth = f", worth {self.worth * self.after:,.0f}" if self.worth < 1 else ""
        return f"{self.before:,} → {self.after:,}{worth}"


def bars_of(change: CoverageChange) -> list[Bar]:
    """The scored topics, largest first."""
    scored = [topic for topic in change.before.topics if topic.target is not None]
    before = sum(topic.records for topic in scored) or 1
    after = sum(change.counts_after.get(topic.name, 0) for topic in scored) or 1
    bars = [
        Bar(
            name=topic.name,
            before=topic.records,
            after=change.counts_after.get(topic.name, 0),
            share_before=topic.records / before,
            share_after=change.counts_after.get(topic.name, 0) / after,
            worth=_part(change.worth_after.get(topic.name), change.counts_after.get(topic.name, 0)),
            target=topic.target or 0.0,
            is_under=topic.under_represented,
        )
        for topic in scored
    ]
    return sorted(bars, key=lambda bar: -bar.before)


def _part(worth: float | None, count: int) -> float:
    return 1.0 if worth is None or not count else worth / count


@in_default_style
def draw_distribution(change: CoverageChange, path: Path) -> None:
    """Draw how the topics' shares lie against their targets, before and after, into a PNG file."""
    bars = bars_of(change)
    shown = bars
    if len(bars) > MOST_TOPICS:
        lowest = sorted(bars, key=lambda bar: bar.share_before / bar.target)[:MOST_TOPICS]
        shown = [bar for bar in bars if bar in lowest]
    row = 0.42 if len(shown) <= 30 else 0.28
    height = max(2.2, row * len(shown) + 1.0)
    figure, axes = new_figure(9.5, height)
    _draw_bars(axes, shown, change.kind)
    axes.set_title(_title(change), loc="left", fontsize=12, color=INK, pad=30, fontweight="bold")
    _legend(axes, change.kind, any(bar.worth < 1 for bar in bars))
    if notes := _notes(change, len(bars) - len(shown)):
        axes.text(
            0, -0.55 / height, "\n".join(notes), transform=axes.transAxes, fontsize=8, color=MUTED, va="top"
        )
    save(figure, path)


def _draw_bars(axes: Axes, bars: Sequence[Bar], kind: str) -> None:
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    rows = range(len(bars))
    changes = kind != "unchanged"
    if changes:
        axes.barh([r - 0.2 for r in rows], [b.share_before for b in bars], height=0.34, color=BEFORE)
    places, height = [r + 0.2 * changes for r in rows], 0.34 if changes else 0.6
    axes.barh(places, [b.share_after for b in bars], height=height, color=BLUE, alpha=PALE)
    axes.barh(
        places,
        [b.share_after * b.worth for b in bars],
        height=height,
        color=BLUE,
        hatch="///" if kind == "predicted" else None,
        edgecolor="white",
        linewidth=0,
    )
    for row, bar in enumerate(bars):
        axes.plot([bar.target] * 2, [row - 0.5, row + 0.5], color=VERMILLION, linewidth=2)
        end = max(bar.share_before, bar.share_after, bar.target)
        axes.annotate(
            bar.label,
            (end, row),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
            color=INK,
        )
    small = 9 if len(bars) <= 30 else 7.5
    axes.set_yticks(list(rows))
    labels = axes.set_yticklabels(
        [shown_name(bar.name, _LONGEST_NAME) for bar in bars], fontsize=small, parse_math=False
    )
    for label, bar in zip(labels, bars, strict=True):
        if bar.is_under:
            label.set_fontweight("bold")
    axes.set_ylim(len(bars) - 0.4, -0.6)
    longest = max((max(b.share_before, b.share_after, b.target) for b in bars), default=1.0)
    axes.set_xlim(0, (longest or 1.0) * 1.12)
    axes.xaxis.set_major_locator(MaxNLocator(7, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0 if longest > 0.06 else 1))
    axes.xaxis.grid(True, color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(axis="x", labelsize=8, labelcolor=MUTED)


def _legend(axes: Axes, kind: str, has_worth: bool) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    hatch = "///" if kind == "predicted" else None
    now = {"predicted": "after the recommendation (predicted)", "measured": "now (measured)"}
    handles: list[Patch | Line2D] = []
    if kind != "unchanged":
        handles.append(Patch(facecolor=BEFORE, label="now" if kind == "predicted" else "before generation"))
    handles += [
        Patch(facecolor=BLUE, hatch=hatch, edgecolor="white", linewidth=0, label=now.get(kind, "now")),
        *([Patch(facecolor=BLUE, alpha=PALE, label="counted, not worth it")] if has_worth else []),
        Line2D([], [], color=VERMILLION, linewidth=2, label="target"),
    ]
    place_legend(axes, handles, size=8.5, handlelength=1.6)


def _title(change: CoverageChange) -> str:
    before = _score(change.before.balance_score_exact)
    if change.kind == "unchanged":
        return f"Topic coverage: balance score {before}"
    by_worth = "" if change.effective_after is None else f", by worth {change.effective_after:.2f}"
    return f"Topic coverage: balance score {before} → {_score(change.score_after)}{by_worth}"


def _score(score: float | None) -> str:
    return "none" if score is None else f"{shown_score(score):.2f} ({status_of(score)})"


def _notes(change: CoverageChange, left_out: int) -> list[str]:
    notes = ["Share of the scored records; their number stands beside the bars."]
    if change.before.under_represented:
        notes[0] += " Bold: less than half the target."
    if left_out:
        notes.append(f"{left_out} more topics, nearer to their target or above it, are not drawn.")
    if change.before.uncategorized:
        notes.append(f"{change.before.uncategorized:,} records without a topic are not in the picture.")
    if change.before.untargeted:
        notes.append(f"{len(change.before.untargeted)} topics without a target are not in the picture.")
    return notes
