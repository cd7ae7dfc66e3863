"""The steps that an answer can lead to, and which one it is."""

from __future__ import annotations

from typing import Literal

from .offer import Offer, Reply

Step = Literal[
    "analyze",
    "approve",
    "interpret",
    "answer",
    "review",
    "revise",
    "accept",
    "generate",
    "finish",
    "choose",
    "open",
    "summarize",
    "retarget",
    "undo",
    "take_back",
    "rules",
    "remove",
    "fork",
    "switch",
    "compare",
    "__end__",
]


def next_step_for(reply: Reply, offer: Offer) -> Step:
    """Which node carries a reply out; what was typed and is no bare answer goes to the model first."""
    if reply.read_by == "grammar" and reply.channel == "typed" and offer.action != "choose_workflow":
        return "interpret"
    return step_of(reply, offer)


def step_of(reply: Reply, offer: Offer) -> Step:
    """Which node carries out what was read."""
    match reply.kind:
        case "nothing":
            return "approve"
        case "approve":
            return "accept" if offer.plan_id is not None and _is_the_plan(reply, offer) else "revise"
        case "resume":
            return "generate"
        case "change" | "more" | "pilot":
            return "revise" if offer.workflow_id is not None else "answer"
        case "proceed" | "stop" | "review_outside":
            return "finish"
        case "undo":
            return "undo" if offer.workflow_id is not None else "answer"
        case "fork" | "switch" | "compare":
            return reply.kind
        case "take_back" | "keep":
            return "take_back"
        case "add_rule" | "add_rule_here" | "skip_rule" | "rules":
            return "rules"
        case "review" | "restore" | "relabel" | "edit":
            return "review"
        case "drop" | "drop_rule" | "remove_asked" | "keep_asked":
            return "remove"
        case "workflow":
            return "open"
        case "targets":
            return "retarget" if offer.workflow_id is not None else "answer"
        case _:
            return "answer"


def _is_the_plan(reply: Reply, offer: Offer) -> bool:
    return reply.items == offer.items
