"""The nodes that measure: `analyze_coverage` is called, and its result kept as tool call and tool result."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any

from langchain_core.messages import AIMessage, AnyMessage, ToolMessage

from ..tools.analyze_coverage import analyze_coverage
from ..tools.coverage.report import Coverage
from .context import thread_id
from .history import history
from .markdown import escape
from .scope import ServicesSource, max_rounds, scoped
from .state import State
from .stop_rule import stop_reason


def tool_messages(name: str, args: dict[str, Any], result: Mapping[str, Any]) -> list[AnyMessage]:
    """A tool call, made by code, and its result, as they belong into the conversation."""
    call_id = f"call-{uuid.uuid4().hex[:12]}"
    call = AIMessage(
        content="", tool_calls=[{"name": name, "args": args, "id": call_id, "type": "tool_call"}]
    )
    status = "success" if result.get("success") else "error"
    content = json.dumps(result, ensure_ascii=False)
    return [call, ToolMessage(content=content, tool_call_id=call_id, name=name, status=status)]


def error_words(result: Mapping[str, Any]) -> str:
    """A tool's failure for a person: what, and what to do."""
    error = result["error"]
    return escape(f"{error['message']} {error['hint']}".strip())


class Measuring:
    """Nodes over `analyze_coverage`."""

    def __init__(self, services: ServicesSource) -> None:
        self._services = services

    def analyze(self, state: State) -> dict[str, Any]:
        """Measure the coverage before anything is recommended."""
        services = scoped(self._services(), state)
        workflow_id = state["workflow_id"] or ""
        result = analyze_coverage(services, workflow_id)
        messages = tool_messages("analyze_coverage", {"workflow_id": workflow_id}, result)
        if not result["success"]:
            text = f"I could not analyze the dataset. {error_words(result)}"
            return {"messages": [*messages, AIMessage(text)], "coverage": None, "notice": error_words(result)}
        coverage = result["coverage"]
        # A first look, or one after a review, is where the comparison starts; later ones are compared with it.
        before = state.get("coverage_before") if state.get("rounds") else None
        return {
            "messages": messages,
            "coverage": coverage,
            "coverage_before": before or coverage,
            "coverage_after": coverage,
            "results": [],
            "stop_reason": None,
            "next_step": None,
        }

    def reanalyze(self, state: State) -> dict[str, Any]:
        """Measure again after a round of generation and see whether another one makes sense."""
        services = scoped(self._services(), state)
        workflow_id = state["workflow_id"] or ""
        result = analyze_coverage(services, workflow_id)
        update: dict[str, Any] = {
            "messages": tool_messages("analyze_coverage", {"workflow_id": workflow_id}, result),
            "approval_id": None,
            **history(services.store, thread_id(), workflow_id),
        }
        if not result["success"]:
            text = f"I could not analyze the dataset again. {error_words(result)}"
            return {**update, "messages": [*update["messages"], AIMessage(text)], "coverage": None}
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
        return {**update, "stop_reason": reason}
