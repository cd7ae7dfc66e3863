"""Two branches side by side, as a table with samples."""

from __future__ import annotations

from ...tools.coverage.uplift import Uplift
from ...tools.coverage.wording import worth_words
from ...tools.generation.money.use import sum_of, tokens_figure, usd_figure, why_at_most
from ...tools.inspection.compare import Comparison
from .answer_words import quoted
from .markdown import escape
from .plan_words import strategy_words


def comparison_words(comparison: Comparison) -> str:
    """What each side made since they parted, and what its records look like."""
    sides = comparison.sides
    rows = [
        ("Balance score", [_figure(side.score, 2) for side in sides]),
        ("Records", [f"{side.records:,}" for side in sides]),
        ("Strategy", [", ".join(map(strategy_words, side.strategies)) or "nothing yet" for side in sides]),
        ("Generated since", [f"{side.accepted:,}" for side in sides]),
        ("Worth (real-like records)", [_figure(side.worth, 1) for side in sides]),
        ("Gain in recognition", [_gain(side.uplift) for side in sides]),
        ("Drafts rejected", [f"{side.rejected:,}" for side in sides]),
        ("Tokens", [tokens_figure(side) for side in sides]),
        ("Cost", [escape(usd_figure(side, nothing="none", unknown="not known")) for side in sides]),
        ("Distinct word pairs (higher is more varied)", [_figure(side.distinct_pairs, 3) for side in sides]),
        (
            "Likeness to the nearest (lower is more varied)",
            [_figure(side.nearest_likeness, 3) for side in sides],
        ),
    ]
    names = [escape(side.workflow_id) for side in sides]
    lines = [f"| | {names[0]} | {names[1]} |", "|---|---|---|"]
    lines += [f"| {name} | {' | '.join(figures)} |" for name, figures in rows]
    parts = ["\n".join(lines)]
    if note := why_at_most(sum_of(sides)):
        parts.append(f"At most: {note}.")
    if comparison.compared > 1:
        parts.append(f"Variety is measured on {comparison.compared:,} records of each.")
    for name, side in zip(names, sides, strict=True):
        if side.samples:
            parts += [f"From {name}:", *map(quoted, side.samples)]
    return "\n\n".join(parts)


def _gain(uplift: Uplift | None) -> str:
    return worth_words(None, uplift).removeprefix("recognition ") or "not measurable"


def _figure(value: float | None, digits: int) -> str:
    return "not measurable" if value is None else f"{value:.{digits}f}"
