"""Takes rounds of generation back: first asked with what it changes, then done."""

from __future__ import annotations

from typing import Any

from ...tools.errors import CoverageError
from ...tools.generation.jobs.undo_jobs import undo_jobs
from ...tools.generation.money.use import use_words
from ...tools.inspection.undo import UndoEffect, inspect_undo
from ..context import thread_id
from ..conversations.history import history
from ..offers.offer import Offer, Option, ResumeOffer, UndoOffer
from ..offers.pending import put, withdraw
from ..offers.reply import KeepRound, TakeBack
from ..scope import ServicesSource, scoped
from ..state import State, the_offer
from ..wording.markdown import escape, plural, topic_title
from ..wording.plan_words import numbered_lines
from .catalog import UndoRound
from .messages import noticed, said_beside, shown, tool_messages

_FEW = 3


def undo(source: ServicesSource, state: State, action: UndoRound) -> dict[str, Any]:
    """Say what would leave the dataset and what the score would become, and ask."""
    services = scoped(source(), state)
    offer = the_offer(state)
    if isinstance(offer, ResumeOffer):
        return said_beside(
            offer,
            "A round is still under way: let it carry on or stop it first, then it can be taken back.",
        )
    try:
        effect = inspect_undo(services, offer.workflow_id, number=action.round, every=action.every)
    except CoverageError as error:
        return said_beside(offer, escape(str(error)))
    if not effect.records:
        return said_beside(
            offer, f"{_named(effect).capitalize()} brought no records: there is nothing to take back."
        )
    # From here on a yes is one to the undo; a plan that lay there still could be taken for its object.
    withdraw(services.store, offer)
    call = tool_messages(
        "inspect_undo",
        {"workflow_id": offer.workflow_id, "rounds": effect.rounds},
        {"success": True, "result": effect.model_dump(mode="json")},
    )
    return shown(*_question(put(offer, state), effect), call)


def take_back(source: ServicesSource, state: State, deed: TakeBack | KeepRound) -> dict[str, Any]:
    """Take the round back that was asked about, or leave it; both lead to a new analysis."""
    store, offer = source().store, the_offer(state)
    if isinstance(deed, KeepRound) or not isinstance(offer, UndoOffer):
        return noticed(None, "All right, nothing is taken back.")
    try:
        # Run again after a crash, it finds the jobs undone and changes nothing.
        undo_jobs(store, offer.jobs)
    except CoverageError as error:
        return noticed(None, escape(str(error)))
    return {**history(store, thread_id(), offer.workflow_id), **noticed(None, offer.done)}


def _question(offer: Offer, effect: UndoEffect) -> tuple[str, Offer]:
    """What is asked, and the offer of it."""
    change, named, are = effect_words(effect), _named(effect), "is" if len(effect.rounds) == 1 else "are"
    done = f"{named.capitalize()} {are} taken back: {change}."
    asked = offer.instead(
        UndoOffer,
        plan_id=None,
        items=[],
        jobs=effect.job_ids,
        done=f"{done} The records are kept aside, neither counted nor exported.",
        options=[
            Option(label=f"Take {named} back", deed=TakeBack()),
            Option(label="Leave it as it is", deed=KeepRound()),
        ],
    )
    spent = f" What it used stays spent: {escape(use_words(effect))}." if effect.tokens else ""
    question = (
        f"Taking {named} back changes the dataset: {change}. The records are kept aside, not deleted.{spent} Would you "
        "like to:"
    )
    return numbered_lines(asked, question), asked


def _named(effect: UndoEffect) -> str:
    numbers = ", ".join(map(str, effect.rounds))
    return f"round {numbers}" if len(effect.rounds) == 1 else f"rounds {numbers}"


def effect_words(effect: UndoEffect) -> str:
    """``15 records leave (15 "Technical Issues"), balance score 0.72 → 0.45``."""
    topics = [f'{number:,} "{topic_title(topic)}"' for topic, number in effect.by_topic.items()]
    named = f" ({', '.join(topics)})" if 0 < len(topics) <= _FEW else ""
    verb = "leaves" if effect.records == 1 else "leave"
    scores = ["none" if score is None else f"{score:.2f}" for score in (effect.score_now, effect.score_then)]
    return f"{plural(effect.records, 'record')} {verb}{named}, balance score {scores[0]} → {scores[1]}"
