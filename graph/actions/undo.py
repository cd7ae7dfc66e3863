"""The nodes that take a round of generation back: first asked with what it changes, then done."""

from __future__ import annotations

from typing import Any

from langchain_core.messages import AIMessage

from ...tools.errors import CoverageError
from ...tools.generation.approvals.plans import cancel_plan
from ...tools.generation.jobs.undo_jobs import undo_jobs
from ...tools.generation.money.use import use_words
from ...tools.inspection.undo import UndoEffect, inspect_undo
from ..context import thread_id
from ..conversations.history import history
from ..offers.offer import Offer, Option
from ..offers.pending import put
from ..offers.reply import KeepRound, TakeBack
from ..scope import ServicesSource, scoped
from ..state import State, as_json, the_offer
from ..wording.markdown import escape, plural, topic_title
from ..wording.plan_words import option_lines
from .beside_the_offer import said_beside
from .catalog import UndoRound
from .tool_messages import tool_messages

_FEW = 3


def undo(source: ServicesSource, state: State, action: UndoRound) -> dict[str, Any]:
    """Say what would leave the dataset and what the score would become, and ask."""
    services = scoped(source(), state)
    offer = the_offer(state)
    workflow_id = offer.workflow_id or ""
    if offer.action == "resume_generation":
        return said_beside(
            offer,
            "A round is still under way: let it carry on or stop it first, then it can be taken back.",
        )
    try:
        effect = inspect_undo(services, workflow_id, number=action.round, every=action.every)
    except CoverageError as error:
        return said_beside(offer, escape(str(error)))
    if offer.plan_id is not None:
        # From here on a yes is one to the undo; a plan that lay there still could be taken for its object.
        cancel_plan(services.store, offer.plan_id)
    asked = _question(put(offer, state), effect)
    call = tool_messages(
        "inspect_undo",
        {"workflow_id": workflow_id, "rounds": effect.rounds},
        {"success": True, "result": effect.model_dump(mode="json")},
    )
    return {"offer": as_json(asked), "reply": None, "messages": [*call, AIMessage(asked.text)]}


def take_back(source: ServicesSource, state: State, deed: TakeBack | KeepRound) -> dict[str, Any]:
    """Take the round back that was asked about, or leave it; both lead to a new analysis."""
    store, offer = source().store, the_offer(state)
    if isinstance(deed, KeepRound):
        return {"reply": None, "offer": None, "notice": "All right, the round stays as it is."}
    try:
        # Run again after a crash, it finds the jobs undone and changes nothing.
        undo_jobs(store, offer.round_jobs)
    except CoverageError as error:
        return {"reply": None, "offer": None, "notice": escape(str(error))}
    verb = "is" if offer.round_title.startswith("Round ") else "are"
    notice = (
        f"{offer.round_title} {verb} taken back: {offer.round_effect}. The records are kept aside, neither counted nor "
        "exported."
    )
    totals = history(store, thread_id(), offer.workflow_id or "")
    return {**totals, "reply": None, "offer": None, "notice": notice}


def _question(offer: Offer, effect: UndoEffect) -> Offer:
    change = effect_words(effect)
    which = "Round" if len(effect.rounds) == 1 else "Rounds"
    title = f"{which} {', '.join(map(str, effect.rounds))}"
    named = f"{title[0].lower()}{title[1:]}"
    asked = offer.model_copy(
        update={
            "action": "undo_round",
            "plan_id": None,
            "items": [],
            "approval_id": None,
            "round_jobs": effect.job_ids,
            "round_title": title,
            "round_effect": change,
            "options": [
                Option(label=f"Take {named} back", effect="take_back"),
                Option(label="Leave it as it is", effect="keep_round"),
            ],
        }
    )
    lines = [f"{number}. {line}" for number, line in enumerate(option_lines(asked), 1)]
    spent = f" What it used stays spent: {escape(use_words(effect))}." if effect.tokens else ""
    asked.text = "\n".join(
        [
            f"Taking {named} back changes the dataset: {change}. The records are kept aside, not "
            f"deleted.{spent} Would you like to:",
            *lines,
        ]
    )
    return asked


def effect_words(effect: UndoEffect) -> str:
    """``15 records leave (15 "Technical Issues"), balance score 0.72 → 0.45``."""
    topics = [f'{number:,} "{topic_title(topic)}"' for topic, number in effect.by_topic.items()]
    named = f" ({', '.join(topics)})" if 0 < len(topics) <= _FEW else ""
    verb = "leaves" if effect.records == 1 else "leave"
    scores = ["none" if score is None else f"{score:.2f}" for score in (effect.score_now, effect.score_then)]
    return f"{plural(effect.records, 'record')} {verb}{named}, balance score {scores[0]} → {scores[1]}"
