"""Answers in words: questions, what was not understood, a no."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from langchain_core.messages import AIMessage, AnyMessage

from ...tools.errors import CoverageError
from ...tools.generation.plans import decline_plan
from ...tools.models.usage import NO_USAGE
from ...tools.services import Services
from ..offers.kinds import YES_TO
from ..offers.offer import Offer, Reply
from ..scope import ServicesSource, scoped, with_caps
from ..state import State, as_json, offer_in, the_reply, with_reading
from ..wording.markdown import escape
from ..wording.plan_words import brief_reminder, option_lines, reminder
from .asked_tools import Asked
from .facts import Answer, answer
from .model_answer import answer_by_model

_QUESTION_MARKS = "?\uff1f\u061f\u037e\u055e\u1367"
"""Of every script that marks questions; the Greek one looks like a semicolon."""
_NOT_KNOWN = (
    "I cannot answer that. I can tell about the score, the topics and why one is low, what records "
    "look like, the rounds, "
    "the rejected drafts, the strategies, the plan, its cost, and what a score would cost."
)


@dataclass
class _Told:
    """What is to be said, before the model has put it in words, if it does."""

    text: str
    quotes: str = ""
    messages: list[AnyMessage] = field(default_factory=list)
    asked: Asked | None = None


async def respond(source: ServicesSource, state: State) -> dict[str, Any]:
    """Answer or ask back; the pending plan stays, except after a no."""
    reply, offer = the_reply(state), offer_in(state)
    if offer is not None and offer.action == "choose_workflow":
        return _said(f"{reply.note} {offer.text}".strip(), offer)
    if reply.kind == "back" and offer is not None:
        return _said(reminder(offer), offer)
    services = await asyncio.to_thread(lambda: scoped(source(), state))
    if reply.kind == "reject" and offer is not None:
        return await asyncio.to_thread(_decline, services, offer)
    told = await asyncio.to_thread(_words, reply, state, services)
    usage = NO_USAGE
    if told.asked is not None and _asks_the_model(reply, services):
        told.text, usage = await answer_by_model(reply.text, told.text, told.asked)
    text = "\n\n".join(part for part in (told.text, told.quotes) if part)
    update = with_reading(state, usage)
    if offer is None or state.get("next_step"):
        return {**update, "messages": [*told.messages, AIMessage(text)], "reply": None}
    below = brief_reminder(offer) if reply.kind == "told" else reminder(offer)
    asks = reply.kind == "told" and any(mark in told.text for mark in _QUESTION_MARKS)
    offer = offer.model_copy(update={"asks_beside": asks})
    return {**update, **_said(f"{text}\n\n{below}", offer, told.messages)}


def _asks_the_model(reply: Reply, services: Services) -> bool:
    """A question that the grammar knows costs nothing. What only the model understood, often in another language, the
    model also answers, from the facts; the embedded model is too small to be let near them.
    """
    return reply.read_by == "model" and not services.settings.uses_embedded_model


def _words(reply: Reply, state: State, services: Services) -> _Told:
    offer, workflow_id = offer_in(state), state.get("workflow_id") or ""
    if reply.kind == "confirm" and offer is not None:
        return _Told(_confirmation(reply, offer))
    if reply.kind != "question":
        return _Told(reply.note or "I did not understand that.")
    capped = (
        with_caps(services, usd=offer.cap_usd, tokens=offer.cap_tokens) if offer is not None else services
    )
    asked = Asked(
        capped,
        workflow_id,
        offer,
        reading_tokens=state.get("reading_tokens") or 0,
        reading_uncounted=state.get("reading_uncounted") or 0,
    )
    try:
        known: Answer | None = answer(reply, asked)
    except CoverageError as error:
        return _Told(escape(str(error)))
    if known is None:
        return _Told(_NOT_KNOWN)
    return _Told(known.said, known.quotes, asked.messages, asked if asked.calls else None)


_IT_WOULD = {
    "resume": "carry on with the approved plan",
    "proceed": "go on to the grader configuration",
    "stop": "stop here for now",
    "review_outside": "you look at the records outside, and come back",
    "take_back": "take the round back",
    "add_rule": "make it a rule",
    "add_rule_here": "make it a rule for this topic",
    "remove_asked": "take out what I asked about",
}
_BARE = {"stop": "“stop”", "review_outside": "“outside”", "proceed": "“skip”", "resume": "“continue”"}
"""What to answer where no option stands for it."""


def _confirmation(reply: Reply, offer: Offer) -> str:
    """What was more than a bare answer, asked once more: only a bare answer has a consequence."""
    if reply.means == "approve" and offer.action not in YES_TO:
        number = next((n for n, option in enumerate(offer.options, 1) if option.items == offer.items), 1)
        how = f"“yes” or {number}" if offer.yes_is_plain else f"{number}"
        return f"I read that as a yes to the plan. To be sure that nothing starts by a misreading, please answer {how}."
    means = YES_TO[offer.action] if reply.means == "approve" else reply.means or ""
    numbers = (str(n) for n, option in enumerate(offer.options, 1) if option.effect == means)
    answer = next(numbers, _BARE.get(means, "“yes”"))
    return f"I read that as: {_IT_WOULD[means]}. If that is right, please answer {answer}."


def _decline(services: Services, offer: Offer) -> dict[str, Any]:
    """A no is a no: the plan is declined, and a later yes has nothing to be a yes to."""
    if offer.plan_id is not None:
        decline_plan(services.store, offer.plan_id)
    declined = offer.model_copy(update={"action": "choose_next_step", "plan_id": None, "items": []})
    lines = [f"{number}. {line}" for number, line in enumerate(option_lines(declined), 1)]
    said = (
        "All right, I generate nothing. What would you like instead? You can name a topic, a number and a "
        "strategy, or:"
    )
    return _said("\n".join([said, *lines]), declined)


def _said(text: str, offer: Offer, before: list[AnyMessage] | None = None) -> dict[str, Any]:
    return {
        "offer": as_json(offer.model_copy(update={"text": text})),
        "reply": None,
        "messages": [*(before or []), AIMessage(text)],
    }
