"""The graph: its eight nodes, and where each of them can lead.

What each node returns says where to go; the destinations that are named here are what a drawing shows, and a test
compares the two.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from functools import cache
from typing import Any, get_args

from langchain_core.runnables import RunnableLambda
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.errors import GraphBubbleUp
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from ..tools.observability import telemetry
from ..tools.services import Services
from .consent import Answered
from .context import Context
from .nodes.analyze import AfterAnalysis, analyze
from .nodes.approve import approve
from .nodes.finish import finish
from .nodes.generate import AfterGeneration, generate
from .nodes.reanalyze import reanalyze
from .nodes.recommend import AfterRecommendation, recommend
from .nodes.route import Routed, route
from .nodes.talk import Talked, talk
from .scope import ServicesSource
from .state import InputState, OutputState, State
from .translation import in_the_persons_language, is_due


def build_graph(
    services: Services | Callable[[], Services] | None = None,
    *,
    checkpointer: BaseCheckpointSaver[Any] | None = None,
) -> CompiledStateGraph[State, Context, InputState, OutputState]:
    """The coverage and generation agent, to be run by itself or embedded in a parent graph.

    Args:
        services: store, models and index, or what makes them; made from the settings at first use when not given.
        checkpointer: where conversations are kept. Leave it out to embed the graph, or where a server brings
            its own.

    Returns:
        The compiled graph. It waits for people with `interrupt`, so it, or its parent, needs a checkpointer. Run it
        with ``durability="sync"``: then a killed process goes on where it stopped.
    """
    source = _source(services)
    graph = StateGraph(State, Context, input_schema=InputState, output_schema=OutputState)
    graph.add_node("route", _spoken(route, source), destinations=get_args(Routed))
    graph.add_node("analyze", _spoken(analyze, source), destinations=get_args(AfterAnalysis))
    graph.add_node("recommend", _spoken(recommend, source), destinations=get_args(AfterRecommendation))
    graph.add_node("approve", _spoken(approve, source), destinations=get_args(Answered))
    graph.add_node("talk", _spoken(talk, source), destinations=get_args(Talked))
    graph.add_node("generate", _spoken(generate, source), destinations=get_args(AfterGeneration))
    graph.add_node("reanalyze", _spoken(reanalyze, source), destinations=get_args(AfterAnalysis))
    graph.add_node("finish", _spoken(finish, source))
    graph.add_edge(START, "route")
    graph.add_edge("finish", END)
    return graph.compile(checkpointer=checkpointer, name="coverage")


def _spoken(node: Callable[[ServicesSource, State], Any], source: ServicesSource) -> Any:
    """The node, in whatever way a host calls it; what it says is told in the language of the person."""
    is_async = inspect.iscoroutinefunction(node)

    async def run(state: State) -> Any:
        with telemetry.step(node.__name__, pauses=GraphBubbleUp):
            done = await (node(source, state) if is_async else asyncio.to_thread(node, source, state))
            return await in_the_persons_language(source, state, done)

    def run_here(state: State) -> Any:
        with telemetry.step(node.__name__, pauses=GraphBubbleUp):
            done = asyncio.run(node(source, state)) if is_async else node(source, state)
            if is_due(source, state, done):
                done = asyncio.run(in_the_persons_language(source, state, done))
            return done

    return RunnableLambda(run_here, run, name=node.__name__)


def _source(services: Services | Callable[[], Services] | None) -> ServicesSource:
    if isinstance(services, Services):
        return lambda: services
    # Made at first use and kept: importing the graph opens no store and loads no model.
    return cache(services or Services.from_settings)


services_of_the_graph = cache(Services.from_settings)
"""Those of the graph below."""
graph = build_graph(services_of_the_graph)
