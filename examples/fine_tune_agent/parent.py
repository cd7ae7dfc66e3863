"""The parent graph, with the coverage agent embedded in either of the two ways."""

from __future__ import annotations

from typing import Any

from finetune_coverage import Services, build_graph
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph

from .state import FineTune, FineTuneWrapped
from .steps import Steps, route_after_coverage, route_after_dry_run


def shared_keys(services: Services, steps: Steps, checkpointer: BaseCheckpointSaver[Any]) -> Any:
    """The agent is a node: state goes in and out under the names that both graphs know."""
    graph = StateGraph(FineTune)
    graph.add_node("coverage", build_graph(services))  # no checkpointer: it uses the parent's
    return _around(graph, steps, checkpointer)


def wrapped(services: Services, steps: Steps, checkpointer: BaseCheckpointSaver[Any]) -> Any:
    """The agent is called in a node: the parent decides what it sees and what becomes of its results."""
    agent = build_graph(services)

    async def coverage(state: FineTuneWrapped) -> dict[str, Any]:
        """Step 3. It runs again from its start after an answer or a crash; the agent goes on where it was."""
        result = await agent.ainvoke(
            {
                "messages": state["messages"],
                "workflow_id": state["workflow_id"],
                "focus_topics": state.get("focus_topics"),
            }
        )
        kept = ("coverage_before", "coverage_after", "rounds", "next_step", "record_ids", "rejected", "cost")
        return {"messages": result["messages"], "data": {name: result.get(name) for name in kept}}

    graph = StateGraph(FineTuneWrapped)
    graph.add_node("coverage", coverage)
    return _around(graph, steps, checkpointer)


def _around(graph: StateGraph[Any], steps: Steps, checkpointer: BaseCheckpointSaver[Any]) -> Any:
    graph.add_node("topics", steps.topics)
    graph.add_node("grader", steps.grader)
    graph.add_node("dry_run", steps.dry_run)
    graph.add_edge(START, "topics")
    graph.add_edge("topics", "coverage")
    graph.add_conditional_edges("coverage", route_after_coverage, ["grader", END])
    graph.add_edge("grader", "dry_run")
    graph.add_conditional_edges("dry_run", route_after_dry_run, ["coverage", END])
    return graph.compile(checkpointer=checkpointer)
