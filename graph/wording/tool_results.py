"""A tool's result as the conversation keeps it: what a person reads on a chat page, which shows every message.

The tool itself returns all of it, and the state keeps the coverage whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

MOST_ENTRIES = 12
"""Of longer lists, and mappings to values of one kind, the first are kept, and how many more there are."""
_FIGURES = ["balance_score", "status", "total_records"]
_KEPT: dict[str, Sequence[str]] = {
    "coverage": [*_FIGURES, "topic_distribution", "under_represented", "recommendations"],
    "coverage_before": _FIGURES,
    "coverage_after": _FIGURES,
}
"""What is kept of a coverage report; after a generation a whole one follows."""


def brief(result: Any) -> Any:
    """The result with figures of four digits, and without what is not there or too long to be read."""
    if isinstance(result, bool):
        return result
    if isinstance(result, float):
        return round(result, 4) if abs(result) >= 1 else float(f"{result:.4g}")
    if isinstance(result, Mapping):
        entries = [
            (name, brief({part: value[part] for part in _KEPT[name]} if name in _KEPT and value else value))
            for name, value in result.items()
            if value not in (None, {}, "")
        ]
        # What holds values of several kinds is a document: none of its fields is one more of the same.
        is_document = len({type(value) for _, value in entries}) > 1
        most = len(entries) if is_document else MOST_ENTRIES
        more = len(entries) - most
        return dict(entries[:most]) | ({"…": f"and {more:,} more"} if more > 0 else {})
    if isinstance(result, list | tuple):
        more = len(result) - MOST_ENTRIES
        return [*map(brief, result[:MOST_ENTRIES]), *([f"… and {more:,} more"] if more > 0 else [])]
    return result
