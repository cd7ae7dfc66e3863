"""The node that asks the person, and nothing else: it runs again from its start when the answer comes."""

from __future__ import annotations

import uuid
from typing import Any

from langchain_core.messages import HumanMessage
from langgraph.types import interrupt

from .approval import Answer, as_text, in_time, read_answer, request_for
from .context import sent_at, written_ahead
from .offer import Offer
from .seal import sealed
from .state import State, as_json, offer_in


def approve(state: State) -> dict[str, Any]:
    """Ask the person and read the answer; whatever follows from it happens in the next node."""
    offer = offer_in(state) or Offer(action="choose_next_step")
    answer = interrupt(request_for(offer).model_dump(mode="json"), response_schema=Answer)
    reply = sealed(in_time(read_answer(answer, offer), offer, sent_at(), is_ahead=written_ahead()), offer)
    said = HumanMessage(as_text(answer, reply) or "(nothing)", id=str(uuid.uuid4()))
    return {"messages": [said], "reply": as_json(reply), "heard": said.id}
