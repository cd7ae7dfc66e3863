"""The node that asks the person; the only one from which a plan comes to be carried out."""

from __future__ import annotations

import uuid
from typing import Any

from langchain_core.messages import HumanMessage
from langgraph.types import Command, interrupt

from ..consent import Answered, answered, together
from ..context import answered_by_id, is_subgraph, listed_beside, numbered_beside, sent_at, written_ahead
from ..offers.form import (
    Answer,
    as_text,
    handed_on,
    in_time,
    not_offered,
    read_answer,
    repeated,
    request_for,
    unnamed,
)
from ..offers.offer import ChoiceOffer, Offer, read_offer
from ..offers.pending import now_ms
from ..offers.reply import CONSEQUENCES, Approve, Reply
from ..scope import ServicesSource
from ..state import State, as_json, offer_in, with_update
from ..translation import DECISION


def approve(source: ServicesSource, state: State) -> Command[Answered]:
    """Ask the person, read the answer, and on a valid yes write the approval down.

    It runs again from its start when the answer comes, and after a crash: nothing before the interrupt changes
    anything, and what is written after it is found again.
    """
    offer = offer_in(state) or ChoiceOffer()
    answer = interrupt(request_for(offer).model_dump(mode="json"), response_schema=Answer)
    offer = offer.listing(listed_beside(), numbered_beside())
    reply = in_time(read_answer(answer, offer), offer, sent_at(), is_ahead=written_ahead())
    update: dict[str, Any] = {}
    if not answered_by_id():
        reply, update = _if_new(reply, answer, offer, state)
    clicked = {DECISION: True} if reply.channel == "decision" else {}
    said = HumanMessage(
        as_text(answer, reply) or "(nothing)", id=str(uuid.uuid4()), additional_kwargs=clicked
    )
    update |= {"messages": [said], "heard": said.id}
    offer = read_offer(update["offer"]) if "offer" in update else offer
    then = answered(source, with_update(state, update), reply, offer)
    return Command(goto=then.goto, update=together(update, then.update))


def _if_new(reply: Reply, answer: Answer, offer: Offer, state: State) -> tuple[Reply, dict[str, Any]]:
    """The reply, unless it may be one that was carried out before; and what to remember of it."""
    update: dict[str, Any] = {"answered": answer.model_dump_json()}
    if not isinstance(reply.deed, CONSEQUENCES):
        return reply, update
    decision = unnamed(answer, offer)
    if decision is None:
        again = is_subgraph() and state.get("answered") == update["answered"]
        return (handed_on() if again else reply), update
    if decision == "approve" and isinstance(reply.deed, Approve) and "approve" not in offer.decisions:
        return not_offered(), update
    decided = state.get("decided") or []
    if decision in {*decided, *offer.decided}:
        back = repeated(offer, None if is_subgraph() else sent_at())
        if back is not None:
            return back, {**update, "offer": as_json(offer.model_copy(update={"asked_again_at": now_ms()}))}
    return reply, {**update, "decided": [*decided, decision]}
