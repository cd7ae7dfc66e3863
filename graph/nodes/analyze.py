"""The node that measures the coverage before anything is recommended."""

from __future__ import annotations

from typing import Any, Literal

from langchain_core.messages import AIMessage
from langgraph.types import Command

from ...tools.analyze_coverage import analyze_coverage
from ...tools.coverage.report import Coverage
from ..actions.messages import error_words, tool_messages
from ..reading.workflow_choice import ask_which
from ..scope import ServicesSource, scoped
from ..state import State
from ..wording.report import moved_words

AfterAnalysis = Literal["recommend", "approve"]


def analyze(source: ServicesSource, state: State) -> Command[AfterAnalysis]:
    """Call `analyze_coverage` and keep its result as tool call and tool result; without figures, ask for a dataset."""
    services = scoped(source(), state)
    workflow_id = state["workflow_id"] or ""
    result = analyze_coverage(services, workflow_id)
    messages = tool_messages("analyze_coverage", {"workflow_id": workflow_id}, result)
    if not result["success"]:
        text = f"I could not analyze the dataset. {error_words(result)}"
        update: dict[str, Any] = {"messages": [*messages, AIMessage(text)], "coverage": None}
        return Command(goto="approve", update=ask_which(services.store, update, note=error_words(result)))
    coverage = result["coverage"]
    # A first look, or one after a review, is where the comparison starts; later ones are compared with it.
    before = state.get("coverage_before") if state.get("rounds") else None
    update = {
        "messages": messages,
        "coverage": coverage,
        "coverage_before": before or coverage,
        "coverage_after": coverage,
        "results": [],
        "stop_reason": None,
        "next_step": None,
    }
    if (notice := state.get("notice")) and (known := state.get("coverage")):
        moved = moved_words(Coverage.model_validate(known), Coverage.model_validate(coverage))
        update["notice"] = f"{notice} {moved}".strip()
    return Command(goto="recommend", update=update)
