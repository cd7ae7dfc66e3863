"""The node that answers in words: questions, what was not understood, a no."""

from __future__ import annotations

from typing import Any

from langchain_core.messages import AIMessage

from ..tools.analyze_coverage import analyze
from ..tools.coverage.report import Coverage
from ..tools.generation.plans import decline_plan
from ..tools.services import Services
from .answers import Facts, answer
from .model_reading import reading_of
from .offer import Offer, Reply
from .plan_words import option_lines, reminder
from .recommend import costs_of
from .scope import ServicesSource, scoped
from .state import State, as_json, offer_in, the_reply

_NOT_KNOWN = (
    "I cannot answer that. I can tell about the score, the topics, the strategies, the plan, its cost and the "
    "rejected drafts."
)


class Responding:
    """The node `answer`."""

    def __init__(self, services: ServicesSource) -> None:
        self._services = services

    def answer(self, state: State) -> dict[str, Any]:
        """Answer or ask back; the pending plan stays, except after a no."""
        reply, offer = the_reply(state), offer_in(state)
        services = scoped(self._services(), state)
        if offer is not None and offer.action == "choose_workflow":
            return _said(f"{reply.note} {offer.text}".strip(), offer)
        if reply.kind == "reject" and offer is not None:
            return _decline(services, offer)
        if reply.kind == "back" and offer is not None:
            return _said(reminder(offer), offer)
        text = self._words(reply, state, services)
        if offer is None or state.get("next_step"):
            return {"messages": [AIMessage(text)], "reply": None}
        return _said(f"{text}\n\n{reminder(offer)}", offer)

    def _words(self, reply: Reply, state: State, services: Services) -> str:
        facts = _facts(state, services)
        if reply.kind == "question":
            known = answer(reply.text, facts)
            if known is not None:
                return known
        about = reading_of(reply.text, services)
        if about is not None:
            return answer(about, facts) or _NOT_KNOWN
        if reply.kind == "question":
            return _NOT_KNOWN
        return reply.note or "I did not understand that."


def _facts(state: State, services: Services) -> Facts:
    offer, workflow_id = offer_in(state), state.get("workflow_id") or ""
    known = state.get("coverage")
    coverage = Coverage.model_validate(known) if known else analyze(services, workflow_id)
    return Facts(
        coverage=coverage,
        settings=services.settings,
        offer=offer,
        cost=costs_of(services, workflow_id, offer.items) if offer is not None and offer.items else "",
        spent=dict(state.get("cost") or {}),
        rejected=dict(state.get("rejected") or {}),
        added=len(state.get("record_ids") or []),
    )


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


def _said(text: str, offer: Offer) -> dict[str, Any]:
    return {
        "offer": as_json(offer.model_copy(update={"text": text})),
        "reply": None,
        "messages": [AIMessage(text)],
    }
