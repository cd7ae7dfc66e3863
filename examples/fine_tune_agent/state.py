"""What the parent graph knows. The keys that the coverage agent knows too are handed over by their names."""

from __future__ import annotations

from typing import Annotated, Any

from langchain_core.messages import AnyMessage
from langgraph.graph.message import add_messages
from typing_extensions import TypedDict


class Shared(TypedDict, total=False):
    """What every step of the parent reads and writes, whichever way the agent is embedded."""

    messages: Annotated[list[AnyMessage], add_messages]
    workflow_id: str
    focus_topics: list[str]
    """The topics that failed the latest dry run; the coverage agent generates for these only."""

    grader: dict[str, Any]
    dry_runs: int
    pass_rates: dict[str, float]


class FineTune(Shared, total=False):
    """For the agent as a node of its own: its results come out under the same names."""

    coverage_before: dict[str, Any]
    coverage_after: dict[str, Any]
    rounds: int
    next_step: str
    record_ids: list[str]
    rejected: dict[str, int]
    cost: dict[str, Any]


class FineTuneWrapped(Shared, total=False):
    """For the agent inside a node of the parent: its results are kept apart under a name of the parent's own."""

    data: dict[str, Any]
