"""The picture of `analyze --map`: topics on a plane, and where records are thin."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ....tools.coverage.space.topic_map import MapTopic, TopicMap
from ..topic_name import shown_name
from .canvas import (
    BLUE,
    GREEN,
    INK,
    MUTED,
    ORANGE,
    VERMILLION,
    in_default_style,
    new_figure,
    place_legend,
    save,
)
from .labels import Box, place

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Neighbours on the map get different ones; with many topics, the labels say which is which.
_FILLS = (BLUE, GREEN, ORANGE, "#56B4E9", "#CC79A7", "#8C8C8C")
_WIDTH, _HEIGHT = 12.0, 9.0
_POINTS_AN_INCH = 72
_MOST_LABELS = 90
_LONGEST_LABEL = 30


@in_default_style
def draw_map(found: TopicMap, under: Collection[str], path: Path) -> None:
    """Draw the records of each topic, with under-represented topics and thin groups marked, into a PNG file.

    Args:
        found: the places.
        under: the topics with less than half their target share.
        path: the file.
    """
    figure, axes = new_figure(_WIDTH, _HEIGHT)
    figure.subplots_adjust(left=0, right=1, bottom=0, top=1)
    size = max(11.0, min(45.0, 9_000 / found.drawn))
    for number, topic in enumerate(found.topics):
        _draw_topic(axes, topic, _FILLS[number % len(_FILLS)], size, topic.name in under)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.margins(0.05)
    _draw_labels(axes, found.topics, under)
    _legend(axes, found, under)
    title = "Topics and gaps: records that read alike lie close together"
    axes.set_title(title, loc="left", fontsize=12, color=INK, pad=34, fontweight="bold")
    note = f"{found.drawn:,} of {found.records:,} records with a topic. Distances between far groups mean little."
    axes.text(0, -0.02, note, transform=axes.transAxes, fontsize=8, color=MUTED, va="top")
    save(figure, path)


def _draw_topic(axes: Axes, topic: MapTopic, fill: str, size: float, is_under: bool) -> None:
    usual = topic.points[~topic.thin]
    if is_under:
        axes.scatter(usual[:, 0], usual[:, 1], s=1.6 * size, marker="D", c=VERMILLION, linewidths=0, zorder=3)
    else:
        axes.scatter(usual[:, 0], usual[:, 1], s=size, c=fill, alpha=0.55, linewidths=0, zorder=2)
    thin = topic.points[topic.thin]
    axes.scatter(
        thin[:, 0],
        thin[:, 1],
        s=34,
        marker="^",
        facecolors="none",
        edgecolors=VERMILLION,
        linewidths=1.1,
        zorder=4,
    )


def _draw_labels(axes: Axes, topics: Sequence[MapTopic], under: Collection[str]) -> None:
    # Under-represented topics first: theirs are the labels that must not be moved far.
    shown = sorted(topics, key=lambda topic: topic.name not in under)[:_MOST_LABELS]
    size = 9.0 if len(shown) <= 30 else 7.0
    names = [f"{shown_name(topic.name, _LONGEST_LABEL)} ({topic.records:,})" for topic in shown]
    axes.set_xlim(axes.get_xlim())
    axes.set_ylim(axes.get_ylim())
    left, right = axes.get_xlim()
    low, high = axes.get_ylim()
    wide, tall = _WIDTH * _POINTS_AN_INCH, _HEIGHT * _POINTS_AN_INCH
    centres = [topic.centre for topic in shown]
    boxes = [
        Box(
            (x - left) / (right - left) * wide,
            (y - low) / (high - low) * tall,
            (0.58 if topic.name not in under else 0.66) * size * len(name) + 4,
            1.45 * size,
        )
        for topic, name, (x, y) in zip(shown, names, centres, strict=True)
    ]
    for topic, name, (x, y), box in zip(shown, names, centres, place(boxes, wide, tall), strict=True):
        at = (left + box.x / wide * (right - left), low + box.y / tall * (high - low))
        axes.plot([x, at[0]], [y, at[1]], color=INK, linewidth=0.6, alpha=0.6, zorder=5)
        axes.text(
            *at,
            name,
            fontsize=size,
            color=INK,
            ha="center",
            va="center",
            fontweight="bold" if topic.name in under else "normal",
            bbox={"facecolor": "white", "alpha": 0.8, "edgecolor": "none", "pad": 0.8},
            zorder=6,
            parse_math=False,
        )


def _legend(axes: Axes, found: TopicMap, under: Collection[str]) -> None:
    from matplotlib.lines import Line2D

    def mark(marker: str, label: str, fill: str, edge: str) -> Line2D:
        return Line2D(
            [],
            [],
            linestyle="none",
            marker=marker,
            markersize=6,
            markerfacecolor=fill,
            markeredgecolor=edge,
            label=label,
        )

    handles = [mark("o", "a record, in a colour of its topic", MUTED, MUTED)]
    if any(topic.name in under for topic in found.topics):
        handles.append(
            mark("D", "a record of a topic with less than half its target", VERMILLION, VERMILLION)
        )
    if any(topic.thin.any() for topic in found.topics):
        handles.append(mark("^", "a record of a thin group within its topic", "none", VERMILLION))
    place_legend(axes, handles, size=9)
