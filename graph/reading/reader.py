"""Reads what was typed and is no bare answer; the reading can start nothing."""

from __future__ import annotations

import asyncio
from typing import Any

from langchain_core.messages import HumanMessage

from ...tools.coverage.report import Coverage
from ..offers.offer import Offer, Reply
from ..scope import ServicesSource, scoped
from ..state import State, as_json, the_offer, the_reply, with_reading
from .by_model import Read, read_with_tools
from .by_small_model import read_by_model
from .exact import asked_first


def needs_reading(reply: Reply, offer: Offer) -> bool:
    """Whether it was typed, and is no bare answer."""
    return reply.read_by == "grammar" and reply.channel == "typed" and offer.action != "choose_workflow"


async def interpret(source: ServicesSource, state: State) -> dict[str, Any]:
    """Read the reply: by a capable model that calls tools, else by the grammar and then by the small model."""
    reply, offer = the_reply(state), the_offer(state)
    services = await asyncio.to_thread(lambda: scoped(source(), state))
    read = Read(reply)
    if services.settings.profile == "full":
        known = state.get("coverage")
        coverage = Coverage.model_validate(known) if known else None
        read = await read_with_tools(reply.text, offer, services, coverage, state.get("messages") or [])
    if services.settings.profile == "small" or read.refused is not None:
        read = await _read_in_small_steps(reply, offer, services, read)
    # Whatever the model read, a person's plain answer is needed.
    settled = asked_first(read.reply).model_copy(update={"text": read.reply.text or reply.text})
    if settled.kind == "nothing" and _was_said(state):
        thanks = "Gladly. Nothing starts without a yes to the plan."
        settled = settled.model_copy(update={"kind": "told", "note": thanks})
    return {
        "reply": as_json(settled),
        "messages": read.messages,
        **with_reading(state, read.usage),
    }


async def _read_in_small_steps(reply: Reply, offer: Offer, services: Any, before: Read) -> Read:
    """As the grammar has it; what it could not read goes to the model, for an intent and a translation."""
    if not reply.is_open:
        return Read(reply, usage=before.usage)
    read, usage = await read_by_model(reply.text, offer, services)
    known = read or reply.model_copy(update={"is_open": False, "read_by": "model"})
    return Read(known, usage=before.usage + usage)


def _was_said(state: State) -> bool:
    """Whether the person said it to what lies there; what came before the analysis was answered by the analysis."""
    messages = state.get("messages") or []
    return bool(messages) and isinstance(messages[-1], HumanMessage)
