"""Where a generated record is from, in sentences for somebody who reads it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...graph.wording.check_words import check_names
from ...graph.wording.plan_words import strategy_words
from ...tools.coverage.wording import plural

_CHANNELS: Mapping[str, str] = {
    "web": "on this page",
    "chat": "in the terminal",
    "cli": "on the command line",
    "mcp": "through an assistant",
}
_DRAWN: Mapping[str, str] = {
    "scenario": "The case",
    "like": "Built like a real record that calls",
    "negative": "A case in which calling a tool would be wrong",
    "chain": "It calls",
    "tool_results": "What its tools return",
    "axis": "Made harder by",
    "varied_message": "Message that was written anew",
}
_UNTOLD = frozenset({"simulated", "edge_case", "avoid"})
"""What another line says already, and ids of records."""


def origin_lines(found: Mapping[str, Any], provenance: Mapping[str, Any]) -> list[str]:
    """Who wrote it and how, who approved that, what was drawn for it, and what was checked.

    Args:
        found: what `origin_of` gives.
        provenance: of the record.
    """
    lines = [f"Written by {found['model']}, by {strategy_words(found['strategy'])}."]
    if yes := found["approved"]:
        where = _CHANNELS.get(yes["channel"], f"through {yes['channel']}")
        lines.append(f"Approved by {yes['approver']} {where}, {_day(yes['created_at'])}.")
    lines += [
        f"{_DRAWN.get(name, _plain(name).capitalize())}: {_value(value)}."
        for name, value in found["drawn"].items()
        if name not in _UNTOLD
    ]
    lines.append(f"Checks passed: {check_names(found.get('checks') or found['gates'])}.")
    # That no verifier read it is said at the end.
    if unjudged := [check for check in provenance.get("not_judged") or () if check != "verifier"]:
        lines.append(f"Not judged: {check_names(unjudged)}.")
    if scores := found.get("scores"):
        measured = (f"{check_names([check])} {score:.2f}" for check, score in scores.items())
        lines.append(f"Measured: {', '.join(measured)}.")
    if kept := provenance.get("kept"):
        lines.append(f"Kept by a person, {_day(kept)}.")
    lines.append(_judged(found))
    return lines


def _judged(found: Mapping[str, Any]) -> str:
    verifier = found.get("verifier")
    if not verifier:
        return "No verifier read it."
    who = "the model that wrote it" if verifier["model"] == found["model"] else verifier["model"]
    # Its findings stand below, where they were kept.
    passed = "" if found["verdict"] else f": {check_names(verifier['passed'])}"
    return f"Read and judged by {who}{passed}."


def _day(moment: object) -> str:
    return str(moment)[:16].replace("T", " ")


def _plain(name: str) -> str:
    return name.replace("_", " ")


def _value(value: object) -> str:
    """What was drawn, of a list each once with how often, of names with values the values."""
    if isinstance(value, Mapping):
        return "; ".join(f"{_plain(str(name))}: {_value(one)}" for name, one in value.items())
    if isinstance(value, list):
        counts = {str(one): value.count(one) for one in value}
        return ", ".join(
            name if count == 1 else f"{name} ({plural(count, 'time')})" for name, count in counts.items()
        )
    return _plain(str(value))
