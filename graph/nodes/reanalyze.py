"""The node that measures again after a round of generation, and sees whether another one makes sense."""

from __future__ import annotations

from typing import Any

from langchain_core.messages import AIMessage
from langgraph.types import Command

from ...tools.analyze_coverage import analyze_coverage
from ...tools.coverage.report import Coverage
from ..actions.messages import error_words, tool_messages
from ..context import thread_id
from ..conversations.history import history
from ..reading.workflow_choice import ask_which
from ..scope import ServicesSource, max_rounds, scoped
from ..state import State
from ..wording.stop_rule import stop_reason
from .analyze import AfterAnalysis


def reanalyze(source: ServicesSource, state: State) -> Command[AfterAnalysis]:
    """Measure again after a round of generation and see whether another one makes sense."""
    services = scoped(source(), state)
    workflow_id = state["workflow_id"] or ""
    result = analyze_coverage(services, workflow_id)
    update: dict[str, Any] = {
        "messages": tool_messages("analyze_coverage", {"workflow_id": workflow_id}, result),
        "approval_id": None,
        **history(services.store, thread_id(), workflow_id),
    }
    if not result["success"]:
        text = f"I could not analyze the dataset again. {error_words(result)}"
        update |= {"messages": [*update["messages"], AIMessage(text)], "coverage": None}
        return Command(goto="approve", update=ask_which(services.store, update, note=error_words(result)))
    after = Coverage.model_validate(result["coverage"])
    update |= {"coverage": result["coverage"], "coverage_after": result["coverage"]}
    before = state.get("round_before")
    reason = stop_reason(
        Coverage.model_validate(before) if before else None,
        after,
        state.get("results") or [],
        target=services.settings.target_score,
        rounds=update.get("rounds", 1),
        limit=max_rounds(state),
    )
    return Command(goto="recommend", update={**update, "stop_reason": reason})
