"""The node that ends the conversation and says where to go from here."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from langchain_core.messages import AIMessage

from ...tools.coverage.report import Coverage
from ...tools.store.records import active_ids
from ..context import thread_id
from ..conversations.history import history, rounds_of
from ..offers.pending import withdraw
from ..offers.reply import Proceed, Reply, ReviewOutside, Settled
from ..scope import ServicesSource
from ..state import NextStep, State, as_json, offer_in, reply_in
from ..wording.inspections import round_table
from ..wording.markdown import plural, plural_were, score_words

ENDED = "coverage-ended-"
"""How the id of the last message of a conversation begins: what a person wrote before it is answered."""


SETTLED: dict[str, Any] = as_json(Reply(deed=Settled()))
"""The reply of what has been said already, where nothing more is to be done."""


def finish(source: ServicesSource, state: State) -> dict[str, Any]:
    """Take a pending plan back and hand over: to the grader, to a review outside, or to later.

    A message to a conversation that has ended, which asks for nothing new, gets a summary.
    """
    offer, reply = offer_in(state), reply_in(state)
    if reply is not None and isinstance(reply.deed, Settled):
        return {"reply": None}
    if reply is None and state.get("next_step"):
        return _summary(source, state)
    store, workflow_id = source().store, state.get("workflow_id")
    withdraw(store, offer)
    deed = reply.deed if reply is not None else None
    step: NextStep = (
        "grader" if isinstance(deed, Proceed) else "review" if isinstance(deed, ReviewOutside) else "stopped"
    )
    # Results still there are those of a round that was given up halfway: what it added counts.
    totals = history(store, thread_id(), workflow_id) if workflow_id and state.get("results") else {}
    said = f"{_OPENING[step]} {_standing(source, {**state, **totals})}".strip()
    text = "\n\n".join([said, *_rounds(source, workflow_id)])
    return {
        **totals,
        "messages": [AIMessage(text, id=f"{ENDED}{uuid.uuid4()}")],
        "next_step": step,
        "offer": None,
        "reply": None,
        "results": [],
        "approval_id": None,
    }


def _summary(source: ServicesSource, state: State) -> dict[str, Any]:
    """Say where a finished conversation stands, and what can still be done."""
    text = "\n\n".join([*_rounds(source, state.get("workflow_id")), WAYS_ON])
    return {"messages": [AIMessage(f"{_standing(source, state)}\n\n{text}".strip())], "reply": None}


def _rounds(source: ServicesSource, workflow_id: str | None) -> list[str]:
    """The rounds of this conversation, if there were any."""
    if workflow_id is None:
        return []
    rounds = rounds_of(source(), thread_id(), workflow_id)
    return [round_table(rounds)] if rounds else []


_OPENING: dict[NextStep, str] = {
    "grader": "On to the grader configuration. Here nothing is left to do; the dataset can be exported.",
    "review": "Take your time with the review; nothing is generated meanwhile. Write here when you are back.",
    "stopped": "Stopped here; nothing is generated. Write here to go on.",
}
WAYS_ON = "You can ask about the figures, say “generate more”, or “review the records”."


def _standing(source: ServicesSource, state: Mapping[str, Any]) -> str:
    known = state.get("coverage_after") or state.get("coverage")
    if not known:
        return ""
    coverage = Coverage.model_validate(known)
    said = (
        f"The dataset has {plural(coverage.total_records, 'record')}; "
        f"balance score {score_words(coverage.balance_score, coverage.status)}."
    )
    added, workflow_id = state.get("record_ids") or [], state.get("workflow_id")
    if not added or workflow_id is None:
        return said
    dropped = len(added) - len(active_ids(source().store, workflow_id, added))
    since = f", and {dropped:,} of them taken out since" if dropped else ""
    return f"{said} {plural_were(len(added), 'synthetic record')} added in this conversation{since}."
