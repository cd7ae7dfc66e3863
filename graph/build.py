"""The graph: route → analyze → recommend → approve → accept → generate → reanalyze → recommend."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from langchain_core.runnables import RunnableLambda
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from ..tools.services import Services
from .ask import approve
from .context import Context
from .entry import Entering
from .finish import Finishing
from .fork import Forking
from .interpret import Interpreting
from .measure import Measuring
from .pilot import Previewing, is_pilot_done
from .recommend import Recommending
from .removal import Removing
from .respond import Responding
from .retarget import Retargeting
from .review import Reviewing
from .revise import Revising, is_approved
from .rules import Ruling
from .scope import ServicesSource
from .state import InputState, OutputState, State, offer_in, reply_in, the_offer, the_reply
from .steps import Step, next_step_for, step_of
from .undo import Undoing
from .work import Working


def route_after_analyze(state: State) -> str:
    """On with the figures, or with the rest of a pilot whose records were changed; without figures, a question."""
    offer = offer_in(state)
    if (
        state.get("coverage")
        and state.get("notice")
        and offer is not None
        and offer.onward
        and not offer.is_pilot
    ):
        return "preview"
    return "recommend" if state.get("coverage") else "choose"


def route_after_recommend(state: State) -> str:
    """Usually to the person; what they asked for before the analysis comes first."""
    return route_after_approve(state) if state.get("reply") is not None else "approve"


def route_after_approve(state: State) -> Step:
    """Where the answer leads."""
    return next_step_for(the_reply(state), the_offer(state))


def route_after_interpret(state: State) -> Step:
    """Where the reading leads: never to an approval."""
    return step_of(the_reply(state), the_offer(state))


def route_after_revise(state: State) -> str:
    """To the store, if the person approved exactly this; else back to the person."""
    return "accept" if is_approved(reply_in(state)) else "approve"


def route_after_accept(state: State) -> str:
    """A plan that can no longer be used is made anew."""
    return "generate" if state.get("approval_id") else "analyze"


def route_after_generate(state: State) -> str:
    """A failure goes to the person, and so does what nobody said yes to; anything else is measured."""
    results = state.get("results") or []
    return "hold" if not results or any(result["error"] for result in results) else "reanalyze"


def route_after_reanalyze(state: State) -> str:
    """On with the figures, as after the first analysis; what a pilot wrote is shown first."""
    if state.get("coverage") and is_pilot_done(offer_in(state), state.get("results") or []):
        return "preview"
    return "recommend" if state.get("coverage") else "choose"


def route_after_change_of_figures(state: State) -> str:
    """Dropping records and other targets change the figures."""
    return "analyze" if state.get("notice") else "approve"


def route_after_answer(state: State) -> str:
    """Back to what lies on the table; a finished conversation stays finished."""
    return "approve" if state.get("offer") is not None else END


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
    entering, measuring, recommending = Entering(source), Measuring(source), Recommending(source)
    responding, revising, reviewing = Responding(source), Revising(source), Reviewing(source)
    working, finishing, retargeting = Working(source), Finishing(source), Retargeting(source)
    interpreting = Interpreting(source)

    graph = StateGraph(State, Context, input_schema=InputState, output_schema=OutputState)
    graph.add_node("route", entering.route)
    graph.add_node("choose", entering.choose)
    graph.add_node("open", entering.open)
    graph.add_node("analyze", measuring.analyze)
    graph.add_node("recommend", recommending.recommend)
    graph.add_node("approve", approve)
    graph.add_node(
        "interpret", RunnableLambda(interpreting.interpret_here, interpreting.interpret, name="interpret")
    )
    graph.add_node("answer", RunnableLambda(responding.answer_here, responding.answer, name="answer"))
    graph.add_node("revise", revising.revise)
    graph.add_node("review", reviewing.review)
    graph.add_node("retarget", retargeting.retarget)
    graph.add_node("accept", working.accept)
    graph.add_node("generate", RunnableLambda(working.generate_here, working.generate, name="generate"))
    graph.add_node("hold", working.hold)
    graph.add_node("reanalyze", measuring.reanalyze)
    _add_changes(graph, source)
    graph.add_node("finish", finishing.finish)
    graph.add_node("summarize", finishing.summarize)

    # What was said before a plan was shown, and what the model read, can lead to neither "accept" nor "generate"; what
    # the model read cannot end the conversation either.
    no_approval = ["revise", "answer", "review", "retarget", "undo", "fork", "switch", "compare", "finish"]
    answers = [*no_approval, "interpret", "accept", "generate", "open", "take_back", "rules", "remove"]
    graph.add_edge(START, "route")
    graph.add_edge("choose", "approve")
    graph.add_edge("open", "analyze")
    graph.add_conditional_edges("analyze", route_after_analyze, ["recommend", "choose", "preview"])
    graph.add_conditional_edges("recommend", route_after_recommend, ["approve", "interpret", *no_approval])
    graph.add_conditional_edges("approve", route_after_approve, answers)
    read = [to for to in no_approval if to != "finish"]
    graph.add_conditional_edges(
        "interpret", route_after_interpret, [*read, "take_back", "rules", "remove", "approve"]
    )
    graph.add_conditional_edges("answer", route_after_answer, ["approve", END])
    graph.add_conditional_edges("revise", route_after_revise, ["accept", "approve"])
    graph.add_conditional_edges("review", route_after_change_of_figures, ["analyze", "approve"])
    graph.add_conditional_edges("retarget", route_after_change_of_figures, ["analyze", "approve"])
    graph.add_conditional_edges("accept", route_after_accept, ["generate", "analyze"])
    graph.add_conditional_edges("generate", route_after_generate, ["reanalyze", "hold"])
    graph.add_edge("hold", "approve")
    graph.add_conditional_edges("reanalyze", route_after_reanalyze, ["recommend", "choose", "preview"])
    graph.add_edge("finish", END)
    graph.add_edge("summarize", END)
    return graph.compile(checkpointer=checkpointer, name="coverage")


def _add_changes(graph: StateGraph[State, Context, InputState, OutputState], source: ServicesSource) -> None:
    """The nodes for what can happen between two rounds: an undo, a rule, a look at a pilot."""
    undoing = Undoing(source)
    graph.add_node("undo", undoing.undo)
    graph.add_node("take_back", undoing.take_back)
    graph.add_node("rules", Ruling(source).rules)
    graph.add_node("remove", Removing(source).remove)
    graph.add_node("preview", Previewing(source).preview)
    forking = Forking(source)
    for name, node in (("fork", forking.fork), ("switch", forking.switch)):
        graph.add_node(name, node)
        graph.add_conditional_edges(name, route_after_change_of_figures, ["analyze", "approve"])
    graph.add_node("compare", forking.compare)
    graph.add_edge("compare", "approve")
    graph.add_conditional_edges("rules", route_after_change_of_figures, ["analyze", "approve"])
    graph.add_conditional_edges("remove", route_after_change_of_figures, ["analyze", "approve"])
    graph.add_edge("undo", "approve")
    graph.add_edge("take_back", "analyze")
    graph.add_edge("preview", "approve")


def _source(services: Services | Callable[[], Services] | None) -> ServicesSource:
    if isinstance(services, Services):
        return lambda: services
    # Made at first use and kept: importing the graph opens no store and loads no model.
    return cache(services or Services.from_settings)


graph = build_graph()
