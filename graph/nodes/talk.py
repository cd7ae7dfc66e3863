"""The node that reads what was typed and carries it out; it has no way to a generation."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Literal

from langchain_core.messages import AIMessage
from langgraph.types import Command

from ..actions.answering import respond
from ..actions.branches import compare, fork, switch
from ..actions.plan import revise
from ..actions.removal import remove
from ..actions.review import review
from ..actions.rules import rules
from ..actions.targets import retarget
from ..actions.undo import take_back, undo
from ..consent import ENDS, together
from ..offers.offer import Reply
from ..reading.reader import read_typed
from ..reading.workflow_choice import opened
from ..scope import ServicesSource
from ..state import State, as_json, reply_in, the_reply, with_update
from .finish import SETTLED

Talked = Literal["approve", "analyze", "finish"]
_CARRIED_OUT: dict[str, Callable[[ServicesSource, State], dict[str, Any]]] = {
    **dict.fromkeys(("change", "more", "pilot"), revise),
    **dict.fromkeys(("review", "restore", "relabel", "edit"), review),
    **dict.fromkeys(("drop", "drop_rule", "merge", "remove_asked", "keep_asked"), remove),
    **dict.fromkeys(("add_rule", "add_rule_here", "skip_rule", "rules"), rules),
    **dict.fromkeys(("take_back", "keep"), take_back),
    "targets": retarget,
    "undo": undo,
    "fork": fork,
    "switch": switch,
    "compare": compare,
    "workflow": lambda source, state: opened(source().store, the_reply(state)),
}
"""What carries a kind of reply out; all others are answered in words."""
_MEASURED_ANEW = ("take_back", "keep", "workflow")
"""After these the figures are others, whether or not there is something to say first."""


async def talk(source: ServicesSource, state: State) -> Command[Talked]:
    """Read what is no bare answer, and do what was asked for: the table changes, or something is shown or answered."""
    update: dict[str, Any] = {}
    reply = reply_in(state)
    if reply is not None and reply.kind == "unread":
        update = await read_typed(source, state)
        # What reading made of it is carried out below: never a yes, a resumption or an end.
    state = with_update(state, update)
    reply = reply_in(state)
    if reply is not None and state.get("next_step"):
        return _after_the_end(reply, update)
    if reply is None or reply.kind in ("settled", "nothing"):
        # A yes that could not be used, or a plan that was edited beyond its cap: all is said.
        goto: Talked = "analyze" if state.get("notice") else "approve"
        return Command(goto=goto, update={**update, "reply": None})
    if reply.kind in ENDS:
        return Command(goto="finish", update=update)
    act = _CARRIED_OUT.get(reply.kind, respond)
    done = await asyncio.to_thread(act, source, state)
    anew = reply.kind in _MEASURED_ANEW or done.get("notice")
    return Command(goto="analyze" if anew else "approve", update=together(update, done))


def _after_the_end(reply: Reply, update: dict[str, Any]) -> Command[Talked]:
    """A question to a finished conversation is answered, what changes the dataset begins anew with an analysis."""
    ended = {**update, "offer": None}
    if reply.kind == "told":
        said = AIMessage(reply.note)
        return Command(goto="finish", update={**together(ended, {"messages": [said]}), "reply": SETTLED})
    if reply.kind in ("nothing", "unclear", "confirm", "reject", "back"):
        return Command(goto="finish", update={**ended, "reply": None})
    return Command(goto="analyze", update={**ended, "reply": as_json(reply)})
